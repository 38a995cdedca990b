/**
 * The Storage port on LevelDB in y-leveldb's format, with what shows damage beside it: see `level-keys.ts` and
 * `level-values.ts`. Rules ST1 to ST5 and ST9 to ST11 in PROTOCOL.md.
 */
import {
  documentName,
  KnotworkError,
  type Compacted,
  type DocumentName,
  type HistoryOutline,
  type HistoryStorage,
  limits,
  type ListedDocument,
  type Merge,
  messageOf,
  type Past,
  type Retention,
  type Storage,
  type StoredDocument,
  type StoredNote,
} from '@knotwork/core'
import { wallClock } from '../platform/clock.ts'
import type { LogRecord } from './examination.ts'
import { retentionIn, segmentsIn } from './history-changes.ts'
import type { LedgerBatch } from './ledger.ts'
import { pastOf, readHistory, readHistoryKeys, type FoundHistory } from './level-history.ts'
import { DocumentKeys, entryRange } from './level-keys.ts'
import { readClocks, readDamagedKeys, readHead, readNames, readNotes, type ClockedNote } from './level-log.ts'
import type { Head } from './level-values.ts'
import { appendIn, mendIn, replaceIn, sealIn } from './log-changes.ts'
import { SealedDatabase, type ExaminedLog } from './sealed-database.ts'
import type { StorageNotice } from './storage-notice.ts'
import { WriteQueue, type Append } from './write-queue.ts'

const namesAtOnce = 500
/** Writers of several documents share a sync of the disk in so many milliseconds: a tenth of what is between two keystrokes. */
const shareMs = 10
/** After a compaction that replaced so much, the space is given back at once; less waits for LevelDB to tidy up. */
const reclaimBytes = 1024 * 1024

export interface LevelStorageOptions {
  /** `disk`: what is stored is on the disk. `os`: the system decides when; faster. Default `disk`. */
  readonly durability?: 'disk' | 'os'
  readonly notice?: StorageNotice
  /** How long histories are kept, where a document says nothing else (PROTOCOL.md [HI2]). Default: 30 days. */
  readonly retention?: Retention
}

export class LevelStorage implements Storage {
  readonly durability: 'disk' | 'os'
  readonly history: HistoryStorage
  /** The directory of the database. */
  readonly location: string
  readonly #notice: StorageNotice
  readonly #retention: Retention
  readonly #writes = new WriteQueue((group) => this.#appendAll(group), shareMs)
  #database!: SealedDatabase
  #rewriting: Promise<void> = Promise.resolve()
  #isClosed = false

  private constructor(location: string, options: LevelStorageOptions) {
    this.location = location
    const { durability = 'disk', notice = () => undefined, retention = { days: limits.historyDays } } = options
    this.durability = durability
    this.#notice = notice
    this.#retention = retention
    this.history = {
      past: (name) => this.#past(new DocumentKeys(name)),
      outline: (name) => this.#outline(new DocumentKeys(name)),
      retain: (name, kept) => this.#oneByOne(() => this.#retain(new DocumentKeys(name), kept)),
    }
  }

  /** Opens the database in that directory, or creates it; KnotworkError 'in-use' when another process holds it. */
  static async open(location: string, options: LevelStorageOptions = {}): Promise<LevelStorage> {
    const storage = new LevelStorage(location, options)
    const sync = storage.durability === 'disk'
    storage.#database = await SealedDatabase.open({ location, sync, notice: storage.#notice })
    return storage
  }

  /** Why nothing can be stored at the moment; null when the last write succeeded. */
  get trouble(): string | null {
    return this.#database.trouble
  }

  async load(name: DocumentName): Promise<StoredDocument> {
    const keys = new DocumentKeys(name)
    const [note = null] = await this.#notes([keys])
    const log = await this.#database.examine(keys)
    const unreadable = log.altered.length + log.lost
    if (unreadable > 0) this.#tellOfDamage(name, log)
    if (!log.isSealed && log.sound.length + unreadable > 0) this.#mendLater(keys)
    return { updates: log.sound.map(({ update }) => update), unreadable, note: note && noteOf(note, log) }
  }

  async append(name: DocumentName, updates: readonly Uint8Array[], note?: Uint8Array): Promise<void> {
    this.#mustBeOpen()
    if (updates.length > 0 || note !== undefined) await this.#writes.append({ name, updates, note })
  }

  async compact(name: DocumentName, merge: Merge): Promise<void> {
    await this.#oneByOne(() => this.#compact(new DocumentKeys(name), merge))
  }

