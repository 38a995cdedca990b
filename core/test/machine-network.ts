/** Document machines connected by links that lose, double and overtake, on one clock; the same run for the same seed. */
import { linkId, type LinkId } from '../src/ids.ts'
import type { Traits } from '../src/sync/neighbour.ts'
import type { SyncEffect } from '../src/sync/sync-events.ts'
import type { DocumentMessage, Have } from '../src/wire/message.ts'
import { Desk, type DeskOptions } from './desk.ts'
import { SeededRandom } from './seeded-random.ts'
import { peerTraits } from './traits.ts'

export interface Weather {
  /** Shares of frames. */
  readonly loss: number
  readonly doubling: number
  /** The longest time a frame takes; each takes its own. */
  readonly delayMs: number
}

export const calm: Weather = { loss: 0, doubling: 0, delayMs: 5 }

type Word =
  | { readonly type: 'open'; readonly have: Have }
  | { readonly type: 'message'; readonly message: DocumentMessage }
  | { readonly type: 'unknown' }
  | { readonly type: 'decline' }

interface Arrival {
  readonly at: number
  readonly order: number
  readonly from: number
  readonly to: number
  readonly word: Word
  /** Frames of a link that has ended are lost with it. */
  readonly epoch: number
}

export class MachineNetwork {
  readonly desks: readonly Desk[]
  readonly #random: SeededRandom
  readonly #links: readonly (readonly [number, number])[]
  weather: Weather = calm
  now = 1_000
  /** Frames sent, their bytes, and those with edits among them. */
  readonly carried = { frames: 0, bytes: 0, copies: 0 }
  /** Frames between these get lost, although their link seems to work: `from to`. */
  readonly muted = new Set<string>()
  readonly #arrivals: Arrival[] = []
  #order = 0
  /** Which desk has heard the open of which. */
  readonly #heard = new Set<string>()
  readonly #epochs = new Map<string, number>()
  /** Called after every event. */
  watch: () => void = () => undefined

  constructor(desks: readonly DeskOptions[], links: readonly (readonly [number, number])[], seed: number) {
    this.#random = new SeededRandom(seed)
    this.desks = desks.map((options, index) => new Desk({ clientId: 10_000 * (index + 1), ...options }))
    this.#links = links
    for (const [index, desk] of this.desks.entries()) this.#perform(index, desk.handle({ type: 'appOpened' }))
    for (const [a, b] of links) this.link(a, b)
  }

  /** A new link between two: both tell one another that they take part. */
  link(a: number, b: number): void {
    for (const [here, there] of [
      [a, b],
      [b, a],
    ] as const) {
      const traits = traitsOf(there)
      this.#perform(here, this.#desk(here).handle({ type: 'invited', link: linkOf(there), traits }))
    }
  }

  /** The link between two breaks; everything on it is lost. */
  cut(a: number, b: number): void {
    const key = pairOf(a, b)
    this.#epochs.set(key, (this.#epochs.get(key) ?? 0) + 1)
    for (const [here, there] of [
      [a, b],
      [b, a],
    ] as const) {
      this.#heard.delete(`${here} ${there}`)
      this.#perform(here, this.#desk(here).handle({ type: 'left', link: linkOf(there), how: 'lost' }))
    }
  }

  /** Something happens at one desk. */
  at(index: number, happens: (desk: Desk) => readonly SyncEffect[]): void {
    this.#perform(index, happens(this.#desk(index)))
  }

  pass(ms: number): void {
    const end = this.now + ms
    for (;;) {
      const [arrival] = this.#arrivals
      const wake = this.#nextWake()
      const at = Math.min(arrival?.at ?? Infinity, wake?.at ?? Infinity)
      if (at > end) break
      this.now = Math.max(this.now, at)
      for (const desk of this.desks) desk.now = this.now
      if (arrival !== undefined && arrival.at <= (wake?.at ?? Infinity)) {
        this.#arrivals.shift()
        this.#arrive(arrival)
      } else if (wake !== null) {
        this.#perform(wake.index, this.#desk(wake.index).handle({ type: 'woke' }))
      }
      this.watch()
    }
    this.now = end
    for (const desk of this.desks) desk.now = end
  }

