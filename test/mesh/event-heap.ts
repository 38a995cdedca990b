/** Events by virtual time, and in the order they were pushed where the time is the same. */
export interface HeapEvent {
  readonly at: number
  readonly order: number
  readonly run: () => void
}

export class EventHeap {
  readonly #events: HeapEvent[] = []
  #count = 0

  push(at: number, run: () => void): void {
    const events = this.#events
    events.push({ at, order: this.#count++, run })
    let child = events.length - 1
    while (child > 0) {
      const parent = (child - 1) >> 1
      if (!this.#isBefore(child, parent)) break
      this.#swap(child, parent)
      child = parent
    }
  }

  /** The next event that is due by `until`; null when there is none. */
  pop(until: number): HeapEvent | null {
    const events = this.#events
    const first = events[0]
    if (first === undefined || first.at > until) return null
    const last = events.pop()
    if (last !== undefined && events.length > 0) {
      events[0] = last
      this.#sink()
    }
    return first
  }

  #sink(): void {
    let parent = 0
    for (;;) {
      const left = 2 * parent + 1
      const right = left + 1
      let least = parent
      if (left < this.#events.length && this.#isBefore(left, least)) least = left
      if (right < this.#events.length && this.#isBefore(right, least)) least = right
      if (least === parent) return
      this.#swap(parent, least)
      parent = least
    }
  }

  #isBefore(a: number, b: number): boolean {
    const [one, other] = [this.#events[a], this.#events[b]]
    if (one === undefined || other === undefined) return false
    return one.at < other.at || (one.at === other.at && one.order < other.order)
  }

  #swap(a: number, b: number): void {
    const [one, other] = [this.#events[a], this.#events[b]]
    if (one === undefined || other === undefined) return
    this.#events[a] = other
    this.#events[b] = one
  }
}
