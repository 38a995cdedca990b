/** Reading one document's records, and the list of all documents, from LevelDB. */
import type { DocumentName, StoredNote } from '@knotwork/core'
import { isCorruption, type LevelDatabase, type LevelRange } from './level-database.ts'
import { clockOf, noteKey, stateVectorRange, updateRange, type LevelKey } from './level-keys.ts'

export interface LogRecord {
  readonly clock: number
  readonly update: Uint8Array
}

/** All records in order; `unreadable` counts those known to be lost. */
export async function readLog(
  database: LevelDatabase,
  name: DocumentName,
): Promise<{ readonly records: readonly LogRecord[]; readonly unreadable: number }> {
  const { entries, isDamaged } = await readEntries(database, updateRange(name))
  const records: LogRecord[] = []
  let missing = 0
  for (const [key, value] of entries) {
    const clock = clockOf(key)
    if (clock === undefined) continue
    // Clocks are given without gaps: a missing one is a record that damage has taken.
    const previous = records.at(-1)
    if (previous !== undefined) missing += clock - previous.clock - 1
    records.push({ clock, update: new Uint8Array(value) })
  }
  return { records, unreadable: isDamaged ? Math.max(1, missing) : missing }
}

/** What was kept beside the updates. */
export async function readNote(database: LevelDatabase, name: DocumentName): Promise<StoredNote | null> {
  const [value] = await database.getMany([noteKey(name)])
  if (value === undefined || value.byteLength < 4) return null
  const clock = new DataView(value.buffer, value.byteOffset).getUint32(0)
  return { bytes: new Uint8Array(value.subarray(4)), isCurrent: clock === (await readLastClock(database, name)) }
}

/** The clock of the last record, null when there is none. */
export async function readLastClock(database: LevelDatabase, name: DocumentName): Promise<number | null> {
  const entries = database.iterator({ ...updateRange(name), reverse: true, values: false })
  try {
    const [last] = await entries.nextv(1)
    return (last && clockOf(last[0])) ?? null
  } finally {
    await entries.close()
  }
}

/** Up to `count` names of documents from that key on, in the order of their keys. */
export async function readNames(database: LevelDatabase, from: LevelKey, count: number): Promise<readonly string[]> {
  const entries = database.iterator({ gte: from, lt: stateVectorRange.lt, values: false })
  const names: string[] = []
  try {
    while (names.length < count) {
      const page = await entries.nextv(count - names.length)
      if (page.length === 0) break
      for (const [key] of page) if (typeof key[1] === 'string') names.push(key[1])
    }
  } finally {
    await entries.close()
  }
  return names
}

const pageBytes = 256 * 1024

interface Entries {
  readonly entries: readonly (readonly [LevelKey, Uint8Array])[]
  readonly isDamaged: boolean
}

/** All entries; where a block of the database is damaged, all but those in it. */
async function readEntries(database: LevelDatabase, range: LevelRange): Promise<Entries> {
  try {
    return await readPages(database, range, 1_000)
  } catch (thrown) {
    if (!isCorruption(thrown)) throw thrown
    // LevelDB skips the damaged block and reports it at the end, in place of the last page. With pages of one entry
    // nothing readable is lost by that.
    return readPages(database, range, 1)
  }
}

async function readPages(database: LevelDatabase, range: LevelRange, pageSize: number): Promise<Entries> {
  const iterator = database.iterator({ ...range, highWaterMarkBytes: pageBytes })
  const entries: (readonly [LevelKey, Uint8Array])[] = []
  try {
    for (;;) {
      const page = await iterator.nextv(pageSize)
      if (page.length === 0) return { entries, isDamaged: false }
      for (const entry of page) entries.push(entry)
    }
  } catch (thrown) {
    if (pageSize > 1 || !isCorruption(thrown)) throw thrown
    return { entries, isDamaged: true }
  } finally {
    await iterator.close()
  }
}
