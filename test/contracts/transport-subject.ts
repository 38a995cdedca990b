import type { AcceptLink, Link, LinkReceiver, Transport } from '@knotwork/core'
import { assert, contractCase, fingerprint, type ContractCase } from '@knotwork/core/contracts'
import { eventually } from './waiting.ts'

/** Two ends that can reach each other, made fresh for a case; disposing closes all its links. */
export interface TransportSubject extends AsyncDisposable {
  /** Opens one more link between the two ends, in whatever way this transport does it. */
  connectPair(): Promise<LinkPair>
  /** For a transport that dials; null for one that finds its other ends by itself. */
  readonly dialling: Dialling | null
}

export interface LinkPair {
  readonly a: LinkEnd
  readonly b: LinkEnd
}

export interface Dialling {
  /** The end that dials. */
  readonly transport: Transport
  /** Somebody listens there and accepts. */
  readonly address: string
  /** Nobody listens there. */
  readonly deadAddress: string
  /** What the listening end has accepted. */
  readonly accepted: LinkEnds
}

/** One end of a link, which remembers all it was told. */
export class LinkEnd implements LinkReceiver {
  readonly link: Link
  readonly frames: Uint8Array[] = []
  readonly closes: { readonly code: number; readonly reason: string }[] = []
  /** Frames that came although the link had been reported as closed. */
  framesAfterClose = 0

  constructor(link: Link) {
    this.link = link
  }

  received(frame: Uint8Array): void {
    if (this.closes.length > 0) this.framesAfterClose++
    this.frames.push(frame)
  }

  closed(code: number, reason: string): void {
    this.closes.push({ code, reason })
  }

  get fingerprints(): readonly string[] {
    return this.frames.map(fingerprint)
  }

  async receivedCount(count: number): Promise<void> {
    await eventually(() => this.frames.length >= count, `${count} frames, got ${this.frames.length}`)
  }

  async closedOnce(): Promise<{ readonly code: number; readonly reason: string }> {
    await eventually(() => this.closes.length > 0, 'the link is reported as closed')
    const close = this.closes[0]
    assert(close !== undefined, 'a close')
    return close
  }
}

/** An `accept` and the ends it makes, in order. */
export class LinkEnds {
  readonly all: LinkEnd[] = []

  readonly accept: AcceptLink = (link) => {
    const end = new LinkEnd(link)
    this.all.push(end)
    return end
  }

  /** The end number `index`, once it is there. */
  async at(index: number): Promise<LinkEnd> {
    await eventually(() => this.all.length > index, `link ${index} opens`)
    const end = this.all[index]
    assert(end !== undefined, 'a link')
    return end
  }
}

export function transportCase(
  title: string,
  body: (subject: TransportSubject) => Promise<void>,
): ContractCase<TransportSubject> {
  return contractCase(title, body)
}

/** A case for transports that dial; others pass it by. */
export function diallingCase(
  title: string,
  body: (dialling: Dialling) => Promise<void>,
): ContractCase<TransportSubject> {
  return contractCase(title, async (subject) => {
    if (subject.dialling !== null) await body(subject.dialling)
  })
}
