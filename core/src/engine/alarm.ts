import type { Millis } from '../ids.ts'
import type { Clock } from '../ports/clock.ts'

/** One timer for a machine that says when it wants to be woken; set again after every event. */
export class Alarm {
  readonly #clock: Clock
  readonly #wake: () => void
  #at: Millis | null = null
  #cancel: (() => void) | null = null

  constructor(clock: Clock, wake: () => void) {
    this.#clock = clock
    this.#wake = wake
  }

  set(at: Millis | null): void {
    if (at === this.#at) return
    // A timer that fires too early only looks again; one that fires too late would be a fault.
    if (at !== null && this.#at !== null && this.#cancel !== null && at > this.#at) return
    this.#cancel?.()
    this.#cancel = null
    this.#at = at
    if (at === null) return
    this.#cancel = this.#clock.setTimer(Math.max(0, at - this.#clock.now()), () => {
      this.#at = null
      this.#cancel = null
      this.#wake()
    })
  }

  stop(): void {
    this.set(null)
  }
}
