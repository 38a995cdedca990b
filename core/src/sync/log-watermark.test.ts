import { describe, expect, it } from 'vitest'
import { limits } from '../limits.ts'
import { LogWatermark } from './log-watermark.ts'

const { storageRetryFirstMs, storageRetryMaxMs, unloggedBytesMax, compactRecordsMin } = limits
const update = (fill: number, size = 1): Uint8Array => new Uint8Array(size).fill(fill)
const [a, b, c] = [update(1), update(2), update(3)]

describe('[ST2] how far the log holds what the replica holds', () => {
  it('[ST2] a mark is durable when the append that contains it has resolved, not before', () => {
    const log = new LogWatermark()
    expect([log.written, log.durable, log.isSettled]).toEqual([0, 0, true])
    expect(log.push(a)).toBe(1)
    expect([log.written, log.durable, log.isSettled]).toEqual([1, 0, false])
    expect(log.next(0)?.updates).toEqual([a])
    expect([log.durable, log.isSettled]).toEqual([0, false])
    log.stored()
    expect([log.durable, log.isSettled]).toEqual([1, true])
  })

  it('[ST2] one append at a time; the next takes all that has gathered meanwhile', () => {
    const log = new LogWatermark()
    log.push(a)
    expect(log.next(0)?.updates).toEqual([a])
    log.push(b)
    log.push(c)
    expect(log.next(0)).toBeNull()
    log.stored()
    expect([log.durable, log.written]).toEqual([1, 3])
    expect(log.next(0)).toEqual({ updates: [b, c], through: 3 })
    log.stored()
    expect([log.durable, log.next(0)]).toEqual([3, null])
  })

  it('[ST2] what is pushed during an append is not durable with it', () => {
    const log = new LogWatermark()
    log.push(a)
    log.next(0)
    log.push(b)
    log.stored()
    expect([log.durable, log.isSettled]).toEqual([1, false])
  })

  it('[ST1] an answer to no append changes nothing', () => {
    const log = new LogWatermark()
    log.push(a)
    log.stored()
    expect(log.durable).toBe(0)
  })
})

describe('[ST3] failed appends', () => {
  it('[ST3] are shown, and tried again in order with what came since', () => {
    const log = new LogWatermark()
    log.push(a)
    log.next(0)
    log.push(b)
    log.failed('disk full', 1_000)
    expect([log.fault, log.durable, log.retryAt]).toEqual(['disk full', 0, 1_000 + storageRetryFirstMs])
    expect(log.next(1_000 + storageRetryFirstMs - 1)).toBeNull()
    expect(log.next(1_000 + storageRetryFirstMs)).toEqual({ updates: [a, b], through: 2 })
    expect(log.retryAt).toBeNull()
    log.stored()
    expect([log.fault, log.durable]).toEqual([null, 2])
  })

  it('[ST3] with waits that double up to a limit, and begin anew after a success', () => {
    const log = new LogWatermark()
    const waits: number[] = []
    let now = 0
    log.push(a)
    for (let round = 0; round < 8; round++) {
      log.next(now)
      log.failed('why', now)
      waits.push((log.retryAt ?? 0) - now)
      now = log.retryAt ?? 0
    }
    expect(waits).toEqual([500, 1_000, 2_000, 4_000, 8_000, storageRetryMaxMs, storageRetryMaxMs, storageRetryMaxMs])
    log.next(now)
    log.stored()
    log.push(b)
    log.next(now)
    log.failed('why', now)
    expect((log.retryAt ?? 0) - now).toBe(storageRetryFirstMs)
  })

  it('[ST3] it is full when more than unloggedBytesMax waits, under way or not', () => {
    const log = new LogWatermark()
    log.push(update(1, unloggedBytesMax))
    expect(log.isFull).toBe(false)
    log.next(0)
    log.push(a)
    expect(log.isFull).toBe(true)
    log.failed('why', 0)
    expect(log.isFull).toBe(true)
    log.next(storageRetryFirstMs)
    log.stored()
    expect(log.isFull).toBe(false)
  })
})

describe('[ST4] when compaction is worth it', () => {
  /** A log with `count` records of `size` bytes each on disk. */
  function logOf(count: number, size = 10): LogWatermark {
    const log = new LogWatermark()
    log.loaded(Array.from({ length: count }, () => update(1, size)))
    return log
  }

  it('[ST4] not before there are compactRecordsMin records', () => {
    expect(logOf(compactRecordsMin - 1).isDueForCompaction).toBe(false)
    expect(logOf(compactRecordsMin).isDueForCompaction).toBe(true)
    const grown = logOf(compactRecordsMin - 1)
    grown.push(a)
    expect(grown.isDueForCompaction).toBe(false)
    grown.next(0)
    grown.stored()
    expect(grown.isDueForCompaction).toBe(true)
  })

  it('[ST4] nor before they have grown to half of the last snapshot', () => {
    const log = new LogWatermark()
    const snapshot = update(1, 2_000)
    log.loaded([snapshot, ...Array.from({ length: compactRecordsMin }, () => a)])
    expect(log.isDueForCompaction).toBe(false)
    log.push(update(2, 1_000 - compactRecordsMin - 1))
    log.next(0)
    log.stored()
    expect(log.isDueForCompaction).toBe(false)
    log.push(a)
    log.next(0)
    log.stored()
    expect(log.isDueForCompaction).toBe(true)
  })

  it('[ST4] not while one is under way or the storage fails, and only after new growth', () => {
    const log = logOf(compactRecordsMin)
    log.compacting()
    expect(log.isDueForCompaction).toBe(false)
    log.compacted(100)
    expect(log.isDueForCompaction).toBe(false)
    for (let count = 0; count < compactRecordsMin; count++) log.push(a)
    log.next(0)
    log.failed('why', 0)
    expect(log.isDueForCompaction).toBe(false)
    log.next(storageRetryFirstMs)
    log.stored()
    expect(log.isDueForCompaction).toBe(true)
  })

  it('[ST4] one that replaced nothing is tried again after as much growth', () => {
    const log = logOf(compactRecordsMin)
    log.compacting()
    log.compacted(null)
    expect(log.isDueForCompaction).toBe(false)
    for (let count = 0; count < compactRecordsMin; count++) log.push(update(1, 10))
    log.next(0)
    log.stored()
    expect(log.isDueForCompaction).toBe(true)
  })
})
