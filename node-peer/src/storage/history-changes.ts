/** What a write does to the history of one document: segments, index and head together. No IO. */
import type { KeptSegment, NewSegment, Retention } from '@knotwork/core'
import {
  encodeIndex,
  indexChecksum,
  segmentChecksum,
  type HistoryIndex,
  type IndexedSegment,
} from './history-values.ts'
import type { LedgerBatch } from './ledger.ts'
import type { DocumentKeys } from './level-keys.ts'

/** [HI1] In the batch that takes the records out of the log. */
export function segmentsIn(
  batch: LedgerBatch,
  keys: DocumentKeys,
  { index, segments }: { readonly index: HistoryIndex; readonly segments: readonly (NewSegment | KeptSegment)[] },
): void {
  const known = new Map(index.segments.map((segment) => [segment.id, segment]))
  let { lastId } = index
  const after = segments.flatMap((segment): readonly IndexedSegment[] => {
    if (!('update' in segment)) {
      const kept = known.get(segment.id)
      known.delete(segment.id)
      return kept === undefined ? [] : [kept]
    }
    const { from, to, edits, update } = segment
    const id = ++lastId
    batch.put(keys.segment(id), update)
    return [{ id, from, to, edits, sizeBytes: update.byteLength, checksum: segmentChecksum(keys, id, update) }]
  })
  for (const id of known.keys()) batch.del(keys.segment(id))
  indexIn(batch, keys, { ...index, lastId, segments: after })
}

/** [HI2] `none` takes what there is. */
export function retentionIn(
  batch: LedgerBatch,
  keys: DocumentKeys,
  change: { readonly index: HistoryIndex; readonly retention: Retention | null; readonly isDropped: boolean },
): void {
  const index = { ...change.index, retention: change.retention }
  if (change.isDropped) segmentsIn(batch, keys, { index, segments: [] })
  else indexIn(batch, keys, index)
}

function indexIn(batch: LedgerBatch, keys: DocumentKeys, index: HistoryIndex): void {
  const head = batch.get(keys.name)?.head ?? null
  if (head === null) return
  if (index.segments.length === 0 && index.retention === null) {
    if (head.index === 0) return
    batch.del(keys.index)
    return batch.setHead(keys.name, { ...head, index: 0 })
  }
  const value = encodeIndex(keys, index)
  batch.put(keys.index, value)
  batch.setHead(keys.name, { ...head, index: indexChecksum(value) })
}
