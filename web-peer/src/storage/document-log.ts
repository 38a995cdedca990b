/** One document's records and its note in its database, each step one transaction. */
import type { Merge, Retention, StoredNote } from '@knotwork/core'
import { tightBytes } from '../plain-bytes.ts'
import { documentStore } from './document-databases.ts'
import { compactIn, readPast } from './document-history.ts'
import { answered, written } from './indexeddb-request.ts'

/** Beside what apps keep in the store `custom` through y-indexeddb. */
const noteName = 'knotwork note'

/** As it lies in the store: `after` is the key of the last record when it was written. */
interface NoteRecord {
  readonly bytes: Uint8Array
  readonly after: IDBValidKey
}

const bothStores = [documentStore.updates, documentStore.custom]

export async function readAll(
  database: IDBDatabase,
): Promise<{ readonly records: readonly unknown[]; readonly note: StoredNote | null }> {
  const transaction = database.transaction(bothStores)
  const records = answered<unknown[]>(transaction.objectStore(documentStore.updates).getAll())
  const [all, note] = await Promise.all([records, noteIn(transaction)])
  return { records: all, note }
}

export function readNote(database: IDBDatabase): Promise<StoredNote | null> {
  return noteIn(database.transaction(bothStores))
}

/** The key of the first record. */
export async function appendAll(
  database: IDBDatabase,
  updates: readonly Uint8Array[],
  note?: Uint8Array,
): Promise<IDBValidKey | null> {
  let added: readonly IDBRequest<IDBValidKey>[] = []
  await written(database, bothStores, async (transaction) => {
    const store = transaction.objectStore(documentStore.updates)
    added = updates.map((update) => store.add(tightBytes(update)))
    const last = added.at(-1)
    if (note !== undefined && last !== undefined) putNote(transaction, note, await answered(last))
  })
  return added[0]?.result ?? null
}

/** Where there is nothing for it to be of, it is not kept. */
export function noteAlone(database: IDBDatabase, note: Uint8Array): Promise<void> {
  return written(database, bothStores, async (transaction) => {
    const after = await lastKey(transaction)
    if (after !== null) putNote(transaction, note, after)
  })
}

/** The snapshot goes under the last key it replaces: what another tab appends meanwhile has greater ones. */
export async function compactAll(database: IDBDatabase, merge: Merge, retention: Retention): Promise<void> {
  const { keys, records, past } = await readPast(database, retention)
  const [first, last] = [keys.at(0), keys.at(-1)]
  if (first === undefined || last === undefined) return
  const compacted = await merge(
    records.filter((record) => record instanceof Uint8Array),
    past,
  )
  if (compacted === null) return
  await written(database, bothStores, async (transaction) => {
    const updates = transaction.objectStore(documentStore.updates)
    const range = IDBKeyRange.bound(first, last)
    // Another tab compacts by deleting all keys but one: then these are no longer the records that were merged.
    if ((await answered(updates.count(range))) !== keys.length) return
    updates.delete(range)
    updates.put(tightBytes(compacted.snapshot), last)
    await compactIn(transaction, compacted, last)
    const unreadable = records.filter((record) => !(record instanceof Uint8Array))
    const custom = transaction.objectStore(documentStore.custom)
    for (const [index, record] of [...compacted.damaged.map(tightBytes), ...unreadable].entries()) {
      custom.put(record, `knotwork damaged ${String(last)}.${index}`)
    }
  })
}

function putNote(transaction: IDBTransaction, bytes: Uint8Array, after: IDBValidKey): void {
  transaction.objectStore(documentStore.custom).put({ bytes: tightBytes(bytes), after } satisfies NoteRecord, noteName)
}

async function noteIn(transaction: IDBTransaction): Promise<StoredNote | null> {
  const found = answered<unknown>(transaction.objectStore(documentStore.custom).get(noteName))
  const [note, last] = await Promise.all([found, lastKey(transaction)])
  return isNote(note) ? { bytes: note.bytes, isCurrent: note.after === last } : null
}

async function lastKey(transaction: IDBTransaction): Promise<IDBValidKey | null> {
  const store = transaction.objectStore(documentStore.updates)
  const cursor = await answered(store.openKeyCursor(null, 'prev'))
  return cursor?.primaryKey ?? null
}

function isNote(value: unknown): value is NoteRecord {
  return typeof value === 'object' && value !== null && 'bytes' in value && value.bytes instanceof Uint8Array
}
