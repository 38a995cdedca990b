/** A value that changes, and can be looked at or watched: the one way in which the engine tells an app anything. */
export interface Watched<Value> {
  readonly value: Value
  /** Calls `listener` with each later value; the returned function ends that. A throwing listener harms nobody. */
  subscribe(listener: (value: Value) => void): () => void
}

/** A `Watched` that its owner sets. */
export class Watchable<Value> implements Watched<Value> {
  #value: Value
  readonly #listeners = new Set<(value: Value) => void>()
  readonly #faulted: (thrown: unknown) => void

  constructor(value: Value, faulted: (thrown: unknown) => void) {
    this.#value = value
    this.#faulted = faulted
  }

  get value(): Value {
    return this.#value
  }

  set(value: Value): void {
    if (Object.is(value, this.#value)) return
    this.#value = value
    for (const listener of [...this.#listeners]) {
      try {
        listener(value)
      } catch (thrown) {
        this.#faulted(thrown)
      }
    }
  }

  subscribe(listener: (value: Value) => void): () => void {
    this.#listeners.add(listener)
    return () => void this.#listeners.delete(listener)
  }
}
