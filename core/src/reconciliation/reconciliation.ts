/**
 * Two sets of fingerprints are compared over one link (PROTOCOL.md [CA4] to [CA8]), and whatever is only in one of them
 * is named to the one who has it. One side begins: with its whole set while that is small, otherwise with coded symbols
 * of it, and the other takes its own set away from these until what differs is left. It says how many more symbols
 * that takes; where its own set as a list is shorter, it sends that instead.
 *
 * Phases: `open` until both know what differs -> `over`. Links may lose messages: whoever has said something that wants an
 * answer says it again. What a crooked neighbour can make us do is counted in messages.
 */
import type { Millis } from '../ids.ts'
import { limits } from '../limits.ts'
import { unreachable } from '../result.ts'
import type { ReconciliationMessage } from '../wire/message.ts'
import { checkOf } from './fingerprint.ts'
import { SymbolDecoder, type SetDifference } from './symbol-decoder.ts'
import { SymbolEncoder } from './symbol-encoder.ts'

export type ReconciliationEvent =
  | { readonly type: 'begun' }
  | { readonly type: 'heard'; readonly message: ReconciliationMessage }
  | { readonly type: 'woke' }

export type ReconciliationEffect<Item> =
  | { readonly type: 'send'; readonly message: ReconciliationMessage }
  /** All that we have and the other side has not. What only the other side has is told to it. */
  | { readonly type: 'differ'; readonly items: readonly Item[] }
  /** It takes so long that nobody should wait for it; it goes on. */
  | { readonly type: 'overdue' }

export interface ReconciliationOptions<Item> {
  /** Of this link. */
  readonly key: Uint8Array
  /** What we hold, as it was when the link began, by its fingerprints. */
  readonly own: ReadonlyMap<bigint, Item>
  /** One of the two sides begins. */
  readonly begins: boolean
}

/** About what a coded symbol and a fingerprint of a list take on the wire. */
const symbolBytes = 14
const fingerprintBytes = 8

export class Reconciliation<Item> {
  readonly #options: ReconciliationOptions<Item>
  #own: ReadonlyMap<bigint, Item>
  #encoder: SymbolEncoder | null = null
  #decoder: SymbolDecoder | null = null
  /** What we said last, if it wants an answer, and when to say it again. */
  #open: ReconciliationMessage | null = null
  #again: { readonly at: Millis; readonly waitMs: Millis; readonly tries: number } | null = null
  /** Said once it is known; the same again to whoever has not heard it. */
  #verdict: ReconciliationMessage | null = null
  #isOver = false
  /** When to say that it takes long; null once that was said. */
  #overdueAt: Millis | null = null
  #answers = 0

  constructor(options: ReconciliationOptions<Item>) {
    this.#options = options
    this.#own = options.own
  }

  handle(event: ReconciliationEvent, now: Millis): readonly ReconciliationEffect<Item>[] {
    switch (event.type) {
      case 'begun':
        this.#overdueAt = now + limits.catalogueWaitMs
        return this.#options.begins ? this.#ask(this.#beginning(), now) : []
      case 'heard':
        return this.#hear(event.message, now)
      case 'woke':
        return this.#passTime(now)
      default:
        return unreachable(event)
    }
  }

  /** When to wake the machine next; null when nothing is due. */
  deadline(): Millis | null {
    if (this.#again === null || this.#overdueAt === null) return this.#again?.at ?? this.#overdueAt
    return Math.min(this.#again.at, this.#overdueAt)
  }

  // --- telling -------------------------------------------------------------------------------------------------------

  #beginning(): ReconciliationMessage {
    const own = this.#own
    return own.size <= limits.catalogueListMax ? this.#list() : this.#symbols(0, limits.catalogueSymbolsFirst)
  }

  #list(): ReconciliationMessage {
    return { type: 'catalogue', fingerprints: [...this.#own.keys()] }
  }

  /** So many symbols, or the whole set where that is shorter. */
  #symbols(start: number, count: number): ReconciliationMessage {
    const own = this.#own
    if (count * symbolBytes > own.size * fingerprintBytes || start > own.size) return this.#list()
    const symbols = this.#ownSymbols().symbols(start, Math.min(count, limits.catalogueSymbolsMax))
    return { type: 'symbols', size: own.size, start, symbols }
  }

  #ownSymbols(): SymbolEncoder {
    this.#encoder ??= new SymbolEncoder(this.#own.keys(), this.#checkOf)
    return this.#encoder
  }

  readonly #checkOf = (fingerprint: bigint): number => checkOf(this.#options.key, fingerprint)

