import { limits } from '@knotwork/core'
import { assert, assertEqual, fingerprint, testBytes, type ContractCase } from '@knotwork/core/contracts'
import { eventually, pause } from './waiting.ts'
import { transportCase, type TransportSubject } from './transport-subject.ts'

export const transportFrameCases: readonly ContractCase<TransportSubject>[] = [
  transportCase('frames arrive whole and in order, both ways at once', async (subject) => {
    const { a, b } = await subject.connectPair()
    const sizes = [1, 2, 125, 126, 127, 65_535, 65_536, 65_537, 300, 1]
    const toB = sizes.map((size, index) => testBytes(index, size))
    const toA = sizes.toReversed().map((size, index) => testBytes(100 + index, size))
    for (const [index, frame] of toB.entries()) {
      a.link.send(frame)
      b.link.send(toA[index] ?? frame)
    }
    await Promise.all([a.receivedCount(sizes.length), b.receivedCount(sizes.length)])
    assertEqual(b.fingerprints, toB.map(fingerprint), 'frames at b')
    assertEqual(a.fingerprints, toA.map(fingerprint), 'frames at a')
  }),

  transportCase('1,000 small frames sent at once arrive in order', async (subject) => {
    const { a, b } = await subject.connectPair()
    const frames = Array.from({ length: 1_000 }, (_, index) => testBytes(index, 8))
    for (const frame of frames) a.link.send(frame)
    await b.receivedCount(frames.length)
    assertEqual(b.fingerprints, frames.map(fingerprint), 'frames at b')
  }),

  transportCase('a frame of the largest size, and a small one behind it', async (subject) => {
    const { a, b } = await subject.connectPair()
    const frames = [testBytes(1, limits.frameBytesMax), testBytes(2, 3)]
    for (const frame of frames) a.link.send(frame)
    await b.receivedCount(2)
    assertEqual(b.fingerprints, frames.map(fingerprint), 'frames at b')
  }),

  transportCase('a received frame is a plain Uint8Array that later frames do not change', async (subject) => {
    const { a, b } = await subject.connectPair()
    a.link.send(testBytes(1, 40))
    await b.receivedCount(1)
    for (let i = 2; i <= 20; i++) a.link.send(testBytes(i, 40))
    await b.receivedCount(20)
    assertEqual(b.fingerprints[0], fingerprint(testBytes(1, 40)), 'the first frame')
    // A Node Buffer is a Uint8Array whose `slice` shares memory: a trap for whoever decodes it.
    for (const frame of b.frames) assert(Object.getPrototypeOf(frame) === Uint8Array.prototype, 'a plain Uint8Array')
  }),

  transportCase('one frame given to two links arrives at both', async (subject) => {
    const [one, two] = [await subject.connectPair(), await subject.connectPair()]
    const frame = testBytes(1, 5_000)
    one.a.link.send(frame)
    two.a.link.send(frame)
    await Promise.all([one.b.receivedCount(1), two.b.receivedCount(1)])
    assertEqual(fingerprint(frame), fingerprint(testBytes(1, 5_000)), 'the frame at its sender')
    assertEqual([...one.b.fingerprints, ...two.b.fingerprints], [frame, frame].map(fingerprint), 'frames received')
  }),

  transportCase('two links are independent', async (subject) => {
    const [one, two] = [await subject.connectPair(), await subject.connectPair()]
    one.a.link.send(testBytes(1, 10))
    two.a.link.send(testBytes(2, 10))
    two.b.link.send(testBytes(3, 10))
    await Promise.all([one.b.receivedCount(1), two.b.receivedCount(1), two.a.receivedCount(1)])
    one.a.link.close(1000, 'done')
    await one.b.closedOnce()
    two.a.link.send(testBytes(4, 10))
    await two.b.receivedCount(2)
    await pause(20)
    assertEqual(one.b.fingerprints, [testBytes(1, 10)].map(fingerprint), 'frames of the first link')
    assertEqual(two.b.fingerprints, [testBytes(2, 10), testBytes(4, 10)].map(fingerprint), 'frames of the second link')
    assertEqual(two.a.fingerprints, [testBytes(3, 10)].map(fingerprint), 'frames back on the second link')
    assertEqual([two.a.closes.length, two.b.closes.length], [0, 0], 'closes of the second link')
  }),

  transportCase('queuedBytes is 0 at rest and returns to 0 after a burst', async (subject) => {
    const { a, b } = await subject.connectPair()
    assertEqual(a.link.queuedBytes, 0, 'queued before')
    const frame = testBytes(1, 256 * 1024)
    for (let i = 0; i < 16; i++) a.link.send(frame)
    assert(a.link.queuedBytes >= 0 && a.link.queuedBytes <= 17 * frame.byteLength, `queued ${a.link.queuedBytes}`)
    await b.receivedCount(16)
    await eventually(() => a.link.queuedBytes === 0, 'the queue drains')
  }),

  transportCase('a link says what it is', async (subject) => {
    const { a, b } = await subject.connectPair()
    for (const { link } of [a, b]) {
      assert(link.description.length > 0, 'a description')
      assert(link.transport.length > 0, 'the name of its transport')
    }
  }),
]
