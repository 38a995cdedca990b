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
  /** The next one last. */
  readonly #timers: Timer[] = []

  constructor(now = 1_000) {
    this.#now = now
  }

  now(): number {
    return this.#now
  }

  setTimer(delayMs: number, fire: () => void): () => void {
    const timer = { at: this.#now + Math.max(0, delayMs), order: ++this.#order, fire }
    this.#timers.splice(this.#placeOf(timer), 0, timer)
    return () => {
      const place = this.#placeOf(timer)
      if (this.#timers[place] === timer) this.#timers.splice(place, 1)
    }
  }

  /** Where a timer stands, or would: the first place with none that fires later. */
  #placeOf(timer: Timer): number {
    let [low, high] = [0, this.#timers.length]
    while (low < high) {
      const middle = (low + high) >> 1
      const other = this.#timers[middle]
      const isLater =
        other !== undefined && (other.at > timer.at || (other.at === timer.at && other.order > timer.order))
      if (isLater) low = middle + 1
      else high = middle
    }
    return low
  }

  /** How many timers wait. */
  get waiting(): number {
    return this.#timers.length
  }

  /** How long until the next timer; null when there is none. */
  get nextInMs(): number | null {
    const next = this.#next()
    return next === null ? null : next.at - this.#now
  }

  #next(): Timer | null {
    return this.#timers.at(-1) ?? null
  }

  /** Fires what is due on the way, one after the other, and nothing in between. */
  tick(byMs: number): void {
    const end = this.#now + byMs
    for (let next = this.#next(); next !== null && next.at <= end; next = this.#next()) {
      this.#now = Math.max(this.#now, next.at)
      this.#timers.pop()
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
      this.#timers.pop()
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
