/**
 * Some seeds run with small limits: what happens in production at a message of 64 kB, the 500th record or the fourth
 * waiting update happens here with documents of a few hundred bytes. The engine reads `limits` when it needs one, so
 * changing the object for the length of a run is enough.
 */
import { limits } from '@knotwork/core'
import type { Rng } from '../world/random.ts'

export type Limits = { -readonly [Name in keyof typeof limits]: number }
export type SmallLimits = Partial<Limits>

const ranges: Readonly<Partial<Record<keyof Limits, readonly [min: number, max: number]>>> = {
  partBytesMax: [80, 1_000],
  forwardBytesMax: [40, 400],
  updatesPerMessageMax: [1, 3],
  updatesBytesPerMessage: [50, 500],
  bulkQueueBytes: [100, 2_000],
  queueBytesMax: [1_500, 6_000],
  queueBytesMaxForPresence: [300, 1_000],
  queueBytesDrained: [100, 800],
  waitingUpdatesMax: [0, 4],
  waitingBytesMax: [100, 1_000],
  stashedMessagesMax: [1, 5],
  unacknowledgedMax: [2, 6],
  catalogueListMax: [0, 2],
  catalogueOpenAtOnceMax: [1, 2],
  compactRecordsMin: [4, 30],
  idleUnloadMs: [1_000, 12_000],
  unloggedBytesMax: [100, 2_000],
  presenceGoneMax: [2, 6],
  pushBytesMax: [20, 200],
}

export function drawSmallLimits(rng: Rng): SmallLimits {
  const drawn: SmallLimits = {}
  for (const [name, [min, max]] of Object.entries(ranges)) {
    // All are drawn whether or not they are used, so that each seed keeps its values.
    const value = rng.whole(min, max)
    if (rng.chance(0.4)) drawn[name as keyof Limits] = value
  }
  // What has drained must have room for presence, and be no backlog any more.
  const ends = [drawn.queueBytesMaxForPresence, drawn.queueBytesMax].filter((end) => end !== undefined)
  if (ends.length > 0) drawn.queueBytesDrained = Math.min(...ends, drawn.queueBytesDrained ?? limits.queueBytesDrained)
  return drawn
}

/** Puts limits in place; the returned function puts the old ones back. */
export function applyLimits(small: SmallLimits): () => void {
  const current = limits as Limits
  const before = { ...current }
  Object.assign(current, small)
  return () => void Object.assign(current, before)
}
