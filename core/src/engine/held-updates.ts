/**
 * Updates of one client that follow one another within `editsTogetherMs` go on together, the first after a pause at
 * once (PROTOCOL.md [BR6]): a pasted page, or ten clients at a keyboard, is one step of the document, one record write
 * and one frame for each reader, and a single keystroke waits for nobody.
 */
import type { Millis } from '../ids.ts'
import { limits } from '../limits.ts'
import type { Clock } from '../ports/clock.ts'

export class HeldUpdates {
  readonly #clock: Clock
  readonly #goOn: (updates: readonly Uint8Array[]) => void
  #held: Uint8Array[] = []
  #sizeBytes = 0
  #until: Millis = 0
  #cancel: (() => void) | null = null

  constructor(clock: Clock, goOn: (updates: readonly Uint8Array[]) => void) {
    this.#clock = clock
    this.#goOn = goOn
  }

  add(update: Uint8Array): void {
    const now = this.#clock.now()
    this.#held.push(update)
    this.#sizeBytes += update.byteLength
    if (now >= this.#until || this.#isFull) return this.letGo()
    this.#cancel ??= this.#clock.setTimer(this.#until - now, () => this.letGo())
  }

  /** All that is held goes on now: something that speaks of it comes behind it. */
  letGo(): void {
    this.#cancel?.()
    this.#cancel = null
    if (this.#held.length === 0) return
    const updates = this.#held
    this.#held = []
    this.#sizeBytes = 0
    this.#until = this.#clock.now() + limits.editsTogetherMs
    this.#goOn(updates)
  }

  get #isFull(): boolean {
    return this.#held.length >= limits.updatesPerMessageMax || this.#sizeBytes > limits.updatesBytesPerMessage
  }
}
