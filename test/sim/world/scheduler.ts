/**
 * Virtual time: a heap of events ordered by (time, sequence). After each event all microtasks run, because every event
 * gets a macrotask of its own: Node drains the microtask queue between two immediates. Nothing in a simulation waits
 * for anything but microtasks and this heap, so the same seed gives the same order of everything.
 */

/** Times are multiples of this, so that sums and differences are exact and a timer never fires a rounding too early. */
const quantum = 1 / 1024

function exact(delayMs: number): number {
  return Math.ceil(delayMs / quantum) * quantum
}

interface Entry {
  readonly at: number
  readonly sequence: number
  run: (() => void) | null
}

/** Immediates queued at once: the event loop is turned once for so many events. */
const batch = 128

export class Scheduler {
  #now = 0
  #sequence = 0
  #count = 0
  #countAtOnce = 0
  readonly #heap: Entry[] = []

  get now(): number {
    return this.#now
  }

  /** Events that have run. */
  get count(): number {
    return this.#count
  }

  /** Events since time last moved: a timer that is due again at once would keep it from moving for ever. */
  get countAtOnce(): number {
    return this.#countAtOnce
  }

  /** Runs `run` once after `delayMs`; the returned function cancels it. */
  after(delayMs: number, run: () => void): () => void {
    const entry: Entry = { at: this.#now + exact(Math.max(0, delayMs)), sequence: this.#sequence++, run }
    this.#heap.push(entry)
    this.#rise(this.#heap.length - 1)
    return () => {
      entry.run = null
    }
  }

  /** Runs events until `end`; `settled` is called after each one and its microtasks, and ends the run with false. */
  runUntil(endMs: number, settled: () => boolean): Promise<void> {
    // Time stands still at the end, and must be such a multiple there, too: a stream would be out of order otherwise.
    const end = exact(endMs)
    return new Promise((resolve, reject) => {
      let isOver = false
      const step = (): void => {
        if (isOver) return
        try {
          if (settled() && this.#step(end)) return
          isOver = true
          resolve()
        } catch (thrown) {
          isOver = true
          reject(thrown instanceof Error ? thrown : new Error(String(thrown)))
        }
      }
      const turn = (): void => {
        for (let i = 0; i < batch; i++) setImmediate(step)
        setImmediate(() => {
          if (!isOver) turn()
        })
      }
      turn()
    })
  }

  /** Runs the next event; false when there is none until `end`. */
  #step(end: number): boolean {
    for (;;) {
      const next = this.#heap[0]
      if (next === undefined || next.at > end) {
        this.#now = Math.max(this.#now, end)
        return false
      }
      this.#takeFirst()
      const { run } = next
      if (run === null) continue
      this.#countAtOnce = next.at > this.#now ? 0 : this.#countAtOnce + 1
      this.#now = next.at
      this.#count++
      next.run = null
      run()
      return true
    }
  }

  #takeFirst(): void {
    const last = this.#heap.pop()
    if (last === undefined || this.#heap.length === 0) return
    this.#heap[0] = last
    this.#sink(0)
  }

  #isBefore(a: number, b: number): boolean {
    const [first, second] = [this.#heap[a], this.#heap[b]]
    if (first === undefined || second === undefined) return first !== undefined
    return first.at < second.at || (first.at === second.at && first.sequence < second.sequence)
  }

  #swap(a: number, b: number): void {
    const [first, second] = [this.#heap[a], this.#heap[b]]
    if (first === undefined || second === undefined) return
    this.#heap[a] = second
    this.#heap[b] = first
  }

  #rise(from: number): void {
    let at = from
    while (at > 0) {
      const parent = (at - 1) >> 1
      if (!this.#isBefore(at, parent)) return
      this.#swap(at, parent)
      at = parent
    }
  }

  #sink(from: number): void {
    let at = from
    for (;;) {
      const [left, right] = [at * 2 + 1, at * 2 + 2]
      if (left >= this.#heap.length) return
      const child = right < this.#heap.length && this.#isBefore(right, left) ? right : left
      if (!this.#isBefore(child, at)) return
      this.#swap(at, child)
      at = child
    }
  }
}
