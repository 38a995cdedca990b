/** Reading from LevelDB: one document's log, its head and note, and the list of all documents. */
import type { DatedRecord, StoredNote } from '@knotwork/core'
import type { FoundLog, LogRecord } from './examination.ts'
import { isCorruption, type LevelDatabase, type LevelRange } from './level-database.ts'
import { clockOf, entryRange, lastTextOf, type DocumentKeys, type LevelKey } from './level-keys.ts'
import { decodeHead, decodeNote, decodeSeal, type Head } from './level-values.ts'

/** Seals and records at one moment. */
export async function readLog(database: LevelDatabase, keys: DocumentKeys): Promise<FoundLog> {
  const { entries, isDamaged } = await readEntries(database, keys.logRange)
  const records: LogRecord[] = []
  const seals: number[] = []
  const checksums = new Map<number, number>()
  const times = new Map<number, DatedRecord['at']>()
  for (const [key, value] of entries) {
    if (keys.isUpdate(key)) records.push({ clock: clockOf(key), update: new Uint8Array(value) })
    else if (keys.isSeal(key)) {
      seals.push(clockOf(key))
      const seal = decodeSeal(key, value)
      for (const [clock, checksum] of seal?.checksums ?? []) {
        checksums.set(clock, checksum)
        times.set(clock, seal?.at ?? null)
      }
    }
  }
  return { records, seals, checksums, times, isDamaged }
}

export async function readHead(database: LevelDatabase, keys: DocumentKeys): Promise<Head | null> {
  const [value] = await database.getMany([keys.head])
  return value === undefined ? null : decodeHead(keys.head, value)
}

/** A note and the clock of the last record when it was written. */
export interface ClockedNote extends StoredNote {
  readonly clock: number
}

/** What was kept beside the updates of some documents. `trust`: the root's. */
export async function readNotes(
  database: LevelDatabase,
  documents: readonly DocumentKeys[],
  trust: number,
): Promise<readonly (ClockedNote | null)[]> {
  const values = await database.getMany(documents.flatMap((keys) => [keys.note, keys.head]))
  return documents.map((keys, index) => {
    const [noteValue, headValue] = [values[2 * index], values[2 * index + 1]]
    const note = noteValue === undefined ? null : decodeNote(keys.note, noteValue)
    const head = headValue === undefined ? null : decodeHead(keys.head, headValue)
    if (note === null) return null
    const { bytes, clock } = note
    return { bytes, clock, isCurrent: head?.last === clock && note.trust === trust }
  })
}

/** The clock of the last record, null when there is none. */
export async function readLastClock(database: LevelDatabase, keys: DocumentKeys): Promise<number | null> {
  const entries = database.iterator({ ...keys.updateRange, reverse: true, values: false })
  try {
    const [last] = await entries.nextv(1)
    return last === undefined ? null : clockOf(last[0])
  } finally {
    await entries.close()
  }
}

/** The clocks of records and seals, without reading them. */
export async function readClocks(
  database: LevelDatabase,
  keys: DocumentKeys,
): Promise<{ readonly clocks: readonly number[]; readonly seals: readonly number[] }> {
  const { entries } = await readEntries(database, { ...keys.logRange, values: false })
  const of = (isWanted: (key: LevelKey) => boolean): readonly number[] =>
    entries.flatMap(([key]) => (isWanted(key) ? [clockOf(key)] : []))
  return { clocks: of((key) => keys.isUpdate(key)), seals: of((key) => keys.isSeal(key)) }
}

/** Keys of what was set aside of a document. */
export async function readDamagedKeys(database: LevelDatabase, keys: DocumentKeys): Promise<readonly LevelKey[]> {
  const { entries } = await readEntries(database, keys.damagedRange)
  return entries.flatMap(([key]) => (lastTextOf(key)?.startsWith('damaged-') === true ? [key] : []))
}

/** Up to `count` names of documents from that key on, in the order of their keys, and the key of the last. */
export async function readNames(
  database: LevelDatabase,
  from: LevelKey,
  count: number,
): Promise<{ readonly names: readonly string[]; readonly last: LevelKey | null }> {
  const entries = database.iterator({ gte: from, lt: entryRange.lt, values: false })
  const names: string[] = []
  let last: LevelKey | null = null
  try {
    while (names.length < count) {
      const page = await entries.nextv(count - names.length)
      if (page.length === 0) break
      for (const [key] of page) {
        const name = lastTextOf(key)
        if (name !== null) names.push(name)
        last = key
      }
    }
  } finally {
    await entries.close()
  }
  return { names, last }
}

const pageBytes = 256 * 1024

interface Entries {
  readonly entries: readonly (readonly [LevelKey, Uint8Array])[]
  readonly isDamaged: boolean
}

/** All entries; where a block of the database is damaged, all but those in it. */
export async function readEntries(database: LevelDatabase, range: LevelRange): Promise<Entries> {
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
