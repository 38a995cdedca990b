/**
 * Writes, one after the other in the order of the calls. Appends that have gathered while a write was under way go
 * together into the next one, whatever their documents, so that a sync of the disk is shared by all who wait for it.
 * Where the disk is quick hardly anything gathers, and a sync costs more than all else of an edit: so writers of
 * several documents wait for each other, `shareMs` from the beginning of one write to that of the next. The first after
 * a pause waits for nobody, and nor does who is alone.
 */
import type { DocumentName } from '@knotwork/core'

export interface Append {
  readonly name: DocumentName
  readonly updates: readonly Uint8Array[]
  readonly note?: Uint8Array | undefined
}

/** What one sync may carry: enough to share it, little enough that nobody waits long for the others' bytes. */
const groupBytesMax = 4 * 1024 * 1024

interface Settling {
  resolve(): void
  reject(reason: unknown): void
}

type Job = Settling &
  ({ readonly type: 'append'; readonly append: Append } | { readonly type: 'alone'; readonly run: () => Promise<void> })

export class WriteQueue {
  readonly #write: (group: readonly Append[]) => Promise<void>
  readonly #shareMs: number
  #waiting: Job[] = []
  #running: Promise<void> | null = null
  /** When the last group of appends was begun, and the document it was of, if it was of one only. */
  #begunAt = -Infinity
  #lastWriter: DocumentName | null = null

  /** `write` stores a group of appends, all or nothing. */
  constructor(write: (group: readonly Append[]) => Promise<void>, shareMs = 0) {
    this.#write = write
    this.#shareMs = shareMs
  }

  append(append: Append): Promise<void> {
    return new Promise((resolve, reject) => this.#enqueue({ type: 'append', append, resolve, reject }))
  }

  /** Runs `run` after all writes before it and before all after it. */
  alone(run: () => Promise<void>): Promise<void> {
    return new Promise((resolve, reject) => this.#enqueue({ type: 'alone', run, resolve, reject }))
  }

  /** Resolves when everything enqueued until now is settled. */
  async idle(): Promise<void> {
    while (this.#running !== null) await this.#running
  }

  #enqueue(job: Job): void {
    this.#waiting.push(job)
    this.#running ??= this.#runAll()
  }

  async #runAll(): Promise<void> {
    // Lets the calls of this turn of the event loop gather.
    await Promise.resolve()
    while (this.#waiting.length > 0) {
      await this.#others()
      const group = this.#takeGroup()
      try {
        await this.#run(group)
        for (const job of group) job.resolve()
      } catch (thrown) {
        for (const job of group) job.reject(thrown)
      }
    }
    this.#running = null
  }

  /** Waits for others to share the next write with, if there may be any. */
  async #others(): Promise<void> {
    const leftMs = this.#begunAt + this.#shareMs - performance.now()
    const writers = new Set(this.#waiting.map((job) => (job.type === 'append' ? job.append.name : null)))
    const isAlone = writers.size === 1 && (writers.has(null) || writers.has(this.#lastWriter))
    if (leftMs > 0 && !isAlone) await new Promise((resolve) => setTimeout(resolve, leftMs))
  }

  #run(group: readonly Job[]): Promise<void> {
    const [first] = group
    if (first?.type === 'alone') return first.run()
    const appends = group.flatMap((job) => (job.type === 'append' ? [job.append] : []))
    const writers = new Set(appends.map(({ name }) => name))
    this.#begunAt = performance.now()
    this.#lastWriter = writers.size === 1 ? (appends[0]?.name ?? null) : null
    return this.#write(appends)
  }

  /** The next job that runs alone, or as many appends as fit. */
  #takeGroup(): readonly Job[] {
    let count = 0
    let sizeBytes = 0
    for (const job of this.#waiting) {
      if (job.type === 'alone') break
      sizeBytes += job.append.updates.reduce((sum, update) => sum + update.byteLength, 0)
      if (count > 0 && sizeBytes > groupBytesMax) break
      count++
    }
    const group = this.#waiting.slice(0, Math.max(1, count))
    this.#waiting = this.#waiting.slice(group.length)
    return group
  }
}
