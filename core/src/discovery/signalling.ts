/**
 * Signalling without a special server (PROTOCOL.md [SI1] to [SI4]): two peers that want a link of their own send each
 * other offers over the links there are. A peer delivers a signal to a neighbour, whoever it is; where the addressee
 * is no neighbour, peers that keep pass it on among themselves for a few hops. Who carries a signal cannot read
 * himself into the link: both ends prove their keys over it, bound to the channel's own fingerprints.
 */
import { equalBytes } from '../bytes.ts'
import type { LinkId, Millis } from '../ids.ts'
import { limits } from '../limits.ts'
import type { AddressBytes, LinkMessage, Signal } from '../wire/message.ts'

/** What is known of the links at the moment. */
export interface SignallingView {
  /** The link whose other end has that address. */
  linkTo(address: AddressBytes): LinkId | null
  /** Links to peers that pass signals on. */
  carriers(): readonly LinkId[]
}

export type SignallingEvent =
  | { readonly type: 'received'; readonly link: LinkId; readonly signal: Signal }
  /** Send a signal of our own. */
  | { readonly type: 'send'; readonly signal: Signal }

export type SignallingEffect =
  | { readonly type: 'forward'; readonly link: LinkId; readonly message: LinkMessage }
  /** It is for us. */
  | { readonly type: 'deliver'; readonly from: AddressBytes; readonly payload: Uint8Array }
  /** Our own signal has no way. */
  | { readonly type: 'unreachable'; readonly to: AddressBytes }

export interface SignallingOptions {
  readonly own: AddressBytes
  /** Passes on signals for others than neighbours, too. */
  readonly carries: boolean
  readonly view: SignallingView
}

interface Ration {
  tokens: number
  at: Millis
}

export class Signalling {
  readonly #options: SignallingOptions
  readonly #seen = new Set<string>()
  readonly #rations = new Map<LinkId, Ration>()
  #refused = 0

  constructor(options: SignallingOptions) {
    this.#options = options
  }

  /** Signals not carried because their sender sent too many. */
  get refused(): number {
    return this.#refused
  }

  lost(link: LinkId): void {
    this.#rations.delete(link)
  }

  handle(event: SignallingEvent, now: Millis): readonly SignallingEffect[] {
    const { signal } = event
    const { own, view } = this.#options
    if (event.type === 'received') {
      if (!this.#ration(event.link, now)) {
        this.#refused++
        return []
      }
      if (equalBytes(signal.to, own)) return [{ type: 'deliver', from: signal.from, payload: signal.payload }]
    }
    if (!this.#isNew(signal.id)) return []
    const link = view.linkTo(signal.to)
    if (link !== null) return [{ type: 'forward', link, message: signal }]
    const from = event.type === 'received' ? event.link : null
    const carriers = this.#mayPassOn(event) ? view.carriers().filter((carrier) => carrier !== from) : []
    if (carriers.length === 0) return this.#noWay(signal, from)
    const message: Signal = { ...signal, hops: signal.hops - 1 }
    return carriers.map((carrier) => ({ type: 'forward', link: carrier, message }))
  }

  #mayPassOn(event: SignallingEvent): boolean {
    return event.type === 'send' || (this.#options.carries && event.signal.hops > 0)
  }

  #noWay(signal: Signal, from: LinkId | null): readonly SignallingEffect[] {
    if (from === null) return [{ type: 'unreachable', to: signal.to }]
    return [{ type: 'forward', link: from, message: { type: 'unreachable', id: signal.id, to: signal.to } }]
  }

  #isNew(id: Uint8Array): boolean {
    const key = id.join()
    if (this.#seen.has(key)) return false
    this.#seen.add(key)
    const oldest = this.#seen.values().next()
    if (this.#seen.size > limits.signalsRememberedMax && !oldest.done) this.#seen.delete(oldest.value)
    return true
  }

  #ration(link: LinkId, now: Millis): boolean {
    const ration = this.#rations.get(link) ?? { tokens: limits.signalsBurst, at: now }
    this.#rations.set(link, ration)
    const refill = ((now - ration.at) / 1000) * limits.signalsPerSecond
    ration.tokens = Math.min(limits.signalsBurst, ration.tokens + refill)
    ration.at = now
    if (ration.tokens < 1) return false
    ration.tokens--
    return true
  }
}
