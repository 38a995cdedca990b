/**
 * Histories lose what is over when their documents are compacted [HI2]. A document that nobody edits is not: so all are looked at,
 * now and then.
 */
import { compactInSlices, isOverdue, messageOf, type Log, type Storage } from '@knotwork/core'
import { nodeClock, wallClock } from './platform/clock.ts'

const firstMs = 60_000
const everyMs = 6 * 3_600_000

export class HistorySweep {
  readonly #storage: Storage
  readonly #log: Log
  #timer: NodeJS.Timeout
  #isOver = false

  constructor(storage: Storage, log: Log) {
    this.#storage = storage
    this.#log = log
    this.#timer = this.#in(firstMs)
  }

  stop(): void {
    this.#isOver = true
    clearTimeout(this.#timer)
  }

  #in(delayMs: number): NodeJS.Timeout {
    // A process is not kept alive for it.
    return setTimeout(() => void this.#run(), delayMs).unref()
  }

  async #run(): Promise<void> {
    try {
      await sweepHistories(this.#storage, () => this.#isOver)
    } catch (thrown) {
      if (!this.#isOver) this.#log('warn', 'historiesNotSwept', { why: messageOf(thrown) })
    }
    if (!this.#isOver) this.#timer = this.#in(everyMs)
  }
}

/** Compacts each document whose history holds more than it should. */
export async function sweepHistories(storage: Storage, isOver: () => boolean = () => false): Promise<void> {
  if (storage.history === undefined) return
  for await (const { name } of storage.list()) {
    if (isOver()) return
    if (!isOverdue(await storage.history.outline(name), wallClock())) continue
    await storage.compact(name, (updates, past) => compactInSlices(updates, nodeClock, past))
  }
}
