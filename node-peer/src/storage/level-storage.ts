/** The Storage port on LevelDB in y-leveldb's format: see `level-keys.ts`. Rules ST1 to ST5 in PROTOCOL.md. */
import {
  documentName,
  KnotworkError,
  type Compacted,
  type DocumentName,
  type Storage,
  type StoredDocument,
} from '@knotwork/core'
import { LevelConnection } from './level-connection.ts'
import type { LevelOperation } from './level-database.ts'
import {
  clockBeforeFirst,
  damagedKey,
  emptyStateVector,
  metaValue,
  stateVectorKey,
  stateVectorRange,
  updateKey,
} from './level-keys.ts'
import { readLastClock, readLog, readNames } from './level-log.ts'
import { WriteQueue, type Append } from './write-queue.ts'

/** Documents whose last clock is remembered; of others it is looked up before the next write. */
const rememberedClocksMax = 10_000
const namesAtOnce = 500

/** What the storage tells its operator of. */
export type StorageNotice = (event: 'storageRepaired' | 'nameSkipped', why: string) => void

export class LevelStorage implements Storage {
  readonly durability = 'disk'
  readonly #connection: LevelConnection
  readonly #notice: StorageNotice
  readonly #writes = new WriteQueue((group) => this.#appendAll(group))
  /** Last clocks, least recently written first. Emptied by a failure, after which nobody knows what was written. */
  readonly #lastClocks = new Map<DocumentName, number>()
  #isClosed = false

  private constructor(connection: LevelConnection, notice: StorageNotice) {
    this.#connection = connection
    this.#notice = notice
  }

  /** Opens the database in that directory, or creates it; KnotworkError 'in-use' when another process holds it. */
  static async open(location: string, notice: StorageNotice = () => undefined): Promise<LevelStorage> {
    const connection = await LevelConnection.open(location, (why) => notice('storageRepaired', why))
    return new LevelStorage(connection, notice)
  }

  /** Why nothing can be stored at the moment; null when the last write succeeded. */
  get trouble(): string | null {
    return this.#connection.trouble
  }

  async load(name: DocumentName): Promise<StoredDocument> {
    const { records, unreadable } = await this.#connection.read((database) => readLog(database, name))
    return { updates: records.map(({ update }) => update), unreadable }
  }

  async append(name: DocumentName, updates: readonly Uint8Array[]): Promise<void> {
    this.#mustBeOpen()
    if (updates.length > 0) await this.#writes.append({ name, updates })
  }

  async compact(name: DocumentName, merge: (updates: readonly Uint8Array[]) => Compacted | null): Promise<void> {
    this.#mustBeOpen()
    await this.#writes.alone(async () => {
      const { records } = await this.#connection.read((database) => readLog(database, name))
      const compacted = merge(records.map(({ update }) => update))
      if (compacted === null) return
      const operations: LevelOperation[] = records.map(({ clock: old }) => ({ type: 'del', key: updateKey(name, old) }))
      const clock = (await this.#lastClock(name, operations)) + 1
      operations.push({ type: 'put', key: updateKey(name, clock), value: compacted.snapshot })
      for (const [index, damaged] of compacted.damaged.entries()) {
        operations.push({ type: 'put', key: damagedKey(name, clock, index), value: metaValue(damaged) })
      }
      await this.#write(operations, new Map([[name, clock]]))
    })
  }

  async *list(): AsyncGenerator<DocumentName> {
    let after: readonly (string | number)[] = stateVectorRange.gte
    for (;;) {
      const from = after
      const texts = await this.#connection.read((database) => readNames(database, from, namesAtOnce))
      for (const text of texts) {
        const name = documentName(text)
        if (name.ok) yield name.value
        else this.#notice('nameSkipped', name.error)
      }
      const last = texts.at(-1)
      if (last === undefined) return
      // The smallest key after that of the last name.
      after = ['v1_sv', last, '']
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isClosed = true
    await this.#writes.idle()
    await this.#connection.close()
  }

  async #appendAll(group: readonly Append[]): Promise<void> {
    const operations: LevelOperation[] = []
    const clocks = new Map<DocumentName, number>()
    for (const { name, updates } of group) {
      let clock = clocks.get(name) ?? (await this.#lastClock(name, operations))
      for (const update of updates) {
        clock++
        operations.push({ type: 'put', key: updateKey(name, clock), value: update })
      }
      clocks.set(name, clock)
    }
    await this.#write(operations, clocks)
  }

  async #write(operations: readonly LevelOperation[], clocks: ReadonlyMap<DocumentName, number>): Promise<void> {
    try {
      await this.#connection.write(operations)
    } catch (thrown) {
      this.#lastClocks.clear()
      throw thrown
    }
    for (const [name, clock] of clocks) {
      this.#lastClocks.delete(name)
      this.#lastClocks.set(name, clock)
    }
    for (const name of this.#lastClocks.keys()) {
      if (this.#lastClocks.size <= rememberedClocksMax) break
      this.#lastClocks.delete(name)
    }
  }

  /** The clock of the last record. For a document that has none, adds to `operations` what begins one. */
  async #lastClock(name: DocumentName, operations: LevelOperation[]): Promise<number> {
    const known =
      this.#lastClocks.get(name) ?? (await this.#connection.read((database) => readLastClock(database, name)))
    if (known !== null) return known
    // Without its state vector key a document would be on nobody's list.
    operations.push({ type: 'put', key: stateVectorKey(name), value: emptyStateVector })
    return clockBeforeFirst
  }

  #mustBeOpen(): void {
    if (this.#isClosed) throw new KnotworkError('closed', 'the storage is closed')
  }
}
