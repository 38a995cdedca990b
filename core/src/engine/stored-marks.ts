/** How many of a client's updates are in the log: what it is told, and what it wanted to hear when they are. */
import { limits } from '../limits.ts'

export class StoredMarks {
  readonly #told: (updates: number) => void
  /** Messages that are not stored, with the number of updates through each. */
  #unstored: { readonly sequence: number; readonly updates: number }[] = []
  #waiting: { readonly updates: number; readonly run: () => void }[] = []
  #sent = 0
  #stored = 0

  constructor(told: (updates: number) => void) {
    this.#told = told
  }

  /** A message with so many updates is on its way into the log. */
  sent(sequence: number, updates: number): void {
    this.#sent += updates
    this.#unstored.push({ sequence, updates: this.#sent })
    if (this.#unstored.length > limits.unstoredMarksMax) this.#unstored.shift()
  }

  /** Calls `run` once all that was sent until now is stored. */
  whenStored(run: () => void): void {
    if (this.#stored === this.#sent) return run()
    this.#waiting.push({ updates: this.#sent, run })
    if (this.#waiting.length > limits.unstoredMarksMax) this.#waiting.shift()
  }

  /** Everything through that message is stored. */
  reached(sequence: number): void {
    const before = this.#stored
    this.#stored = this.#unstored.findLast((one) => one.sequence <= sequence)?.updates ?? before
    this.#unstored = this.#unstored.filter((one) => one.sequence > sequence)
    if (this.#stored === before) return
    const [due, later] = [
      this.#waiting.filter(({ updates }) => updates <= this.#stored),
      this.#waiting.filter(({ updates }) => updates > this.#stored),
    ]
    this.#waiting = later
    this.#told(this.#stored)
    for (const { run } of due) run()
  }
}
