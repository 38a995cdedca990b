/** Time that stands still until a test moves it. */
import type { Clock } from '../src/ports/clock.ts'

interface Timer {
  readonly at: number
  readonly order: number
  readonly fire: () => void
}

export class FakeClock implements Clock {
  #now: number
  #order = 0
  readonly #timers = new Set<Timer>()

  constructor(now = 1_000) {
    this.#now = now
  }

  now(): number {
    return this.#now
  }

  setTimer(delayMs: number, fire: () => void): () => void {
    const timer = { at: this.#now + Math.max(0, delayMs), order: ++this.#order, fire }
    this.#timers.add(timer)
    return () => void this.#timers.delete(timer)
  }

  /** How many timers wait. */
  get waiting(): number {
    return this.#timers.size
  }

  /** How long until the next timer; null when there is none. */
  get nextInMs(): number | null {
    const next = this.#next()
    return next === null ? null : next.at - this.#now
  }

  #next(): Timer | null {
    let next: Timer | null = null
    for (const timer of this.#timers) {
      if (next === null || timer.at < next.at || (timer.at === next.at && timer.order < next.order)) next = timer
    }
    return next
  }

  /** Fires what is due on the way, one after the other, and nothing in between. */
  tick(byMs: number): void {
    const end = this.#now + byMs
    for (let next = this.#next(); next !== null && next.at <= end; next = this.#next()) {
      this.#now = Math.max(this.#now, next.at)
      this.#timers.delete(next)
      next.fire()
    }
    this.#now = end
  }

  /** Like `tick`, and lets every promise settle after each timer. */
  async advance(byMs: number): Promise<void> {
    const end = this.#now + byMs
    await settled()
    for (let next = this.#next(); next !== null && next.at <= end; next = this.#next()) {
      this.#now = Math.max(this.#now, next.at)
      this.#timers.delete(next)
      next.fire()
      await settled()
    }
    this.#now = end
  }
}

/** Resolves when no microtask is left. */
export function settled(): Promise<void> {
  return new Promise((resolve) => void setImmediate(resolve))
}