  #desk(index: number): Desk {
    const desk = this.desks[index]
    if (desk === undefined) throw new RangeError(`no desk ${index}`)
    return desk
  }

  #nextWake(): { readonly at: number; readonly index: number } | null {
    let next: { at: number; index: number } | null = null
    for (const [index, desk] of this.desks.entries()) {
      const at = desk.machine.deadline()
      if (at !== null && (next === null || at < next.at)) next = { at, index }
    }
    return next
  }

  #perform(from: number, effects: readonly SyncEffect[]): void {
    for (const effect of effects) {
      if (!('link' in effect)) continue
      const to = deskAt(effect.link)
      if (effect.type === 'open') this.#send(from, to, { type: 'open', have: effect.have })
      else if (effect.type === 'send') this.#send(from, to, { type: 'message', message: effect.message })
      else if (effect.type === 'closeLink') throw new Error(`${from} closed its link to ${to}: ${effect.reason}`)
      else this.#send(from, to, { type: effect.type })
    }
  }

  #send(from: number, to: number, word: Word): void {
    const { loss, doubling, delayMs } = this.weather
    this.carried.frames++
    this.carried.bytes += sizeOf(word)
    if (word.type === 'message' && word.message.type === 'updates') this.carried.copies++
    if (this.#random.chance(loss) || this.muted.has(`${from} ${to}`)) return
    const copies = this.#random.chance(doubling) ? 2 : 1
    for (let copy = 0; copy < copies; copy++) {
      const at = this.now + 1 + this.#random.below(delayMs)
      const epoch = this.#epochs.get(pairOf(from, to)) ?? 0
      this.#arrivals.push({ at, order: ++this.#order, from, to, word, epoch })
    }
    this.#arrivals.sort((a, b) => a.at - b.at || a.order - b.order)
  }

  #arrive({ from, to, word, epoch }: Arrival): void {
    if (epoch !== (this.#epochs.get(pairOf(from, to)) ?? 0)) return
    const desk = this.#desk(to)
    const link = linkOf(from)
    const key = `${to} ${from}`
    switch (word.type) {
      case 'open':
        this.#heard.add(key)
        return this.#perform(to, desk.handle({ type: 'joined', link, traits: traitsOf(from), have: word.have }))
      case 'message':
        // A number that was never heard of: the documents of a link answer that without asking the machine.
        if (!this.#heard.has(key)) return this.#send(to, from, { type: 'unknown' })
        return this.#perform(to, desk.handle({ type: 'received', link, message: word.message }))
      case 'unknown':
        return this.#perform(to, desk.handle({ type: 'unheard', link }))
      case 'decline':
        return this.#perform(to, desk.handle({ type: 'left', link, how: 'declined' }))
    }
  }

  /** What one says of another: every pair that is linked, both ways. */
  *views(): Generator<{ readonly desk: Desk; readonly link: LinkId; readonly other: Desk }> {
    for (const [a, b] of this.#links) {
      yield { desk: this.#desk(a), link: linkOf(b), other: this.#desk(b) }
      yield { desk: this.#desk(b), link: linkOf(a), other: this.#desk(a) }
    }
  }
}

const traitsOf = (index: number): Traits => peerTraits(index + 1, { name: BigInt(index + 1) })
const linkOf = (index: number): LinkId => linkId(index + 1)
const deskAt = (link: LinkId): number => link - 1
const pairOf = (a: number, b: number): string => `${Math.min(a, b)} ${Math.max(a, b)}`

function sizeOf(word: Word): number {
  if (word.type === 'open') return word.have.stateVector.byteLength + 16
  if (word.type !== 'message') return 2
  const { message } = word
  if (message.type === 'updates') return message.updates.reduce((sum, update) => sum + update.byteLength, 4)
  if (message.type === 'missing') return message.update.byteLength + 12
  return message.type === 'have' ? message.have.stateVector.byteLength + 12 : 16
}
