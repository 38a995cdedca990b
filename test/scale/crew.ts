/** The peers of one process, all in one document, and what they saw of it. */
import { createHash } from 'node:crypto'
import { join } from 'node:path'
import { openPeer, type NodePeer } from '@knotwork/node-peer'
import type { SharedDocument } from '@knotwork/core'
import { SentFrames, type Sent } from './sent-frames.ts'

export interface CrewOptions {
  /** Peers that listen, and keep every document: the first ones of this process. */
  readonly hubs: number
  /** Peers that listen nowhere, and link to one another directly. */
  readonly members: number
  /** For each peer in turn, hubs first: addresses to keep a link to. `own:0` is the first hub of this process. */
  readonly connect: readonly (readonly string[])[]
  /** Where documents are kept; null for memory. */
  readonly data: string | null
}

/** An edit as one peer saw it: when, in milliseconds of this machine. */
export interface Arrival {
  readonly token: string
  readonly peer: number
  readonly at: number
}

export interface Figures {
  readonly cpuMs: number
  readonly sent: Sent
  readonly rssMb: number
}

export interface PeerState {
  /** Linked neighbours; those of them without anybody in between. */
  readonly links: number
  readonly directLinks: number
  readonly isLive: boolean
  /** Of the text and of everything there is in the document. */
  readonly tokens: number
  readonly digest: string
}

interface Place {
  readonly peer: NodePeer
  readonly document: SharedDocument
}

const machineNow = (): number => performance.timeOrigin + performance.now()

export class Crew {
  readonly #sent = new SentFrames()
  readonly #places: Place[] = []
  readonly #arrivals: Arrival[] = []

  /** Addresses of the hubs. */
  async open({ hubs, members, connect, data }: CrewOptions): Promise<readonly string[]> {
    const addresses: string[] = []
    for (let index = 0; index < hubs + members; index++) {
      const isHub = index < hubs
      const peer = await openPeer({
        ...(data === null ? { storage: 'memory' as const } : { data: join(data, String(index)) }),
        ...(isHub ? { listen: { port: 0 }, page: false as const } : { listen: false }),
        keeps: isHub,
        direct: !isHub,
      })
      if (isHub) addresses.push(peer.addresses[0] ?? '')
      for (const to of connect[index] ?? [])
        peer.connect(to.startsWith('own:') ? (addresses[Number(to.slice(4))] ?? '') : to)
      const document = peer.open('everybody')
      await document.loaded
      document.doc.getText('text').observe((event) => {
        const at = machineNow()
        for (const { insert } of event.changes.delta) {
          if (typeof insert !== 'string') continue
          for (const [token] of insert.matchAll(/<[^>]*>/gu)) this.#arrivals.push({ token, peer: index, at })
        }
      })
      this.#places.push({ peer, document })
    }
    return addresses
  }

  /** A hub goes on to others that are there by now. */
  connect(peer: number, addresses: readonly string[]): void {
    for (const address of addresses) this.#at(peer).peer.connect(address)
  }

  /** One keystroke, so to speak: it arrives at its own peer first. */
  type(peer: number, token: string): void {
    const text = this.#at(peer).document.doc.getText('text')
    text.insert(text.length, token)
  }

  /** A person who types fast: so many keystrokes with a wait after each. */
  async burst(peer: number, tokens: readonly string[], everyMs: number): Promise<void> {
    for (const token of tokens) {
      this.type(peer, token)
      await new Promise((resolve) => setTimeout(resolve, everyMs))
    }
  }

  show(peer: number, name: string | null): void {
    this.#at(peer).document.presence.setLocalState(name === null ? null : { user: { name, color: '#3366cc' } })
  }

  /** Arrivals since the last call. */
  takeArrivals(): readonly Arrival[] {
    return this.#arrivals.splice(0)
  }

  states(): readonly PeerState[] {
    return this.#places.map(({ peer, document }) => {
      const linked = peer.neighbours.value.filter(({ state }) => state === 'linked')
      const text = document.doc.getText('text').toString()
      return {
        links: linked.length,
        directLinks: linked.filter(({ isDirect }) => isDirect).length,
        isLive: document.status.value.type === 'live',
        tokens: text.match(/<[^>]*>/gu)?.length ?? 0,
        digest: createHash('sha256').update(text).digest('hex').slice(0, 16),
      }
    })
  }

  figures(): Figures {
    const { user, system } = process.cpuUsage()
    return { cpuMs: (user + system) / 1000, sent: this.#sent.counts, rssMb: process.memoryUsage.rss() / 2 ** 20 }
  }

  async close(): Promise<void> {
    await Promise.all(this.#places.map(({ peer }) => peer.close()))
  }

  #at(index: number): Place {
    const place = this.#places[index]
    if (place === undefined) throw new Error(`there is no peer ${index}`)
    return place
  }
}
