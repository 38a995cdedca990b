/** What happens at this peer, kept for a while: who is linked, and which documents have changed. */
import { randomBytes } from 'node:crypto'
import type { Peer } from '@knotwork/core'
import { shownNeighbours } from './shown-neighbours.ts'

/** What is remembered for those who were away for a moment. */
const eventsMax = 1_000
/** Changes of one document within this are one event. */
const gatherMs = 250

export interface PeerEvent {
  readonly id: string
  readonly event: 'neighbours' | 'documents' | 'reset'
  readonly data: unknown
}

export class EventLog {
  /** Of this process: ids of another one mean nothing here. */
  readonly #run = randomBytes(6).toString('base64url')
  readonly #listeners = new Set<(event: PeerEvent) => void>()
  #changed = new Set<string>()
  #events: PeerEvent[] = []
  #count = 0
  #shown = ''

  /** Something was stored in that document. */
  changed(name: string): void {
    if (this.#changed.size === 0) setTimeout(() => this.#tellChanged(), gatherMs).unref()
    this.#changed.add(name)
  }

  watch(peer: Peer): void {
    const tell = (): void => {
      const peers = shownNeighbours(peer).map(({ roundTripMs: _a, bytesIn: _b, bytesOut: _c, ...rest }) => rest)
      const text = JSON.stringify(peers)
      if (text !== this.#shown) this.#add('neighbours', { peers })
      this.#shown = text
    }
    tell()
    peer.neighbours.subscribe(tell)
  }

  /** Events after that id; when it is not known any more, one that says so, and what is known now. */
  since(id: string | null): readonly PeerEvent[] {
    const last = this.#events.at(-1)
    if (id === null)
      return last === undefined ? [] : this.#events.filter(({ event }) => event === 'neighbours').slice(-1)
    const at = this.#events.findIndex((event) => event.id === id)
    if (at !== -1) return this.#events.slice(at + 1)
    return [{ id: last?.id ?? '', event: 'reset', data: null }]
  }

  subscribe(listener: (event: PeerEvent) => void): () => void {
    this.#listeners.add(listener)
    return () => void this.#listeners.delete(listener)
  }

  #tellChanged(): void {
    const names = [...this.#changed]
    this.#changed = new Set()
    this.#add('documents', { changed: names })
  }

  #add(event: PeerEvent['event'], data: unknown): void {
    const made: PeerEvent = { id: `${this.#run}.${++this.#count}`, event, data }
    this.#events.push(made)
    if (this.#events.length > eventsMax) this.#events = this.#events.slice(-eventsMax / 2)
    for (const listener of this.#listeners) listener(made)
  }
}
