/**
 * Messages too big for a frame travel as parts, each a message of its own, so that keystrokes and pings pass between
 * them (PROTOCOL.md [WI6]). Parts may arrive in any order and twice; a message with a lost part is given up after
 * `limits.partSilenceMs` without news, and anti-entropy asks for its content again.
 */
import type { Millis } from '../ids.ts'
import { limits } from '../limits.ts'
import { err, ok, type Result } from '../result.ts'
import { encodeMessage } from './codec.ts'
import type { LinkMessage } from './message.ts'

export type Part = Extract<LinkMessage, { type: 'part' }>

/** The frames of a message: itself when it fits, else its parts, numbered `message`. */
export function* framesOf(bytes: Uint8Array, message: number): Generator<Uint8Array> {
  if (bytes.byteLength <= limits.partBytesMax) {
    yield bytes
    return
  }
  const count = Math.ceil(bytes.byteLength / limits.partBytesMax)
  for (let index = 0; index < count; index++) {
    const piece = bytes.subarray(index * limits.partBytesMax, (index + 1) * limits.partBytesMax)
    yield encodeMessage({ type: 'part', message, index, count, bytes: piece })
  }
}

interface Partial {
  readonly pieces: (Uint8Array | undefined)[]
  missing: number
  sizeBytes: number
  lastNews: Millis
}

/** Puts parts together again, within limits on count, size and time. */
export class Reassembly {
  readonly #partials = new Map<number, Partial>()
  /** Messages that became whole, oldest first: a part that comes once more must not begin them again. */
  readonly #finished = new Set<number>()
  /** Of all messages under way together: a link costs no more than one message of the largest size. */
  #heldBytes = 0

  /** The whole message when this was its last part, null when more are to come; an error ends the link. */
  add(part: Part, now: Millis): Result<Uint8Array | null, string> {
    this.#giveUpSilent(now)
    if (this.#finished.has(part.message)) return ok(null)
    const partial = this.#partials.get(part.message) ?? this.#begin(part, now)
    if (typeof partial === 'string') return err(partial)
    if (part.count !== partial.pieces.length || part.index >= part.count) return err('parts that contradict each other')
    if (partial.pieces[part.index] !== undefined) return ok(null)
    this.#heldBytes += part.bytes.byteLength
    partial.sizeBytes += part.bytes.byteLength
    if (partial.sizeBytes > limits.messageBytesMax) return err(`more than ${limits.messageBytesMax} bytes in parts`)
    while (this.#heldBytes > limits.messageBytesMax) this.#giveUpStalest(part.message)
    partial.pieces[part.index] = part.bytes
    partial.missing--
    partial.lastNews = now
    if (partial.missing > 0) return ok(null)
    this.#drop(part.message, partial)
    this.#finish(part.message)
    return ok(joined(partial))
  }

  #finish(message: number): void {
    this.#finished.add(message)
    const oldest = this.#finished.keys().next()
    if (this.#finished.size > limits.finishedMessagesMax && !oldest.done) this.#finished.delete(oldest.value)
  }

  #drop(message: number, partial: Partial): void {
    this.#partials.delete(message)
    this.#heldBytes -= partial.sizeBytes
  }

  #begin(part: Part, now: Millis): Partial | string {
    const countMax = Math.ceil(limits.messageBytesMax / limits.partBytesMax)
    if (part.count < 1 || part.count > countMax) return `a message in ${part.count} parts, the limit is ${countMax}`
    // Those before it have lost a part, or were left by their sender: no fault of this one.
    if (this.#partials.size >= limits.partialMessagesMax) this.#giveUpStalest(part.message)
    const pieces: (Uint8Array | undefined)[] = Array.from({ length: part.count })
    const partial: Partial = { pieces, missing: part.count, sizeBytes: 0, lastNews: now }
    this.#partials.set(part.message, partial)
    return partial
  }

  /** Gives up the message that has been without news for longest, `except` that one. */
  #giveUpStalest(except: number): void {
    let stalest: readonly [number, Partial] | null = null
    for (const [message, partial] of this.#partials) {
      if (message !== except && (stalest === null || partial.lastNews < stalest[1].lastNews))
        stalest = [message, partial]
    }
    if (stalest !== null) this.#drop(...stalest)
  }

  #giveUpSilent(now: Millis): void {
    for (const [message, partial] of this.#partials) {
      if (now - partial.lastNews > limits.partSilenceMs) this.#drop(message, partial)
    }
  }
}

function joined(partial: Partial): Uint8Array {
  const whole = new Uint8Array(partial.sizeBytes)
  let at = 0
  for (const piece of partial.pieces) {
    if (piece === undefined) continue
    whole.set(piece, at)
    at += piece.byteLength
  }
  return whole
}
