/** What the index of a history tells without its log. */
import type { HistoryOutline, Retention, Seconds } from '../ports/history-storage.ts'

const secondsPerDay = 86_400

/** What was written before that is not kept. */
export function horizonOf(retention: Retention, now: Seconds): Seconds {
  return typeof retention === 'object' ? now - retention.days * secondsPerDay : -Infinity
}

/** Whether it holds more than it should: only a compaction takes that away [HI2]. */
export function isOverdue({ retention, segments }: HistoryOutline, now: Seconds): boolean {
  const horizon = horizonOf(retention, now)
  return segments.some(({ to, edits }) => edits > 0 && to < horizon)
}

/** Bytes of its segments. */
export function bytesOf({ segments }: Pick<HistoryOutline, 'segments'>): number {
  return segments.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0)
}
