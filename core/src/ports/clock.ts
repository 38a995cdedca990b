import type { Millis } from '../ids.ts'

/** Time and timers. `now` never goes backwards; it is only ever compared with itself. */
export interface Clock {
  now(): Millis
  /** Calls `fire` once after `delayMs`; the returned function cancels it. */
  setTimer(delayMs: Millis, fire: () => void): () => void
}
