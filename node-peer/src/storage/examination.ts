/** What became of a document's records: compares them with their seals and with the head (PROTOCOL.md [ST10]). No IO. */
import type { DatedRecord } from '@knotwork/core'
import type { DocumentKeys } from './level-keys.ts'
import { checksumOf, sumOfChecksums, type Checksums, type Head } from './level-values.ts'

export interface LogRecord {
  readonly clock: number
  readonly update: Uint8Array
}

/** Everything in a document's log at one moment. */
export interface FoundLog {
  readonly records: readonly LogRecord[]
  readonly checksums: Checksums
  /** What the seals say of when records were appended. */
  readonly times: ReadonlyMap<number, DatedRecord['at']>
  /** Clocks of the seals, readable or not. */
  readonly seals: readonly number[]
  /** LevelDB has said that it skipped something. */
  readonly isDamaged: boolean
}

export interface Examined {
  /** Those that are what was written, in order. */
  readonly sound: readonly LogRecord[]
  /** Those that are not: to be set aside. */
  readonly altered: readonly LogRecord[]
  /** How many are gone. */
  readonly lost: number
  readonly times: FoundLog['times']
  /** Whether seals and head are as they should be. */
  readonly isSealed: boolean
}

/** `epoch`: the root's; in a later one than the head's, another program may have written or trimmed the log. */
export function examine(keys: DocumentKeys, found: FoundLog, head: Head | null, epoch: number): Examined {
  const isLenient = head === null || head.epoch < epoch
  const lastSealed = head?.last ?? -1
  const sound: LogRecord[] = []
  const altered: LogRecord[] = []
  let unsealed = 0
  let isForeign = false
  for (const record of found.records) {
    const checksum = found.checksums.get(record.clock)
    const isOurs = checksum !== undefined || record.clock <= lastSealed
    const isAltered =
      checksum === undefined ? !isOurs && !isLenient : checksum !== checksumOf(keys, record.clock, record.update)
    ;(isAltered ? altered : sound).push(record)
    if (checksum === undefined) unsealed++
    if (!isOurs && isLenient) isForeign = true
  }
  const gone = isForeign && head !== null ? 0 : missing(keys, found, head)
  const lost = found.isDamaged ? Math.max(1, gone) : gone
  const isSealed = head?.epoch === epoch && altered.length + lost + unsealed === 0
  return { sound, altered, lost, times: found.times, isSealed }
}

/** Records that a seal, the head, or the clocks around them tell of. */
function missing(keys: DocumentKeys, { records, checksums }: FoundLog, head: Head | null): number {
  const clocks = new Set(records.map(({ clock }) => clock))
  let sealed = 0
  for (const clock of checksums.keys()) if (!clocks.has(clock)) sealed++
  const [first, last] = [records.at(0), records.at(-1)]
  // Clocks are given without gaps; what is set aside leaves some.
  const gaps = first === undefined || last === undefined ? 0 : last.clock - first.clock + 1 - records.length
  if (head === null) return Math.max(sealed, gaps)
  const counted = records.filter(({ clock }) => clock <= head.last)
  const sum = sumOfChecksums(
    counted.map(({ clock, update }) => checksums.get(clock) ?? checksumOf(keys, clock, update)),
  )
  const uncounted = Math.max(sealed, head.count - counted.length)
  return sum === head.sum ? uncounted : Math.max(1, gaps, uncounted)
}
