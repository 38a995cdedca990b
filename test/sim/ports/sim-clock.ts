/** The clock of one process: virtual time, from a zero of its own, that can jump forward as after a laptop's sleep. */
import type { Clock } from '@knotwork/core'
import type { Life } from '../world/life.ts'

interface Timer {
  dueMs: number
  readonly fire: () => void
  cancel: () => void
}

export class SimClock implements Clock {
  readonly #life: Life
  #offsetMs: number
  readonly #timers = new Set<Timer>()

  constructor(life: Life, offsetMs: number) {
    this.#life = life
    this.#offsetMs = offsetMs
  }

  now(): number {
    return this.#life.scheduler.now + this.#offsetMs
  }

  setTimer(delayMs: number, fire: () => void): () => void {
    if (!this.#life.mayAct()) return () => undefined
    const timer: Timer = { dueMs: this.now() + Math.max(0, delayMs), fire, cancel: () => undefined }
    this.#timers.add(timer)
    this.#arm(timer)
    return () => {
      timer.cancel()
      this.#timers.delete(timer)
    }
  }

  /** All timers that are due by then fire now, in the order in which they were due. */
  jump(byMs: number): void {
    this.#offsetMs += byMs
    for (const timer of [...this.#timers].sort((a, b) => a.dueMs - b.dueMs)) {
      timer.cancel()
      this.#arm(timer)
    }
  }

  #arm(timer: Timer): void {
    let isCancelled = false
    const cancel = this.#life.after(timer.dueMs - this.now(), () => {
      if (isCancelled) return
      this.#timers.delete(timer)
      timer.fire()
    })
    timer.cancel = () => {
      // It may already wait in the backlog of a paused process.
      isCancelled = true
      cancel()
    }
  }
}
