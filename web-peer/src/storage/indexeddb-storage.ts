/**
 * Logs of updates in IndexedDB, exactly as y-indexeddb 9 keeps them (PROTOCOL.md [ST8]): it reads what we write, and
 * we pick up what it has written under a document's name. Several tabs may use the same databases at once.
 */
import {
  KnotworkError,
  limits,
  messageOf,
  type DocumentName,
  type HistoryStorage,
  type ListedDocument,
  type Log,
  type Merge,
  type Past,
  type Retention,
  type Storage,
  type StoredDocument,
  type StoredNote,
} from '@knotwork/core'
import { wallClock } from '../clock.ts'
import { DocumentDatabases } from './document-databases.ts'
import { Marks, readPast, retain, readOutline } from './document-history.ts'
import { appendAll, compactAll, noteAlone, readAll, readNote } from './document-log.ts'
import { DocumentRegister } from './document-register.ts'

/** Of a document that was never stored. */
const emptyPast: Pick<Past, 'segments' | 'records' | 'isDamaged' | 'read'> = {
  segments: [],
  records: [],
  isDamaged: false,
  read: () => Promise.resolve(null),
}

export class IndexedDbStorage implements Storage {
  readonly durability = 'disk'
  readonly history: HistoryStorage
  readonly #databases = new DocumentDatabases()
  readonly #ownDatabase: IDBDatabase
  readonly #register: DocumentRegister
  readonly #log: Log
  readonly #retention: Retention
  readonly #marks = new Marks()
  /** Documents that had records when last seen: should their database be gone, somebody deleted it. */
  readonly #held = new Set<DocumentName>()
  readonly #announcing = new Map<DocumentName, Promise<void>>()

  /** Closes `ownDatabase` when it is closed itself. `retention`: of histories of documents that say nothing else. */
  constructor(ownDatabase: IDBDatabase, log: Log, retention: Retention = { days: limits.historyDays }) {
    this.#retention = retention
    this.history = {
      past: async (name) => {
        const found = await explained(this.#databases.use(name, false, (database) => readPast(database, retention)))
        return found?.past ?? { ...emptyPast, retention, now: wallClock() }
      },
      outline: async (name) => {
        const found = this.#databases.use(name, false, (database) => readOutline(database, retention))
        return (await explained(found)) ?? { retention, segments: [] }
      },
      retain: (name, kept) => this.#retain(name, kept),
    }
    this.#ownDatabase = ownDatabase
    this.#register = new DocumentRegister(ownDatabase)
    this.#log = log
  }

  async load(name: DocumentName): Promise<StoredDocument> {
    const read = await explained(this.#databases.use(name, false, readAll))
    const { records, note } = read ?? { records: [], note: null }
    const updates = records.filter((record) => record instanceof Uint8Array)
    if (records.length === 0) this.#held.delete(name)
    else this.#adopt(name)
    return { updates, unreadable: records.length - updates.length, note }
  }

  async append(name: DocumentName, updates: readonly Uint8Array[], note?: Uint8Array): Promise<void> {
    if (updates.length === 0) {
      if (note !== undefined) await explained(this.#databases.use(name, false, (database) => noteAlone(database, note)))
      return
    }
    const isHeld = this.#held.has(name)
    const done = await explained(
      this.#databases.use(name, !isHeld, async (database) => {
        if (!isHeld) await this.#announced(name)
        const key = await appendAll(database, updates, note)
        if (key !== null && this.#retention !== 'none' && this.#marks.isDue(name)) void this.#mark(name, key)
        return true
      }),
    )
    // Edits alone, without what they build on, would be unreadable: better to say so than to write them.
    if (done === null)
      throw new KnotworkError('storage', 'the database of this document was deleted while it was in use')
    this.#adopt(name)
  }

  async compact(name: DocumentName, merge: Merge): Promise<void> {
    await explained(this.#databases.use(name, false, (database) => compactAll(database, merge, this.#retention)))
  }

  /** Nobody waits for it: without it less is known of when. */
  async #mark(name: DocumentName, key: IDBValidKey): Promise<void> {
    try {
      await this.#databases.use(name, false, (database) => this.#marks.mark(database, name, key))
    } catch (thrown) {
      this.#log('warn', 'timeNotKept', { why: messageOf(thrown) })
    }
  }

  async #retain(name: DocumentName, retention: Retention | null): Promise<void> {
    const isDropped = (retention ?? this.#retention) === 'none'
    const done = await explained(
      this.#databases.use(name, false, async (database) => {
        await retain(database, { retention, isDropped })
        return true
      }),
    )
    if (done === null) throw new KnotworkError('storage', 'no such document is stored here')
  }

  async *list(): AsyncIterable<ListedDocument> {
    for (const { name, isHeld } of await explained(this.#register.names())) {
      if (isHeld || (await this.#hasRecords(name))) yield { name, note: await this.#noteOf(name) }
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#databases.close()
    this.#ownDatabase.close()
  }

  /** One announcement for all first appends, so that they stay in their order. */
  #announced(name: DocumentName): Promise<void> {
    const under = this.#announcing.get(name)
    if (under !== undefined) return under
    const announcing = this.#register.announce(name)
    this.#announcing.set(name, announcing)
    announcing.catch(() => this.#announcing.delete(name))
    return announcing
  }

  /** One bad document must not hide the others. */
  async #noteOf(name: DocumentName): Promise<StoredNote | null> {
    try {
      return await explained(this.#databases.use(name, false, readNote))
    } catch (thrown) {
      this.#log('warn', 'noteNotRead', { why: messageOf(thrown) })
      return null
    }
  }

  /** For a name that was announced and perhaps never written. One bad document must not hide the others. */
  async #hasRecords(name: DocumentName): Promise<boolean> {
    try {
      return (await this.load(name)).updates.length > 0
    } catch (thrown) {
      this.#log('warn', 'documentNotListed', { why: messageOf(thrown) })
      return false
    }
  }

  /** Remembers that there are records, here and in the register. */
  #adopt(name: DocumentName): void {
    if (this.#held.has(name)) return
    this.#held.add(name)
    this.#announcing.delete(name)
    // Not waited for: the records are safe, and the name is looked at again as long as this fails.
    this.#register.hold(name).catch((thrown: unknown) => {
      this.#log('warn', 'documentNotRegistered', { why: messageOf(thrown) })
    })
  }
}

/** Names the cause in words: a DOMException's message is often empty. */
async function explained<Result>(work: Promise<Result>): Promise<Result> {
  try {
    return await work
  } catch (thrown) {
    if (thrown instanceof KnotworkError) throw thrown
    const isFull = thrown instanceof DOMException && thrown.name === 'QuotaExceededError'
    const why = isFull
      ? 'the space this browser gives to the page is used up'
      : `the browser's database failed: ${messageOf(thrown)}`
    throw new KnotworkError('storage', why, { cause: thrown })
  }
}