  /** How many records of the document were altered and are set aside. */
  async setAside(name: DocumentName): Promise<number> {
    const keys = new DocumentKeys(name)
    return (await this.#database.read((database) => readDamagedKeys(database, keys))).length
  }

  /**
   * Compacts, throws away what was set aside of the document, and has the files rewritten: what `merge` leaves out is
   * nowhere in them any more.
   */
  async purge(name: DocumentName, merge: Merge): Promise<void> {
    const keys = new DocumentKeys(name)
    await this.#oneByOne(async () => {
      await this.#compact(keys, merge)
      await this.#writes.alone(async () => {
        const batch = await this.#database.newBatch()
        for (const key of await this.#database.read((database) => readDamagedKeys(database, keys))) batch.del(key)
        await this.#database.write(batch)
      })
      await this.#reclaim(keys)
      // What lay in one table alone was only moved; with something newer around it, it is merged, and left out.
      await this.#writes.alone(async () => {
        const batch = await this.#database.newBatch()
        // The index is there only for the retention of its own.
        for (const key of [...Object.values(keys.wholeRange), keys.historyRange.lt]) batch.del(key)
        await this.#database.write(batch)
      })
      await this.#reclaim(keys)
    })
  }

  async *list(): AsyncGenerator<ListedDocument> {
    let from: Buffer = entryRange.gte
    for (;;) {
      const start = from
      const page = await this.#database.read((database) => readNames(database, start, namesAtOnce))
      const documents: DocumentKeys[] = []
      for (const text of page.names) {
        const name = documentName(text)
        if (name.ok) documents.push(new DocumentKeys(name.value))
        else this.#notice('nameSkipped', name.error)
      }
      const notes = await this.#notes(documents)
      for (const [index, { name }] of documents.entries()) yield { name, note: notes[index] ?? null }
      if (page.last === null) return
      // The smallest key after that of the last name.
      from = Buffer.concat([page.last, Buffer.of(0)])
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isClosed = true
    await this.#writes.idle()
    await this.#database.close()
  }

  #notes(documents: readonly DocumentKeys[]): Promise<readonly (ClockedNote | null)[]> {
    return this.#database.read((database) => readNotes(database, documents, this.#database.root.trust))
  }

  // --- appending -----------------------------------------------------------------------------------------------------

  async #appendAll(group: readonly Append[]): Promise<void> {
    const batch = await this.#database.newBatch()
    const seals = new Map<DocumentName, Map<number, number>>()
    for (const append of group) {
      const { name } = append
      const { keys } = batch.get(name) ?? (await this.#database.begin(new DocumentKeys(name), batch))
      const seal = seals.get(name) ?? new Map<number, number>()
      seals.set(name, seal)
      for (const [clock, checksum] of appendIn(batch, keys, append)) seal.set(clock, checksum)
    }
    for (const [name, checksums] of seals) {
      const known = batch.get(name)
      // Where no history is kept, a time would only be bytes.
      const at = this.#retention === 'none' && (known?.head?.index ?? 0) === 0 ? null : wallClock()
      if (known !== undefined) sealIn(batch, known.keys, { checksums, at })
    }
    if (!batch.isEmpty) await this.#database.write(batch)
  }

  // --- damage --------------------------------------------------------------------------------------------------------

  #tellOfDamage(document: DocumentName, { altered, lost }: ExaminedLog): void {
    const parts = [
      ...(altered.length > 0 ? [`${altered.length} altered records are set aside`] : []),
      ...(lost > 0 ? [`${lost} records are gone`] : []),
    ]
    this.#notice('recordsDamaged', `${parts.join(', ')}; what they held is fetched from peers`, { document })
  }

  /** [ST5] Nobody waits for it: the document has been loaded without what is damaged. */
  #mendLater(keys: DocumentKeys): void {
    void this.#oneByOne(() => this.#mend(keys)).catch((thrown: unknown) => {
      if (!this.#isClosed) this.#notice('notMended', messageOf(thrown), { document: keys.name })
    })
  }

  #mend(keys: DocumentKeys): Promise<void> {
    return this.#writes.alone(async () => {
      const batch = await this.#database.newBatch()
      const log = await this.#database.examine(keys)
      if (log.isSealed) return
      batch.begin({ keys, head: log.head })
      mendIn(batch, keys, log)
      await this.#database.write(batch)
    })
  }

  // --- compacting ----------------------------------------------------------------------------------------------------

  /** One at a time: the records that were read are still those when something takes their place. */
  async #oneByOne(rewrite: () => Promise<void>): Promise<void> {
    this.#mustBeOpen()
    const rewriting = this.#rewriting.then(rewrite)
    this.#rewriting = rewriting.catch(() => undefined)
    await rewriting
  }

  async #compact(keys: DocumentKeys, merge: Merge): Promise<void> {
    let log = await this.#database.examine(keys)
    if (!log.isSealed && log.sound.length + log.altered.length + log.lost > 0) {
      await this.#mend(keys)
      log = await this.#database.examine(keys)
    }
    const found = await this.#historyOf(keys, log.head)
    const compacted = await merge(
      log.sound.map(({ update }) => update),
      this.#pastOf(keys, found, log),
    )
    if (compacted === null) return
    this.#mustBeOpen()
    await this.#writes.alone(() => this.#replace(keys, log.sound, { compacted, found }))
    const replacedBytes = log.sound.reduce((sum, { update }) => sum + update.byteLength, 0)
    if (replacedBytes - compacted.snapshot.byteLength > reclaimBytes) await this.#reclaim(keys)
  }

  async #replace(
    keys: DocumentKeys,
    replaced: readonly LogRecord[],
    { compacted, found }: { readonly compacted: Compacted; readonly found: FoundHistory },
  ): Promise<void> {
    const batch = await this.#database.newBatch()
    await this.#database.begin(keys, batch)
    const { clocks, seals } = await this.#database.read((database) => readClocks(database, keys))
    if (replaced.some(({ clock }, index) => clock !== clocks[index])) return
    replaceIn(batch, keys, { replaced, seals, compacted })
    const { segments } = compacted
    if (segments !== undefined) {
      await this.#clearDamagedHistory(batch, keys, found)
      segmentsIn(batch, keys, { index: found.index, segments })
    }
    await this.#database.write(batch)
  }

  // --- history -------------------------------------------------------------------------------------------------------

  async #past(keys: DocumentKeys): Promise<Past> {
    const log = await this.#database.examine(keys)
    return this.#pastOf(keys, await this.#historyOf(keys, log.head), log)
  }

  #pastOf(keys: DocumentKeys, found: FoundHistory, log: ExaminedLog): Past {
    return pastOf({ keys, found, log, retention: this.#retention, read: (read) => this.#database.read(read) })
  }

  async #historyOf(keys: DocumentKeys, head: Head | null): Promise<FoundHistory> {
    const found = await this.#database.read((database) => readHistory(database, keys, head))
    if (found.isDamaged) this.#notice('historyDamaged', 'it begins anew', { document: keys.name })
    return found
  }

  async #outline(keys: DocumentKeys): Promise<HistoryOutline> {
    const head = await this.#database.read((database) => readHead(database, keys))
    const { index } = await this.#historyOf(keys, head)
    return { retention: index.retention ?? this.#retention, segments: index.segments }
  }

  async #retain(keys: DocumentKeys, retention: Retention | null): Promise<void> {
    await this.#writes.alone(async () => {
      const batch = await this.#database.newBatch()
      const { head } = await this.#database.begin(keys, batch)
      if (head === null) throw new KnotworkError('storage', 'no such document is stored here')
      const found = await this.#historyOf(keys, head)
      await this.#clearDamagedHistory(batch, keys, found)
      const isDropped = (retention ?? this.#retention) === 'none' || found.isDamaged
      retentionIn(batch, keys, { index: found.index, retention, isDropped })
      await this.#database.write(batch)
    })
  }

  async #clearDamagedHistory(batch: LedgerBatch, keys: DocumentKeys, { isDamaged }: FoundHistory): Promise<void> {
    if (!isDamaged) return
    for (const key of await this.#database.read((database) => readHistoryKeys(database, keys))) batch.del(key)
  }

  /** Has LevelDB rewrite what it has of the document, without what was deleted and replaced. */
  async #reclaim(keys: DocumentKeys): Promise<void> {
    for (const { gte, lt } of [keys.wholeRange, keys.historyRange]) {
      await this.#database.read((database) => database.compactRange(gte, lt))
    }
  }

  #mustBeOpen(): void {
    if (this.#isClosed) throw new KnotworkError('closed', 'the storage is closed')
  }
}

/** What was appended between reading the note and the log makes it old. */
function noteOf({ bytes, clock, isCurrent }: ClockedNote, log: ExaminedLog): StoredNote {
  const isOfThis = log.sound.at(-1)?.clock === clock && log.altered.length + log.lost === 0
  return { bytes, isCurrent: isCurrent && isOfThis }
}
