/**
 * A document's history as people see it: sessions, parted by pauses (PROTOCOL.md [HI3]). Segments and the records of the log that came
 * after them are one line of spans; which of them a compaction has folded already makes no difference to what is shown.
 */
import { limits } from '../limits.ts'
import type { DatedRecord, Past, Seconds, SegmentSpan } from '../ports/history-storage.ts'

/** What was written between two pauses. Its end is a moment the document can be seen at. */
export interface Session extends SegmentSpan {
  readonly sizeBytes: number
}

/** Records of the log that belong to the history but to no segment yet. */
export interface Group extends Session {
  readonly records: readonly Uint8Array[]
}

/** A log, taken apart: what was there before any of its edits, and the edits in groups. */
export interface Log {
  /** A state of which nobody knows when it came about; empty where the segments hold it. */
  readonly before: readonly Uint8Array[]
  readonly groups: readonly Group[]
}

/** Whether segments tell what came before the log. */
export function hasSegments({ segments, isDamaged }: Past): boolean {
  return segments.length > 0 && !isDamaged
}

export function logOf(past: Past): Log {
  const isContinued = hasSegments(past)
  const before: Uint8Array[] = []
  const groups: Group[] = []
  let at: Seconds | null = isContinued ? (past.segments.at(-1)?.to ?? null) : null
  for (const record of past.records) {
    if (record.at === 'folded' && isContinued) continue
    at = timeOf(record, at)
    if (at === null) before.push(record.update)
    else put(groups, record.update, at)
  }
  return { before, groups }
}

/** When it was appended. Of one that does not say so: like the one before it; null where there is none. */
function timeOf({ at }: DatedRecord, before: Seconds | null): Seconds | null {
  if (typeof at !== 'number') return before
  // Somebody may have set the clock back; the order of the log is what counts.
  return Math.max(at, before ?? 0)
}

function put(groups: Group[], update: Uint8Array, at: Seconds): void {
  const sizeBytes = update.byteLength
  const last = groups.at(-1)
  const single = { from: at, to: at, edits: 1, sizeBytes }
  if (last === undefined || !isOneSession(last, single) || last.sizeBytes + sizeBytes > limits.segmentBytesMax) {
    groups.push({ ...single, records: [update] })
    return
  }
  groups[groups.length - 1] = { ...together(last, single), records: pushed(last.records, update) }
}

/** The list belongs to this module while it grows. */
function pushed(records: readonly Uint8Array[], update: Uint8Array): readonly Uint8Array[] {
  ;(records as Uint8Array[]).push(update)
  return records
}

export function isOneSession(one: SegmentSpan, next: SegmentSpan): boolean {
  if (one.edits === 0) return false
  return next.from - one.to < limits.sessionPauseS && next.to - one.from < limits.sessionS
}

function together(one: Session, next: Session): Session {
  return {
    from: one.from,
    to: next.to,
    edits: one.edits + next.edits,
    sizeBytes: one.sizeBytes + next.sizeBytes,
  }
}

/** The state before the first edit that has a time: it counts as of the second before. */
export function beginningOf({ groups }: Log, now: Seconds): Seconds {
  return (groups[0]?.from ?? now) - 1
}

/** All sessions, the oldest first. One without edits is what the history begins with. */
export function sessionsOf(past: Past): readonly Session[] {
  const log = logOf(past)
  const spans: Session[] = [...(hasSegments(past) ? past.segments : []), ...log.groups].map(
    ({ from, to, edits, sizeBytes }) => ({ from, to, edits, sizeBytes }),
  )
  if (log.before.length > 0 && log.groups.length > 0) {
    const at = beginningOf(log, past.now)
    const sizeBytes = log.before.reduce((sum, update) => sum + update.byteLength, 0)
    spans.unshift({ from: at, to: at, edits: 0, sizeBytes })
  }
  const sessions: Session[] = []
  for (const span of spans) {
    const last = sessions.at(-1)
    if (last !== undefined && isOneSession(last, span)) sessions[sessions.length - 1] = together(last, span)
    else sessions.push(span)
  }
  return sessions
}
