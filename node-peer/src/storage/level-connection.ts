/**
 * One open LevelDB that mends itself. LevelDB stays broken after a failed write: what it wrote of the record shifts
 * all that follows in its log, and a failed sync or a damaged file stops all writing until it is opened anew. So after
 * a failure it keeps serving reads, and the next write first closes it and opens it again, once there is room to.
 */
import { open, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { KnotworkError } from '@knotwork/core'
import {
  isCorruption,
  levelDatabase,
  openLevel,
  repairLevel,
  rootMessageOf,
  type LevelDatabase,
  type LevelOperation,
} from './level-database.ts'

/** Opening writes a table of up to 4 MiB and a manifest; with less room it would fail and take the reads with it. */
const roomToOpenBytes = 5 * 1024 * 1024

type Condition = 'sound' | 'broken' | 'damaged' | 'closed'

/** How long a process may take to let go of a database after it has closed. */
const leavingMs = 2_000

export class LevelConnection {
  readonly #database: LevelDatabase
  readonly #location: string
  readonly #repaired: (why: string) => void
  readonly #reads = new Set<Promise<unknown>>()
  #condition: Condition = 'sound'
  #trouble: string | null = null
  #mending: Promise<void> | null = null

  private constructor(database: LevelDatabase, location: string, repaired: (why: string) => void) {
    this.#database = database
    this.#location = location
    this.#repaired = repaired
  }

  /** Opens or creates the database; KnotworkError 'in-use' when another process holds it, 'storage' otherwise. */
  static async open(location: string, repaired: (why: string) => void): Promise<LevelConnection> {
    for (const start = performance.now(); ;) {
      try {
        const database = await levelDatabase(location)
        if (database.status !== 'open') await openLevel(database, location, repaired)
        return new LevelConnection(database, location, repaired)
      } catch (thrown) {
        // The process before this one may just be leaving.
        const isHeld = thrown instanceof KnotworkError && thrown.code === 'in-use'
        if (!isHeld || performance.now() - start > leavingMs) throw thrown
        await setTimeout(leavingMs / 10)
      }
    }
  }

  /** Why the last write failed, until one succeeds. */
  get trouble(): string | null {
    return this.#trouble
  }

  /** Runs `read`; the database is not closed while it runs. */
  async read<Value>(read: (database: LevelDatabase) => Promise<Value>): Promise<Value> {
    this.#mustNotBeClosed()
    await this.#mending?.catch(() => undefined)
    if (this.#database.status !== 'open') await this.#mend()
    const reading = read(this.#database)
    this.#reads.add(reading)
    try {
      return await reading
    } catch (thrown) {
      throw this.#explained('reading', thrown)
    } finally {
      this.#reads.delete(reading)
    }
  }

  /** Writes all operations in one atomic, synced batch. Not to be called from within a `read`. */
  async write(operations: readonly LevelOperation[]): Promise<void> {
    this.#mustNotBeClosed()
    try {
      if (this.#condition !== 'sound') await this.#mend()
      await this.#database.batch(operations, { sync: true })
      this.#trouble = null
    } catch (thrown) {
      if (this.#condition === 'sound') this.#condition = 'broken'
      if (isCorruption(thrown)) this.#condition = 'damaged'
      const failure = this.#explained('writing', thrown)
      this.#trouble = failure.message
      throw failure
    }
  }

  async close(): Promise<void> {
    if (this.#condition === 'closed') return
    this.#condition = 'closed'
    await this.#mending?.catch(() => undefined)
    await Promise.allSettled([...this.#reads])
    await this.#database.close()
  }

  #mend(): Promise<void> {
    this.#mending ??= this.#reopen().finally(() => {
      this.#mending = null
    })
    return this.#mending
  }

  async #reopen(): Promise<void> {
    await this.#checkRoom()
    await Promise.allSettled([...this.#reads])
    await this.#database.close()
    if (this.#condition === 'damaged') await repairLevel(this.#database, this.#location, this.#repaired)
    await openLevel(this.#database, this.#location, this.#repaired)
    if (this.#condition !== 'closed') this.#condition = 'sound'
  }

  async #checkRoom(): Promise<void> {
    const path = join(this.#location, `room-${process.pid}.tmp`)
    try {
      const file = await open(path, 'w', 0o600)
      try {
        await file.writeFile(new Uint8Array(roomToOpenBytes))
        await file.sync()
      } finally {
        await file.close()
      }
    } finally {
      await rm(path, { force: true })
    }
  }

  #mustNotBeClosed(): void {
    if (this.#condition === 'closed') throw new KnotworkError('closed', 'the storage is closed')
  }

  #explained(doing: string, thrown: unknown): KnotworkError {
    if (thrown instanceof KnotworkError) return thrown
    return new KnotworkError('storage', `${doing} in ${this.#location} failed: ${rootMessageOf(thrown)}`, {
      cause: thrown,
    })
  }
}
