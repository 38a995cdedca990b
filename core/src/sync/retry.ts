import type { Millis } from '../ids.ts'
import { limits } from '../limits.ts'

/** When to try a failing storage again: soon, then ever more patiently. */
export class Retry {
  #at: Millis | null = null
  #delayMs: number = limits.storageRetryFirstMs

  /** Null while nothing is to be tried again. */
  get at(): Millis | null {
    return this.#at
  }

  isDue(now: Millis): boolean {
    return this.#at === null || now >= this.#at
  }

  failed(now: Millis): void {
    this.#at = now + this.#delayMs
    this.#delayMs = Math.min(this.#delayMs * 2, limits.storageRetryMaxMs)
  }

  /** It is being tried now. */
  begun(): void {
    this.#at = null
  }

  succeeded(): void {
    this.#at = null
    this.#delayMs = limits.storageRetryFirstMs
  }
}
