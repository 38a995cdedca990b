/** Reading a document's history from LevelDB: its index, held against the head, and its segments (PROTOCOL.md [HI2]). */
import type { DatedRecord, Past, Retention } from '@knotwork/core'
import type { Examined } from './examination.ts'
import { decodeIndex, emptyIndex, indexChecksum, segmentChecksum, type HistoryIndex } from './history-values.ts'
import type { LevelDatabase } from './level-database.ts'
import type { DocumentKeys, LevelKey } from './level-keys.ts'
import { wallClock } from '../platform/clock.ts'
import { readEntries } from './level-log.ts'
import type { Head } from './level-values.ts'

export interface FoundHistory {
  readonly index: HistoryIndex
  /** The index is not the one that was written; with it, nobody knows the segments. */
  readonly isDamaged: boolean
}

export async function readHistory(
  database: LevelDatabase,
  keys: DocumentKeys,
  head: Head | null,
): Promise<FoundHistory> {
  if (head === null || head.index === 0) return { index: emptyIndex, isDamaged: false }
  const [value] = await database.getMany([keys.index])
  const index = value !== undefined && indexChecksum(value) === head.index ? decodeIndex(keys, value) : null
  return index === null ? { index: emptyIndex, isDamaged: true } : { index, isDamaged: false }
}

/** Of a damaged history: everything that lies there. */
export async function readHistoryKeys(database: LevelDatabase, keys: DocumentKeys): Promise<readonly LevelKey[]> {
  const { entries } = await readEntries(database, { ...keys.historyRange, values: false })
  return entries.map(([key]) => key)
}

export interface PastOptions {
  readonly keys: DocumentKeys
  readonly found: FoundHistory
  readonly log: Examined
  /** Where the document says nothing else. */
  readonly retention: Retention
  readonly read: <Value>(read: (database: LevelDatabase) => Promise<Value>) => Promise<Value>
}

export function pastOf({ keys, found, log, retention, read }: PastOptions): Past {
  const { index, isDamaged } = found
  return {
    retention: index.retention ?? retention,
    segments: index.segments,
    records: log.sound.map(({ clock, update }): DatedRecord => ({ update, at: log.times.get(clock) ?? null })),
    isDamaged,
    now: wallClock(),
    async read(id) {
      const segment = index.segments.find((each) => each.id === id)
      if (segment === undefined) return null
      const [value] = await read((database) => database.getMany([keys.segment(id)]))
      if (value === undefined || segmentChecksum(keys, id, value) !== segment.checksum) return null
      return new Uint8Array(value)
    },
  }
}
