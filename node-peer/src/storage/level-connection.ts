/**
 * One open LevelDB that mends itself. LevelDB stays broken after a failed write: what it wrote of the record shifts
 * all that follows in its log, and a failed sync or a damaged file stops all writing until it is opened anew. So after
 * a failure it keeps serving reads, and the next write first closes it and opens it again, once there is room to.
 */
import { open, rm } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { KnotworkError } from '@knotwork/core'
import {
  inUse,
  isCorruption,
  levelDatabase,
  rootMessageOf,
  type LevelDatabase,
  type LevelOperation,
} from './level-database.ts'
import { openLevel, prepareLevel, repairLevel } from './level-repair.ts'
import { readCurrent } from './witness.ts'

/** Opening writes a table of up to 4 MiB and a manifest; with less room it would fail and take the reads with it. */
const roomToOpenBytes = 5 * 1024 * 1024

type Condition = 'sound' | 'broken' | 'damaged' | 'closed'

/** Databases that this process has open. */
const openHere = new Set<string>()

/** How long a process may take to let go of a database after it has closed. */
const leavingMs = 2_000

export interface LevelConnectionOptions {
  readonly location: string
  /** Whether a write is on disk before it resolves. */
  readonly sync: boolean
  readonly repaired: (why: string) => void
  /** Called whenever the database was opened, before anybody uses it. `current`: what its file CURRENT held before. */
  readonly opened: (database: LevelDatabase, current: string | null) => Promise<void>
}

export class LevelConnection {
  readonly #database: LevelDatabase
  readonly #options: LevelConnectionOptions
  readonly #reads = new Set<Promise<unknown>>()
  #condition: Condition = 'sound'
  #trouble: string | null = null
  #mending: Promise<void> | null = null

  private constructor(database: LevelDatabase, options: LevelConnectionOptions) {
    this.#database = database
    this.#options = options
  }

  /** Opens or creates the database; KnotworkError 'in-use' when another process holds it, 'storage' otherwise. */
  static async open(options: LevelConnectionOptions): Promise<LevelConnection> {
    const location = resolve(options.location)
    // LevelDB would say so too, but the check before it must not happen: closing a file gives up a process's lock on it.
    if (openHere.has(location)) throw inUse(location)
    openHere.add(location)
    try {
      return await LevelConnection.#open({ ...options, location })
    } catch (thrown) {
      openHere.delete(location)
      throw thrown
    }
  }

  static async #open(options: LevelConnectionOptions): Promise<LevelConnection> {
    const { location, repaired } = options
    for (const start = performance.now(); ;) {
      try {
        await prepareLevel(location, repaired)
        const current = readCurrent(location)
        const database = await levelDatabase(location)
        if (database.status !== 'open') await openLevel(database, location, repaired)
        try {
          await options.opened(database, current)
        } catch (thrown) {
          await database.close()
          throw thrown
        }
        return new LevelConnection(database, options)
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
      // The next write has it repaired.
      if (isCorruption(thrown) && this.#condition === 'sound') this.#condition = 'damaged'
      throw this.#explained('reading', thrown)
    } finally {
      this.#reads.delete(reading)
    }
  }

  /** Opens the database again where the last write failed. After it, what is read is what a write will find. */
  async ready(): Promise<void> {
    this.#mustNotBeClosed()
    if (this.#condition !== 'sound') await this.#attempt(() => this.#mend())
  }

  /** Writes all operations in one atomic batch. Not to be called from within a `read`. */
  async write(operations: readonly LevelOperation[]): Promise<void> {
    await this.ready()
    await this.#attempt(() => this.#database.batch(operations, { sync: this.#options.sync }))
    this.#trouble = null
  }

  async #attempt(write: () => Promise<void>): Promise<void> {
    try {
      await write()
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
    openHere.delete(this.#options.location)
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
    const { location, repaired } = this.#options
    const current = readCurrent(location)
    if (this.#condition === 'damaged') await repairLevel(this.#database, location, repaired)
    await openLevel(this.#database, location, repaired)
    await this.#options.opened(this.#database, current)
    if (this.#condition !== 'closed') this.#condition = 'sound'
  }

  async #checkRoom(): Promise<void> {
    const path = join(this.#options.location, `room-${process.pid}.tmp`)
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
    return new KnotworkError('storage', `${doing} in ${this.#options.location} failed: ${rootMessageOf(thrown)}`, {
      cause: thrown,
    })
  }
}
