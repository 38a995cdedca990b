/**
 * How long nobody has used a document that is in memory (PROTOCOL.md [ME3]). One that only keepers had to do with, to
 * catch up, need not wait: it leaves as soon as they are done [CA2].
 */
import type { Millis } from '../ids.ts'
import { limits } from '../limits.ts'
import type { SyncEvent } from './sync-events.ts'

export class Idleness {
  #usedAt: Millis = 0
  /** By somebody other than keepers, since it came into memory. */
  #isUsed = false
  #isResting = false

  note(event: SyncEvent, now: Millis): void {
    const isGuest = event.type === 'joined' && !event.traits.keeps
    const isUse = isGuest || event.type === 'appClosed' || 'request' in event
    this.#isUsed ||= isUse
    const word = event.type === 'received' ? event.message.type : null
    // Comparing is no use of it: two neighbours would keep each other awake for ever.
    if (word === 'digest') return
    // Nor is what keepers say to catch up, once that is done; edits are.
    if (isUse || word === 'updates') this.begin(now)
    else this.postpone(now)
  }

  /** From now on it is idle, as if it had been used just now. */
  begin(now: Millis): void {
    this.#usedAt = now
    this.#isResting = false
  }

  /** It cannot leave yet: something is on its way, or a neighbour is not level. */
  postpone(now: Millis): void {
    this.#usedAt = this.#isResting ? now - limits.idleUnloadMs + limits.restAgainMs : now
  }

  /** Whoever brought it into memory is done with it. */
  rest(now: Millis): void {
    if (this.#isUsed) return
    this.#isResting = true
    this.#usedAt = now - limits.idleUnloadMs
  }

  /** It has left memory. */
  left(): void {
    this.#isUsed = false
    this.#isResting = false
  }

  get deadline(): Millis {
    return this.#usedAt + limits.idleUnloadMs
  }
}
