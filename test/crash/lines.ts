import type { Compacted, Past } from '@knotwork/core'

/** Records that are made of lines: several joined into one hold the lines of all. */
export function linesOf(records: readonly Uint8Array[]): readonly string[] {
  return records.flatMap((record) => new TextDecoder().decode(record).split('\n'))
}

/** A compaction of lines: one record of all, and a segment of those that are in none. */
export function joinedLines(updates: readonly Uint8Array[], past?: Past): Compacted {
  const join = (records: readonly Uint8Array[]): Uint8Array => new TextEncoder().encode(linesOf(records).join('\n'))
  const compacted = { snapshot: join(updates), damaged: [] }
  if (past === undefined) return compacted
  const fresh = past.records.flatMap(({ update, at }) => (at === 'folded' ? [] : [update]))
  const kept = past.segments.map(({ id }) => ({ id }))
  const added = fresh.length === 0 ? [] : [{ from: past.now, to: past.now, edits: fresh.length, update: join(fresh) }]
  return { ...compacted, segments: [...kept, ...added] }
}

/** All lines of a history, and how many segments cannot be read. */
export async function historyOf(
  past: Past,
): Promise<{ readonly lines: readonly string[]; readonly unreadable: number }> {
  const segments = await Promise.all(past.segments.map(({ id }) => past.read(id)))
  const readable = segments.filter((segment) => segment !== null)
  const isContinued = segments.length > 0
  const rest = past.records.flatMap(({ update, at }) => (at === 'folded' && isContinued ? [] : [update]))
  return { lines: linesOf([...readable, ...rest]), unreadable: segments.length - readable.length }
}
