/** A rate with a burst: full at first, refilled with time. */
export interface Rate {
  readonly burst: number
  readonly perSecond: number
}

export class Allowance {
  readonly #rate: Rate
  #left: number
  #at: number

  constructor(rate: Rate, now: number) {
    this.#rate = rate
    this.#left = rate.burst
    this.#at = now
  }

  /** Takes that much; false, and takes nothing, when there is less. */
  take(amount: number, now: number): boolean {
    const { burst, perSecond } = this.#rate
    this.#left = Math.min(burst, this.#left + ((now - this.#at) / 1_000) * perSecond)
    this.#at = now
    if (amount > this.#left) return false
    this.#left -= amount
    return true
  }
}
