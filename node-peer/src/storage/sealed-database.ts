/**
 * A LevelDB together with what shows damage in it: heads and root (`ledger.ts`), and the witness beside it. Whatever is
 * written goes through here, so that they always belong together. Writes come one at a time: see `write-queue.ts`.
 */
import { documentName, messageOf, type DocumentName } from '@knotwork/core'
import { audit } from './audit.ts'
import { examine, type Examined } from './examination.ts'
import { Ledger, LedgerBatch, type KnownDocument } from './ledger.ts'
import { LevelConnection } from './level-connection.ts'
import type { LevelDatabase } from './level-database.ts'
import { DocumentKeys, emptyStateVector } from './level-keys.ts'
import { readHistoryKeys } from './level-history.ts'
import { readHead, readLastClock, readLog } from './level-log.ts'
import type { Head, Root } from './level-values.ts'
import { mendIn } from './log-changes.ts'
import type { StorageNotice } from './storage-notice.ts'
import { readCurrent, Witness } from './witness.ts'

export interface SealedDatabaseOptions {
  readonly location: string
  readonly sync: boolean
  readonly notice: StorageNotice
}

export interface ExaminedLog extends Examined {
  readonly head: Head | null
  /** Clocks of the seals there are. */
  readonly seals: readonly number[]
}

export class SealedDatabase {
  readonly #options: SealedDatabaseOptions
  readonly #ledger = new Ledger()
  readonly #witness: Witness
  #connection!: LevelConnection
  #unlisted: readonly string[] = []
  #isForeign = false
  /** The database on disk says what was found when it was opened; until then it would be found, and told, again. */
  #isSettled = true
  /** What LevelDB's file CURRENT holds. */
  #current: string | null = null
  /** Batches that replace or remove records: whoever reads meanwhile may see half of it, and looks again. */
  #rewrites = 0
  #rewriting: Promise<void> | null = null

  private constructor(options: SealedDatabaseOptions) {
    this.#options = options
    this.#witness = new Witness(options.location)
  }

  static async open(options: SealedDatabaseOptions): Promise<SealedDatabase> {
    const sealed = new SealedDatabase(options)
    sealed.#connection = await LevelConnection.open({
      location: options.location,
      sync: options.sync,
      repaired: (why) => options.notice('storageRepaired', why),
      opened: (database, current) => sealed.#audit(database, current),
    })
    // Where there is no room for it, it is said again next time.
    await sealed.ready().catch((thrown: unknown) => options.notice('notMended', messageOf(thrown)))
    return sealed
  }

  get trouble(): string | null {
    return this.#connection.trouble
  }

  get root(): Root {
    return this.#ledger.root
  }

  read<Value>(read: (database: LevelDatabase) => Promise<Value>): Promise<Value> {
    return this.#connection.read(read)
  }

  /** A batch upon what is on disk now: a database that is opened again may hold what a failed write has left. */
  async newBatch(): Promise<LedgerBatch> {
    await this.ready()
    return new LedgerBatch(this.root)
  }

  /** Opens the database again where the last write failed, and writes down what was found on opening. */
  async ready(): Promise<void> {
    await this.#connection.ready()
    if (this.#isSettled) return
    const batch = new LedgerBatch(this.root)
    for (const text of this.#unlisted) {
      const name = documentName(text)
      if (name.ok) await this.#relist(name.value, batch)
    }
    await this.write(batch)
    this.#isSettled = true
  }

  async close(): Promise<void> {
    await this.#connection.close()
    this.#witness.close()
  }

  /** A document's log as it is, whatever is written meanwhile. */
  async examine(keys: DocumentKeys): Promise<ExaminedLog> {
    for (;;) {
      await this.#rewriting?.catch(() => undefined)
      const before = this.#rewrites
      const examined = await this.#connection.read(async (database) => {
        // The head first: what is appended meanwhile is only more than it says.
        const head = await readHead(database, keys)
        const found = await readLog(database, keys)
        return { ...examine(keys, found, head, this.root.epoch), head, seals: found.seals }
      })
      if (before === this.#rewrites && this.#rewriting === null) return examined
    }
  }

  /** Makes a document known to the batch, as it is on disk; where its seals are not as they should be, mends them in it. */
  async begin(keys: DocumentKeys, batch: LedgerBatch): Promise<KnownDocument> {
    const head = this.#ledger.head(keys.name)
    const known = head === undefined ? await this.#find(keys) : { keys, head }
    if (known !== null) {
      batch.begin(known)
      return known
    }
    const examined = await this.examine(keys)
    batch.begin({ keys, head: examined.head })
    mendIn(batch, keys, examined)
    return batch.get(keys.name) ?? { keys, head: null }
  }

  /** Null: its records and its head do not fit together at first sight. */
  async #find(keys: DocumentKeys): Promise<KnownDocument | null> {
    const [head, last] = await this.#connection.read(async (database) => [
      await readHead(database, keys),
      await readLastClock(database, keys),
    ])
    if (head === null) return last === null ? { keys, head } : null
    return head.last === last && head.epoch === this.root.epoch ? { keys, head } : null
  }

  /** Writes the batch, atomically and as durably as was asked for. */
  async write(batch: LedgerBatch): Promise<void> {
    if (!batch.isRewrite) return this.#write(batch)
    this.#rewrites++
    const rewriting = this.#write(batch)
    this.#rewriting = rewriting
    try {
      await rewriting
    } finally {
      this.#rewriting = null
    }
  }

  async #write(batch: LedgerBatch): Promise<void> {
    try {
      await this.#connection.write(batch.operations)
    } catch (thrown) {
      // Nobody knows what was written, until the database is opened again.
      this.#ledger.reset(this.root)
      throw thrown
    }
    this.#ledger.commit(batch)
    this.#testify()
  }

  async #audit(database: LevelDatabase, currentBefore: string | null): Promise<void> {
    const found = await audit(database, this.#witness.read(), currentBefore)
    this.#ledger.reset(found.root)
    this.#current = readCurrent(this.#options.location)
    this.#unlisted = found.unlisted
    this.#isForeign = found.isForeign
    for (const why of found.damage) {
      this.#options.notice('writesLost', `the database at ${this.#options.location} is damaged: ${why}`)
    }
    this.#isSettled = !found.isNews && found.unlisted.length === 0
    if (this.#isSettled) this.#testify()
  }

  /** A document with a head that is not on the list: put there again, or forgotten when it has no records either. */
  async #relist(name: DocumentName, batch: LedgerBatch): Promise<void> {
    const keys = new DocumentKeys(name)
    const [head, { records }] = await this.#connection.read(async (database) => [
      await readHead(database, keys),
      await readLog(database, keys),
    ])
    batch.begin({ keys, head })
    if (records.length > 0) return batch.put(keys.entry, emptyStateVector)
    batch.setHead(name, null)
    // y-leveldb has cleared it, or it is lost.
    if (this.#isForeign) {
      for (const key of await this.#connection.read((database) => readHistoryKeys(database, keys))) batch.del(key)
    } else {
      this.#options.notice('documentGone', 'nothing is left of this document', { document: name })
    }
  }

  #testify(): void {
    if (this.#current !== null) this.#witness.write({ batch: this.root.batch, current: this.#current })
  }
}
