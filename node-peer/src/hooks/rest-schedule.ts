/**
 * Calls something for a document when that has come to rest: a moment after its last change, and after a while also when the
 * changes do not end. One call at a time for each document; a failed one is made again, later each time.
 */

export interface Rest {
  readonly quietMs: number
  readonly maxMs: number
  readonly retriesMax: number
}

export const usualRest: Rest = { quietMs: 2_000, maxMs: 10_000, retriesMax: 5 }

interface Restless {
  /** When the first change came that was not told of. */
  since: number
  timer: NodeJS.Timeout | null
  isRunning: boolean
  hasChanged: boolean
  failures: number
}

export class RestSchedule {
  readonly #rest: Rest
  readonly #run: (name: string) => Promise<boolean>
  readonly #documents = new Map<string, Restless>()

  /** `run` resolves with whether it is done. */
  constructor(run: (name: string) => Promise<boolean>, rest: Rest = usualRest) {
    this.#run = run
    this.#rest = rest
  }

  changed(name: string): void {
    const now = performance.now()
    const known = this.#documents.get(name)
    const one = known ?? { since: now, timer: null, isRunning: false, hasChanged: false, failures: 0 }
    if (!one.hasChanged) one.since = now
    one.hasChanged = true
    this.#documents.set(name, one)
    if (!one.isRunning) this.#arm(name, one, Math.min(this.#rest.quietMs, one.since + this.#rest.maxMs - now))
  }

  /** Everything that is due is called now; resolves when it is done, or has failed once more. */
  async finish(): Promise<void> {
    await Promise.all(
      [...this.#documents].map(async ([name, one]) => {
        if (one.timer !== null) clearTimeout(one.timer)
        one.timer = null
        if (one.hasChanged && !one.isRunning) await this.#run(name)
      }),
    )
    this.#documents.clear()
  }

  #arm(name: string, one: Restless, inMs: number): void {
    if (one.timer !== null) clearTimeout(one.timer)
    one.timer = setTimeout(() => void this.#call(name, one), Math.max(0, inMs))
    one.timer.unref()
  }

  async #call(name: string, one: Restless): Promise<void> {
    one.timer = null
    one.isRunning = true
    one.hasChanged = false
    const isDone = await this.#run(name)
    one.isRunning = false
    if (this.#documents.get(name) !== one) return
    one.failures = isDone ? 0 : one.failures + 1
    const isDueAgain = one.hasChanged || (!isDone && one.failures <= this.#rest.retriesMax)
    if (!isDueAgain) return void this.#documents.delete(name)
    one.hasChanged = true
    this.#arm(name, one, this.#rest.quietMs * 2 ** one.failures)
  }
}
