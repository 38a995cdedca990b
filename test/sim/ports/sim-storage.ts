/**
 * A storage port on a simulated disk. Writes take their time, may fail, and are lost with the process unless they
 * have resolved; what had not may have landed all the same, whole and in order, as on a real disk.
 */
import type { DocumentName, ListedDocument, Merge, Storage, StoredDocument } from '@knotwork/core'
import type { Life } from '../world/life.ts'
import type { Rng } from '../world/random.ts'
import type { SimDisk } from './sim-disk.ts'

/** What the disk is like at the moment; the fault injector changes it. */
export interface DiskMood {
  writeMinMs: number
  writeMaxMs: number
  isFull: boolean
  isUnreadable: boolean
}

interface Write {
  readonly name: DocumentName
  /** Puts it on the disk. */
  readonly land: () => void
  hasLanded: boolean
  readonly done: () => void
  readonly failed: (why: Error) => void
}

export interface SimStorageOptions {
  readonly life: Life
  readonly disk: SimDisk
  readonly mood: DiskMood
  readonly rng: Rng
  readonly durability: 'disk' | 'memory'
  /** Told what has been read, as it is handed over. */
  loaded(name: DocumentName): void
}

export class SimStorage implements Storage {
  readonly durability: 'disk' | 'memory'
  readonly #options: SimStorageOptions
  /** Writes of one document happen one after the other; the first is under way. */
  readonly #queues = new Map<DocumentName, Write[]>()
  #isClosed = false

  constructor(options: SimStorageOptions) {
    this.#options = options
    this.durability = options.durability
    options.life.whenOver(() => this.#crash())
  }

  load(name: DocumentName): Promise<StoredDocument> {
    const { life, mood, disk } = this.#options
    return new Promise((resolve, reject) => {
      life.after(this.#delayMs() / 2, () => {
        if (mood.isUnreadable) return reject(new Error('EIO: the disk does not read'))
        const records = disk.recordsOf(name)
        const readable = records.filter((record) => record.isReadable)
        this.#options.loaded(name)
        const updates = readable.map((record) => record.bytes)
        resolve({ updates, unreadable: records.length - readable.length, note: disk.noteOf(name) })
      })
    })
  }

  append(name: DocumentName, updates: readonly Uint8Array[], note?: Uint8Array): Promise<void> {
    const bytes = updates.map((update) => update.slice())
    return this.#write(name, () => this.#options.disk.append(name, bytes, note?.slice()))
  }

  async compact(name: DocumentName, merge: Merge): Promise<void> {
    const { disk } = this.#options
    const records = [...disk.recordsOf(name)]
    const compacted = await merge(records.filter((record) => record.isReadable).map((record) => record.bytes))
    if (compacted !== null) await this.#write(name, () => disk.replace(name, records, compacted.snapshot))
  }

  async *list(): AsyncGenerator<ListedDocument> {
    await Promise.resolve()
    const { disk } = this.#options
    for (const name of disk.names() as readonly DocumentName[]) yield { name, note: disk.noteOf(name) }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isClosed = true
    await Promise.resolve()
  }

  #delayMs(): number {
    const { rng, mood } = this.#options
    return rng.between(mood.writeMinMs, mood.writeMaxMs)
  }

  #write(name: DocumentName, land: () => void): Promise<void> {
    if (this.#isClosed) return Promise.reject(new Error('the storage is closed'))
    return new Promise((done, failed) => {
      if (!this.#options.life.mayAct()) return
      const queue = this.#queues.get(name) ?? []
      this.#queues.set(name, queue)
      queue.push({ name, land, hasLanded: false, done, failed })
      if (queue.length === 1) this.#begin(queue)
    })
  }

  #begin(queue: Write[]): void {
    const write = queue[0]
    if (write === undefined) return
    const { life, mood, rng } = this.#options
    life.after(this.#delayMs(), () => {
      const isRefused = mood.isFull
      // A write that is reported as failed may be there nevertheless.
      if (!isRefused || rng.chance(0.1)) landOnce(write)
      life.after(isRefused ? 0 : rng.between(0, mood.writeMinMs), () => {
        queue.shift()
        if (isRefused) write.failed(new Error('ENOSPC: no space left on the disk'))
        else write.done()
        this.#begin(queue)
      })
    })
  }

  /** Of what was under way some may have reached the disk: always whole writes, and never a later one without an earlier. */
  #crash(): void {
    const { rng } = this.#options
    for (const queue of this.#queues.values()) {
      for (const write of queue.splice(0)) {
        if (!write.hasLanded && !rng.chance(0.5)) break
        landOnce(write)
      }
    }
  }
}

function landOnce(write: Write): void {
  if (write.hasLanded) return
  write.hasLanded = true
  write.land()
}
