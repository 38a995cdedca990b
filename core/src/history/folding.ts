/**
 * What a compaction does to a document's history (PROTOCOL.md [HI1], [HI2]): the records it takes out of the log go on as segments,
 * and what is older than the retention becomes the one state the history begins with, without what was deleted from it.
 */
import * as Y from 'yjs'
import { limits } from '../limits.ts'
import type { KeptSegment, NewSegment, Past, Seconds, StoredSegment } from '../ports/history-storage.ts'
import { inspect } from '../replica/gate.ts'
import { ownLimits } from '../replica/compaction.ts'
import { horizonOf } from './outline.ts'
import { beginningOf, hasSegments, logOf, type Group } from './sessions.ts'

/** Lets others run when this has taken long enough. */
export type Breathe = () => Promise<void>

type Segments = readonly (NewSegment | KeptSegment)[]

/** All segments from now on. */
export async function fold(past: Past, breathe: Breathe): Promise<Segments> {
  if (past.retention === 'none') return []
  const isWhole = await areReadable(past, breathe)
  return foldOnto(isWhole ? past : { ...past, isDamaged: true }, breathe)
}

/** Of a history with a hole nothing after it can be shown: it begins anew with what the log holds. */
async function areReadable(past: Past, breathe: Breathe): Promise<boolean> {
  for (const { id } of past.segments) {
    if ((await past.read(id)) === null) return false
    await breathe()
  }
  return true
}

async function foldOnto(past: Past, breathe: Breathe): Promise<Segments> {
  const log = logOf(past)
  const horizon = horizonOf(past.retention, past.now)
  const kept = hasSegments(past) ? past.segments : []
  const isOver = (span: { readonly to: Seconds }): boolean => span.to < horizon
  // Nothing in it is young enough: the log itself holds the one state that is left.
  if (kept.every(isOver) && log.groups.every(isOver)) return []
  const fresh: NewSegment[] = []
  for (const group of log.groups) fresh.push(await segmentOf(group, breathe))
  if (log.before.length > 0) {
    const at = beginningOf(log, past.now)
    fresh.unshift({ from: at, to: at, edits: 0, update: await merged(log.before, breathe) })
  }
  return expired(past, await thinned(past, [...kept, ...fresh]), isOver)
}

/** [HI2] Of too many segments the older half is joined in pairs; what the history begins with stays what it is. */
async function thinned(
  past: Past,
  segments: readonly (NewSegment | StoredSegment)[],
): Promise<readonly (NewSegment | StoredSegment)[]> {
  if (segments.length <= limits.segmentsMax) return segments
  const first = segments[0]?.edits === 0 ? 1 : 0
  const half = first + 2 * Math.floor(segments.length / 4)
  const joined: NewSegment[] = []
  for (let at = first; at < half; at += 2) {
    const [one, other] = [segments[at], segments[at + 1]]
    if (one === undefined || other === undefined) return segments
    const updates = [await updateOf(past, one), await updateOf(past, other)].filter((update) => update !== null)
    // It was there a moment ago: another compaction has been here.
    if (updates.length < 2) return segments
    joined.push({ from: one.from, to: other.to, edits: one.edits + other.edits, update: Y.mergeUpdatesV2(updates) })
  }
  return [...segments.slice(0, first), ...joined, ...segments.slice(half)]
}

function updateOf(past: Past, segment: NewSegment | StoredSegment): Promise<Uint8Array | null> {
  return 'update' in segment ? Promise.resolve(segment.update) : past.read(segment.id)
}

/** The segments that are over become one state. */
async function expired(
  past: Past,
  segments: readonly (NewSegment | StoredSegment)[],
  isOver: (span: { readonly to: Seconds }) => boolean,
): Promise<Segments> {
  const firstYoung = segments.findIndex((segment) => !isOver(segment))
  const young: Segments = segments.slice(firstYoung).map(unlessNew)
  const old = segments.slice(0, firstYoung)
  const [only] = old
  if (only === undefined) return young
  if (old.length === 1 && only.edits === 0) return [unlessNew(only), ...young]
  // Collected: what was deleted by then is nowhere any more.
  const doc = new Y.Doc()
  for (const segment of old) {
    const update = await updateOf(past, segment)
    // The log still has everything; only how it came about is lost.
    if (update === null) return []
    Y.applyUpdateV2(doc, update)
  }
  const at = old.at(-1)?.to ?? past.now
  const update = Y.encodeStateAsUpdateV2(doc)
  doc.destroy()
  return [{ from: at, to: at, edits: 0, update }, ...young]
}

function unlessNew(segment: NewSegment | StoredSegment): NewSegment | KeptSegment {
  return 'update' in segment ? segment : { id: segment.id }
}

async function segmentOf({ from, to, edits, records }: Group, breathe: Breathe): Promise<NewSegment> {
  return { from, to, edits, update: await merged(records, breathe) }
}

/**
 * As a tree: the time it takes is quadratic in the number of those merged at once (YJS trap 4). Nothing is collected. In v1, as the
 * log has it, until the end: to convert each record costs as much as all the merging.
 */
async function merged(records: readonly Uint8Array[], breathe: Breathe): Promise<Uint8Array> {
  let level: Uint8Array[] = []
  for (const record of records) {
    if (inspect(record, ownLimits).ok) level.push(record)
    await breathe()
  }
  while (level.length > 1) {
    const above: Uint8Array[] = []
    for (let at = 0; at < level.length; at += limits.updatesJoinedMax) {
      above.push(Y.mergeUpdates(level.slice(at, at + limits.updatesJoinedMax)))
      await breathe()
    }
    level = above
  }
  return level[0] === undefined ? emptyUpdate : Y.convertUpdateFormatV1ToV2(level[0])
}

const emptyUpdate = Y.encodeStateAsUpdateV2(new Y.Doc())
