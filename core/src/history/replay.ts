/** A document as it was: the history up to a moment, applied in its order (PROTOCOL.md [HI3]). */
import * as Y from 'yjs'
import { KnotworkError } from '../errors.ts'
import type { Past, Seconds } from '../ports/history-storage.ts'
import { inspect } from '../replica/gate.ts'
import { ownLimits } from '../replica/compaction.ts'
import { beginningOf, hasSegments, logOf } from './sessions.ts'

/**
 * The state after the last session that had ended at `moment`, as one update (v1); null when the history begins later.
 *
 * @throws KnotworkError `storage` when a part of the history before that moment is damaged.
 */
export async function stateAt(past: Past, moment: Seconds): Promise<Uint8Array | null> {
  const doc = new Y.Doc()
  try {
    const pieces = (await takeSegments(doc, past, moment)) + takeLog(doc, past, moment)
    if (pieces === 0) return null
    if (doc.store.pendingStructs !== null || doc.store.pendingDs !== null) throw damaged()
    return Y.encodeStateAsUpdate(doc)
  } finally {
    doc.destroy()
  }
}

async function takeSegments(doc: Y.Doc, past: Past, moment: Seconds): Promise<number> {
  const segments = hasSegments(past) ? past.segments.filter(({ to }) => to <= moment) : []
  for (const { id } of segments) {
    const update = await past.read(id)
    if (update === null) throw damaged()
    Y.applyUpdateV2(doc, update)
  }
  return segments.length
}

function takeLog(doc: Y.Doc, past: Past, moment: Seconds): number {
  const log = logOf(past)
  const before = beginningOf(log, past.now) <= moment ? log.before : []
  const after = log.groups.filter(({ to }) => to <= moment).flatMap(({ records }) => records)
  const records = [...before, ...after].filter((record) => inspect(record, ownLimits).ok)
  doc.transact(() => {
    for (const record of records) Y.applyUpdate(doc, record)
  })
  return records.length
}

function damaged(): KnotworkError {
  return new KnotworkError('storage', 'a part of the history before that moment is damaged')
}
