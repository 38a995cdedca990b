/**
 * Signalling without a special server (PROTOCOL.md [SI1] to [SI6]): two peers that want a link of their own send each
 * other offers over the links there are. A peer delivers a signal to its neighbour, whoever it is; where the addressee
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
  addressOf(link: LinkId): AddressBytes | null
  /** Links to peers that pass signals on for anybody. */
  carriers(): readonly LinkId[]
  /** Links to others that take direct links, and so may know the addressee as a neighbour. */
  introducers(): readonly LinkId[]
}

export type SignallingEvent =
  | { readonly type: 'received'; readonly link: LinkId; readonly signal: Signal }
  /** Send a signal of our own. */
  | { readonly type: 'send'; readonly signal: Signal }
  /** A neighbour has no way for that one. */
  | { readonly type: 'refused'; readonly link: LinkId; readonly id: Uint8Array }
  | { readonly type: 'linkLost'; readonly link: LinkId }

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

/** One signal under way, until nobody is left who may find a way for it. */
interface Errand {
  readonly id: Uint8Array
  readonly to: AddressBytes
  /** Where it came from; null for one of our own. */
  readonly from: LinkId | null
  readonly asked: Set<LinkId>
}

export class Signalling {
  readonly #options: SignallingOptions
  readonly #errands = new Map<string, Errand>()
  readonly #rations = new Map<LinkId, Ration>()
  #refused = 0

  constructor(options: SignallingOptions) {
    this.#options = options
  }

  /** Signals not carried because their sender sent too many, or spoke for somebody else. */
  get refused(): number {
    return this.#refused
  }

  handle(event: SignallingEvent, now: Millis): readonly SignallingEffect[] {
    switch (event.type) {
      case 'received':
        return this.#received(event.link, event.signal, now)
      case 'send':
        return this.#carry(event.signal, null)
      case 'refused': {
        const errand = this.#errands.get(event.id.join())
        return errand === undefined ? [] : this.#noWayBy(event.link, errand)
      }
      case 'linkLost':
        this.#rations.delete(event.link)
        return [...this.#errands.values()].flatMap((errand) => this.#noWayBy(event.link, errand))
    }
  }

  #received(link: LinkId, signal: Signal, now: Millis): readonly SignallingEffect[] {
    const isOurs = equalBytes(signal.to, this.#options.own)
    if (!this.#ration(link, now) || !(isOurs || this.#maySpeakFor(link, signal.from))) {
      this.#refused++
      return []
    }
    const errand = this.#errands.get(signal.id.join())
    // [SI3] By a second way: the first one is being followed, this one leads nowhere else.
    if (errand !== undefined) return errand.from === link ? [] : [refusal(link, signal)]
    if (!isOurs) return this.#carry(signal, link)
    this.#remember({ id: signal.id, to: signal.to, from: link, asked: new Set() })
    return [{ type: 'deliver', from: signal.from, payload: signal.payload }]
  }

  /** [SI5] Only who carries for others may send on what others said. */
  #maySpeakFor(link: LinkId, from: AddressBytes): boolean {
    const { view } = this.#options
    const address = view.addressOf(link)
    return (address !== null && equalBytes(address, from)) || view.carriers().includes(link)
  }

  #carry(signal: Signal, from: LinkId | null): readonly SignallingEffect[] {
    const ways = this.#ways(signal, from)
    const errand: Errand = { id: signal.id, to: signal.to, from, asked: new Set(ways) }
    this.#remember(errand)
    if (ways.length === 0) return this.#noWay(errand)
    const isLastStep = this.#options.view.linkTo(signal.to) !== null
    const message = isLastStep ? signal : { ...signal, hops: Math.min(signal.hops, limits.signalHopsMax) - 1 }
    return ways.map((link) => ({ type: 'forward', link, message }))
  }

  /** [SI1] [SI2] The addressee itself; else those who may reach it. */
  #ways(signal: Signal, from: LinkId | null): readonly LinkId[] {
    const { carries, view } = this.#options
    const link = view.linkTo(signal.to)
    if (link !== null) return link === from ? [] : [link]
    if (from === null) return [...view.carriers(), ...view.introducers()].slice(0, limits.signalWaysMax)
    return carries && signal.hops > 0 ? view.carriers().filter((carrier) => carrier !== from) : []
  }

  #noWayBy(link: LinkId, errand: Errand): readonly SignallingEffect[] {
    return errand.asked.delete(link) && errand.asked.size === 0 ? this.#noWay(errand) : []
  }

  #noWay(errand: Errand): readonly SignallingEffect[] {
    if (errand.from === null) return [{ type: 'unreachable', to: errand.to }]
    return [refusal(errand.from, errand)]
  }

  #remember(errand: Errand): void {
    this.#errands.set(errand.id.join(), errand)
    const oldest = this.#errands.keys().next()
    if (this.#errands.size > limits.signalsRememberedMax && !oldest.done) this.#errands.delete(oldest.value)
  }

  #ration(link: LinkId, now: Millis): boolean {
    const times = this.#options.view.carriers().includes(link) ? limits.signalsCarrierTimes : 1
    const burst = limits.signalsBurst * times
    const ration = this.#rations.get(link) ?? { tokens: burst, at: now }
    this.#rations.set(link, ration)
    const refill = ((now - ration.at) / 1000) * limits.signalsPerSecond * times
    ration.tokens = Math.min(burst, ration.tokens + refill)
    ration.at = now
    if (ration.tokens < 1) return false
    ration.tokens--
    return true
  }
}

function refusal(link: LinkId, { id, to }: Pick<Errand, 'id' | 'to'>): SignallingEffect {
  return { type: 'forward', link, message: { type: 'unreachable', id, to } }
}
