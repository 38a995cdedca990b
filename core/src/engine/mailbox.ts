/**
 * Events for one machine, one at a time and in order, whoever pushes them and from wherever: also from the middle of
 * an app's transaction. Delivery is always a microtask later, so no listener of an app ever runs inside the engine.
 */
export class Mailbox<Event> {
  #queue: Event[] = []
  #isDelivering = false
  readonly #deliver: (event: Event) => void
  readonly #afterwards: () => void
  readonly #faulted: (thrown: unknown) => void

  /** `afterwards` runs when the queue is empty again. */
  constructor(deliver: (event: Event) => void, afterwards: () => void, faulted: (thrown: unknown) => void) {
    this.#deliver = deliver
    this.#afterwards = afterwards
    this.#faulted = faulted
  }

  push(event: Event): void {
    this.#queue.push(event)
    if (this.#isDelivering) return
    this.#isDelivering = true
    void Promise.resolve().then(() => this.#drain())
  }

  #drain(): void {
    while (this.#queue.length > 0) {
      const queue = this.#queue
      this.#queue = []
      for (const event of queue) this.#guarded(() => this.#deliver(event))
      this.#guarded(this.#afterwards)
    }
    this.#isDelivering = false
  }

  #guarded(run: () => void): void {
    try {
      run()
    } catch (thrown) {
      this.#faulted(thrown)
    }
  }
}
