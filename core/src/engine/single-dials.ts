/**
 * Dials that are made once, because somebody named a peer, not to keep a link up: what apps see of them until there
 * is a link, or until nobody wants to know any more.
 */
import type { Millis } from '../ids.ts'
import { limits } from '../limits.ts'
import type { Clock } from '../ports/clock.ts'
import type { Link, LinkReceiver, Transport } from '../ports/transport.ts'
import type { Neighbour } from './api.ts'

interface SingleDial {
  readonly transport: string
  readonly isUnderWay: boolean
  /** Of the last one that failed; known while the next is under way. */
  readonly failure: { readonly why: string; readonly at: Millis } | null
}

export interface DialOnce {
  readonly address: string
  /** For a document where this peer has nobody else. */
  readonly isUrgent: boolean
}

export interface SingleDialsOptions {
  readonly clock: Clock
  /** Takes the link; `failed` is for one that does not prove itself. */
  readonly accept: (link: Link, failed: (why: string) => void) => LinkReceiver
  readonly changed: () => void
}

export class SingleDials {
  readonly #options: SingleDialsOptions
  readonly #dials = new Map<string, SingleDial>()

  constructor(options: SingleDialsOptions) {
    this.#options = options
  }

  dial(transport: Transport, { address, isUrgent }: DialOnce, failed: (why: string) => void): void {
    const { clock, accept, changed } = this.#options
    const scheme = transport.schemes[0] ?? ''
    const failure = this.#dials.get(address)?.failure ?? null
    this.#note(address, { transport: scheme, isUnderWay: true, failure })
    const fail = (why: string): void => {
      this.#note(address, { transport: scheme, isUnderWay: false, failure: { why, at: clock.now() } })
      changed()
      failed(why)
    }
    const take = (link: Link): LinkReceiver => {
      this.#dials.delete(address)
      return accept(link, fail)
    }
    transport.dial(address, take, fail, { isUrgent })
    changed()
  }

  /** Why the last dial to that address failed; null when it did not, or long ago. */
  whyFailed(address: string): string | null {
    const failure = this.#dials.get(address)?.failure ?? null
    return failure === null || this.#isOld(failure.at) ? null : failure.why
  }

  /** Peers that are being called, or could not be reached lately. */
  list(isLinked: (address: string) => boolean): readonly Neighbour[] {
    for (const [address, { isUnderWay, failure }] of this.#dials) {
      if (!isUnderWay && failure !== null && this.#isOld(failure.at)) this.#dials.delete(address)
    }
    return [...this.#dials].flatMap(([address, { transport, isUnderWay }]): readonly Neighbour[] => {
      if (isLinked(address)) return []
      return [
        notLinked({ address, transport, state: isUnderWay ? 'dialling' : 'waiting', why: this.whyFailed(address) }),
      ]
    })
  }

  #isOld(at: Millis): boolean {
    return this.#options.clock.now() - at > limits.failedDialShownMs
  }

  #note(address: string, dial: SingleDial): void {
    this.#dials.delete(address)
    this.#dials.set(address, dial)
    const oldest = this.#dials.keys().next()
    if (this.#dials.size > limits.failedDialsShownMax && !oldest.done) this.#dials.delete(oldest.value)
  }
}

/** A neighbour-to-be: an address, and what became of the last dial. */
export function notLinked(dial: Pick<Neighbour, 'address' | 'transport' | 'state' | 'why'>): Neighbour {
  const whyNotDirect = dial.transport === 'direct' && dial.why !== null ? `could not connect: ${dial.why}` : null
  return { id: null, ...dial, isDirect: false, whyNotDirect, keeps: false, roundTripMs: null, bytesIn: 0, bytesOut: 0 }
}
