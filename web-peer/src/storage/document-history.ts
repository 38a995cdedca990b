/**
 * What a document was before, in its database beside its updates (PROTOCOL.md [HI1], [HI2]): in the store `custom`, which y-indexeddb leaves
 * to apps. A mark says when the records from one key on were appended; the index says how long the history is kept, which segments
 * there are, and which record they hold, too.
 */
import type {
  Compacted,
  DatedRecord,
  HistoryOutline,
  KeptSegment,
  Past,
  Retention,
  Seconds,
  StoredSegment,
} from '@knotwork/core'
import { wallClock } from '../clock.ts'
import { tightBytes } from '../plain-bytes.ts'
import { documentStore } from './document-databases.ts'
import { answered, written } from './indexeddb-request.ts'

const indexName = 'knotwork history'
const markName = 'knotwork time'
const segmentName = 'knotwork segment'
/** Records within so many seconds have one mark: sessions are parted by minutes. */
const markEverySeconds = 10

interface Index {
  /** Null: as long as the peer keeps any. */
  readonly retention: Retention | null
  readonly lastId: number
  readonly segments: readonly StoredSegment[]
  /** Key of the record that the segments hold, too. */
  readonly folded: IDBValidKey | null
}

const emptyIndex: Index = { retention: null, lastId: 0, segments: [], folded: null }

/** All that such keys hold, whatever their second part. */
const all = (name: string): IDBKeyRange => IDBKeyRange.bound([name], [name, []])

/** Remembers of each document when its last mark was made; another tab makes its own. */
export class Marks {
  readonly #last = new Map<string, Seconds>()

  /** Whether the records appended now want a mark. */
  isDue(name: string): boolean {
    return Math.abs(wallClock() - (this.#last.get(name) ?? 0)) >= markEverySeconds
  }

  /**
   * After the record with that key was appended: not in its transaction, which must not wait for a key in a tab that closes. Without a
   * mark it counts to the one before.
   */
  async mark(database: IDBDatabase, name: string, key: IDBValidKey): Promise<void> {
    const now = wallClock()
    this.#last.set(name, now)
    await written(database, documentStore.custom, (transaction) => {
      transaction.objectStore(documentStore.custom).put(now, [markName, key])
    })
  }
}

export interface FoundPast {
  /** As they lie in the store. */
  readonly keys: readonly IDBValidKey[]
  readonly records: readonly unknown[]
  readonly past: Past
}

export async function readPast(database: IDBDatabase, retention: Retention): Promise<FoundPast> {
  const transaction = database.transaction([documentStore.updates, documentStore.custom])
  const updates = transaction.objectStore(documentStore.updates)
  const custom = transaction.objectStore(documentStore.custom)
  const [keys, records, index, marked, times] = await Promise.all([
    answered(updates.getAllKeys()),
    answered<unknown[]>(updates.getAll()),
    indexIn(transaction),
    answered(custom.getAllKeys(all(markName))),
    answered<unknown[]>(custom.getAll(all(markName))),
  ])
  const marks = marked.map((key, at) => ({ from: (key as IDBValidKey[])[1] ?? 0, at: times[at] }))
  const dated = records.flatMap((update, at): readonly DatedRecord[] => {
    const key = keys[at]
    if (!(update instanceof Uint8Array) || key === undefined) return []
    if (index.folded !== null && indexedDB.cmp(key, index.folded) === 0) return [{ update, at: 'folded' }]
    const mark = marks.findLast(({ from }) => indexedDB.cmp(from, key) <= 0)
    return [{ update, at: typeof mark?.at === 'number' ? mark.at : null }]
  })
  const past: Past = {
    retention: index.retention ?? retention,
    segments: index.segments,
    records: dated,
    isDamaged: false,
    now: wallClock(),
    async read(id) {
      if (!index.segments.some((segment) => segment.id === id)) return null
      const store = database.transaction(documentStore.custom).objectStore(documentStore.custom)
      const update = await answered<unknown>(store.get([segmentName, id]))
      return update instanceof Uint8Array ? update : null
    },
  }
  return { keys, records, past }
}

/** In the transaction that puts the snapshot in the place of the last record, with that key. */
export async function compactIn(
  transaction: IDBTransaction,
  { segments }: Compacted,
  last: IDBValidKey,
): Promise<void> {
  const custom = transaction.objectStore(documentStore.custom)
  const before = await indexIn(transaction)
  if (segments === undefined) {
    if (before.folded !== null) putIndex(custom, { ...before, folded: null })
    return
  }
  // Records that come later than this one have marks of their own; those of before are gone.
  for (const key of await answered(custom.getAllKeys(all(markName)))) {
    const from = (key as IDBValidKey[])[1] ?? 0
    if (indexedDB.cmp(from, last) <= 0) custom.delete(key)
  }
  putSegments(custom, before, { segments, folded: last })
}

interface Folded {
  readonly segments: NonNullable<Compacted['segments']>
  readonly folded: IDBValidKey | null
}

function putSegments(custom: IDBObjectStore, before: Index, { segments, folded }: Folded): void {
  let { lastId } = before
  const kept = new Set(segments.flatMap((segment) => ('update' in segment ? [] : [segment.id])))
  for (const { id } of before.segments) if (!kept.has(id)) custom.delete([segmentName, id])
  const after = segments.flatMap((segment): readonly StoredSegment[] => {
    if (!('update' in segment)) return before.segments.filter(({ id }) => id === (segment satisfies KeptSegment).id)
    const { from, to, edits, update } = segment
    const id = ++lastId
    custom.put(tightBytes(update), [segmentName, id])
    return [{ id, from, to, edits, sizeBytes: update.byteLength }]
  })
  putIndex(custom, { ...before, lastId, segments: after, folded })
}

export function retain(
  database: IDBDatabase,
  { retention, isDropped }: { readonly retention: Retention | null; readonly isDropped: boolean },
): Promise<void> {
  return written(database, documentStore.custom, async (transaction) => {
    const custom = transaction.objectStore(documentStore.custom)
    const index = { ...(await indexIn(transaction)), retention }
    if (isDropped) putSegments(custom, index, { segments: [], folded: index.folded })
    else putIndex(custom, index)
  })
}

export async function readOutline(database: IDBDatabase, retention: Retention): Promise<HistoryOutline> {
  const index = await indexIn(database.transaction(documentStore.custom))
  return { retention: index.retention ?? retention, segments: index.segments }
}

function putIndex(custom: IDBObjectStore, index: Index): void {
  custom.put(index, indexName)
}

async function indexIn(transaction: IDBTransaction): Promise<Index> {
  const found = await answered<unknown>(transaction.objectStore(documentStore.custom).get(indexName))
  return isIndex(found) ? found : emptyIndex
}

function isIndex(value: unknown): value is Index {
  return typeof value === 'object' && value !== null && 'segments' in value && Array.isArray(value.segments)
}