  /** Says something that wants an answer. */
  #ask(message: ReconciliationMessage, now: Millis): readonly ReconciliationEffect<Item>[] {
    this.#open = message
    this.#again = { at: now + limits.catalogueWaitMs, waitMs: limits.catalogueWaitMs, tries: 1 }
    return [{ type: 'send', message }]
  }

  #passTime(now: Millis): readonly ReconciliationEffect<Item>[] {
    const effects = this.#sayAgain(now)
    if (this.#overdueAt === null || now < this.#overdueAt) return effects
    this.#overdueAt = null
    return [...effects, { type: 'overdue' }]
  }

  #sayAgain(now: Millis): readonly ReconciliationEffect<Item>[] {
    const [open, again] = [this.#open, this.#again]
    if (open === null || again === null || now < again.at) return []
    if (again.tries >= limits.catalogueTriesMax) return this.#close([])
    const waitMs = Math.min(again.waitMs * 2, limits.catalogueWaitMaxMs)
    this.#again = { at: now + waitMs, waitMs, tries: again.tries + 1 }
    return [{ type: 'send', message: open }]
  }

  #close(effects: readonly ReconciliationEffect<Item>[]): readonly ReconciliationEffect<Item>[] {
    this.#isOver = true
    this.#overdueAt = null
    this.#open = null
    this.#again = null
    // From here on it costs nothing, however long the link lasts.
    this.#own = new Map()
    this.#encoder = null
    this.#decoder = null
    return effects
  }

  // --- hearing -------------------------------------------------------------------------------------------------------

  #hear(message: ReconciliationMessage, now: Millis): readonly ReconciliationEffect<Item>[] {
    // [CA8] Each word makes us say something: a neighbour that never has enough is left alone.
    if (++this.#answers > limits.catalogueAnswersMax) return []
    if (this.#isOver) return this.#repeat(message)
    switch (message.type) {
      case 'differ':
        return this.#learn(message.fingerprints)
      case 'more':
        return this.#ask(this.#symbols(message.start, message.count), now)
      case 'catalogue':
        return this.#tell(this.#compare(message.fingerprints))
      case 'symbols':
        return this.#decode(message, now)
      default:
        return unreachable(message)
    }
  }

  /** The other side knows what differs. */
  #learn(fingerprints: readonly bigint[]): readonly ReconciliationEffect<Item>[] {
    // It cannot know before we have said something.
    return this.#open === null ? [] : this.#close([this.#differ(fingerprints)])
  }

  #compare(theirs: readonly bigint[]): SetDifference {
    const own = this.#own
    const held = new Set(theirs)
    return {
      onlyTheirs: theirs.filter((one) => !own.has(one)),
      onlyOwn: [...own.keys()].filter((one) => !held.has(one)),
    }
  }

  #decode(
    message: Extract<ReconciliationMessage, { type: 'symbols' }>,
    now: Millis,
  ): readonly ReconciliationEffect<Item>[] {
    const own = this.#own
    if (own.size <= limits.catalogueListMax) return this.#ask(this.#list(), now)
    const options = { own, encoder: this.#ownSymbols(), checkOf: this.#checkOf, theirSize: message.size }
    const decoder = (this.#decoder ??= new SymbolDecoder(options))
    // One that came twice or was overtaken: what comes next is said again.
    const result = message.start === decoder.length ? decoder.add(message.symbols) : null
    if (result === 'nonsense') return this.#ask(this.#list(), now)
    if (result !== null) return this.#tell(result)
    const count = symbolsWanted(decoder) - decoder.length
    const isListShorter = own.size <= message.size && count * symbolBytes > own.size * fingerprintBytes
    if (isListShorter) return this.#ask(this.#list(), now)
    // Whoever sends symbols says them again when this is lost.
    return [{ type: 'send', message: { type: 'more', start: decoder.length, count } }]
  }

  /** We know what differs: we open what is only here, and they what is only there. */
  #tell({ onlyTheirs, onlyOwn }: SetDifference): readonly ReconciliationEffect<Item>[] {
    this.#verdict = { type: 'differ', fingerprints: onlyTheirs }
    return this.#close([{ type: 'send', message: this.#verdict }, this.#differ(onlyOwn)])
  }

  /** Fingerprints that are none of ours name nothing. */
  #differ(fingerprints: readonly bigint[]): ReconciliationEffect<Item> {
    return { type: 'differ', items: fingerprints.flatMap((one) => this.#own.get(one) ?? []) }
  }

  /** It has not heard what we said last. */
  #repeat(message: ReconciliationMessage): readonly ReconciliationEffect<Item>[] {
    const wantsAnswer = message.type === 'catalogue' || message.type === 'symbols'
    return this.#verdict === null || !wantsAnswer ? [] : [{ type: 'send', message: this.#verdict }]
  }
}

/** From the start: with a third more than the code takes, as the estimate is one. */
function symbolsWanted({ estimate, length }: SymbolDecoder): number {
  return Math.ceil(Math.max(1.8 * estimate, 1.5 * length, limits.catalogueSymbolsFirst))
}
