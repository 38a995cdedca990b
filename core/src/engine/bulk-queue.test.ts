import { describe, expect, it } from 'vitest'
import { FakeClock } from '../../test/fake-clock.ts'
import { FakeLink } from '../../test/fake-link.ts'
import { documentName, type DocumentName } from '../ids.ts'
import { limits } from '../limits.ts'
import { BulkQueue } from './bulk-queue.ts'

const { bulkQueueBytes, bulkPollMs, bulkWaitingBytesMax, queueBytesDrained } = limits

function name(text: string): DocumentName {
  const checked = documentName(text)
  if (!checked.ok) throw new Error(checked.error)
  return checked.value
}

const [a, b] = [name('a'), name('b')]
const frame = (size: number, fill = 1): Uint8Array => new Uint8Array(size).fill(fill)

function queue() {
  const [clock, link] = [new FakeClock(), new FakeLink()]
  const seen = { drained: 0, bytes: 0 }
  link.isStuck = true
  const bulk = new BulkQueue({
    clock,
    link,
    sent: (sizeBytes) => (seen.bytes += sizeBytes),
    drained: () => seen.drained++,
  })
  return { clock, link, seen, bulk }
}

describe('[TR8] parts of big messages', () => {
  it('[TR8] are handed to the transport only while it has little queued', () => {
    const { clock, link, seen, bulk } = queue()
    const parts = Array.from({ length: 10 }, (_, index) => frame(bulkQueueBytes / 2, index))
    bulk.add(a, parts)
    const sent = (): readonly unknown[] => link.frames.map((one) => one[0])
    expect(sent()).toEqual([0, 1])
    clock.tick(10 * bulkPollMs)
    expect(link.frames).toHaveLength(2)
    link.drain()
    clock.tick(bulkPollMs)
    expect(sent()).toEqual([0, 1, 2, 3])
    for (let round = 0; round < 4; round++) {
      link.drain()
      clock.tick(bulkPollMs)
    }
    expect([sent(), seen.bytes, clock.waiting]).toEqual([[...parts.keys()], 5 * bulkQueueBytes, 0])
  })

  it('[TR8] it is known which documents have some waiting', () => {
    const { clock, link, bulk } = queue()
    link.queuedBytes = bulkQueueBytes
    bulk.add(a, [frame(1), frame(2)])
    bulk.add(b, [frame(3)])
    bulk.add(a, [frame(4)])
    expect([bulk.holds(a), bulk.holds(b)]).toEqual([true, true])
    link.drain()
    link.isStuck = false
    clock.tick(bulkPollMs)
    expect([bulk.holds(a), bulk.holds(b), link.frames.map((one) => one.byteLength)]).toEqual([
      false,
      false,
      [1, 2, 3, 4],
    ])
  })

  it('[TR8] [WI8] it is full when more than bulkWaitingBytesMax waits', () => {
    const { link, bulk } = queue()
    link.queuedBytes = bulkQueueBytes
    bulk.add(a, [frame(bulkWaitingBytesMax)])
    expect(bulk.isFull).toBe(false)
    bulk.add(a, [frame(1)])
    expect(bulk.isFull).toBe(true)
    bulk.stop()
    expect([bulk.isFull, bulk.holds(a)]).toEqual([false, false])
  })

  it('[BR4] a watched link says once when it has drained', () => {
    const { clock, link, seen, bulk } = queue()
    link.queuedBytes = queueBytesDrained + 1
    bulk.watch()
    clock.tick(10 * bulkPollMs)
    expect(seen.drained).toBe(0)
    link.queuedBytes = queueBytesDrained
    clock.tick(bulkPollMs)
    expect([seen.drained, clock.waiting]).toEqual([1, 0])
    clock.tick(10_000)
    expect(seen.drained).toBe(1)
  })

  it('[BR4] not before its own bulk has gone, too', () => {
    const { clock, link, seen, bulk } = queue()
    link.queuedBytes = bulkQueueBytes
    bulk.add(a, [frame(1)])
    bulk.watch()
    link.drain()
    link.isStuck = false
    expect(seen.drained).toBe(0)
    clock.tick(bulkPollMs)
    expect([seen.drained, link.frames.length]).toEqual([1, 1])
  })

  it('[TR8] a stopped queue sends and says nothing more', () => {
    const { clock, link, seen, bulk } = queue()
    link.queuedBytes = bulkQueueBytes
    bulk.add(a, [frame(1)])
    bulk.watch()
    bulk.stop()
    link.drain()
    clock.tick(10_000)
    expect([link.frames, seen.drained, clock.waiting]).toEqual([[], 0, 0])
  })
})
