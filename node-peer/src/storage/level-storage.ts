/** The Storage port on LevelDB in y-leveldb's format: see `level-keys.ts`. Rules ST1 to ST5 in PROTOCOL.md. */
import {
  documentName,
  KnotworkError,
  type DocumentName,
  type ListedDocument,
  type Merge,
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
  noteKey,
  noteValue,
  stateVectorKey,
  stateVectorRange,
  updateKey,
} from './level-keys.ts'
import { readLastClock, readLog, readNames, readNote } from './level-log.ts'
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
  #compacting: Promise<void> = Promise.resolve()
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
    return this.#connection.read(async (database) => {
      const { records, unreadable } = await readLog(database, name)
      return { updates: records.map(({ update }) => update), unreadable, note: await readNote(database, name) }
    })
  }

  async append(name: DocumentName, updates: readonly Uint8Array[], note?: Uint8Array): Promise<void> {
    this.#mustBeOpen()
    if (updates.length > 0 || note !== undefined) await this.#writes.append({ name, updates, note })
  }

  async compact(name: DocumentName, merge: Merge): Promise<void> {
    this.#mustBeOpen()
    // One at a time: the records that were read are still those when the snapshot takes their place.
    const compacting = this.#compacting.then(() => this.#compact(name, merge))
    this.#compacting = compacting.catch(() => undefined)
    await compacting
  }

  async #compact(name: DocumentName, merge: Merge): Promise<void> {
    const { records } = await this.#connection.read((database) => readLog(database, name))
    const compacted = await merge(records.map(({ update }) => update))
    if (compacted === null) return
    await this.#writes.alone(async () => {
      const operations: LevelOperation[] = records.map(({ clock: old }) => ({ type: 'del', key: updateKey(name, old) }))
      const last = await this.#lastClock(name, operations)
      // In the place of the last record it replaces, before all that was appended since.
      const clock = records.at(-1)?.clock ?? last + 1
      operations.push({ type: 'put', key: updateKey(name, clock), value: compacted.snapshot })
      for (const [index, damaged] of compacted.damaged.entries()) {
        operations.push({ type: 'put', key: damagedKey(name, clock, index), value: metaValue(damaged) })
      }
      await this.#write(operations, new Map([[name, Math.max(last, clock)]]))
    })
  }

  async *list(): AsyncGenerator<ListedDocument> {
    let after: readonly (string | number)[] = stateVectorRange.gte
    for (;;) {
      const from = after
      const texts = await this.#connection.read((database) => readNames(database, from, namesAtOnce))
      for (const text of texts) {
        const name = documentName(text)
        if (name.ok) {
          const note = await this.#connection.read((database) => readNote(database, name.value))
          yield { name: name.value, note }
        } else this.#notice('nameSkipped', name.error)
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
    for (const { name, updates, note } of group) {
      const starting: LevelOperation[] = []
      let clock = clocks.get(name) ?? (await this.#lastClock(name, starting))
      // A note is of something: alone it would be of a document that is on nobody's list.
      if (starting.length > 0 && updates.length === 0) continue
      operations.push(...starting)
      for (const update of updates) {
        clock++
        operations.push({ type: 'put', key: updateKey(name, clock), value: update })
      }
      if (note !== undefined) operations.push({ type: 'put', key: noteKey(name), value: noteValue(note, clock) })
      clocks.set(name, clock)
    }
    if (operations.length === 0) return
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
