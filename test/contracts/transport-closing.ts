import { assertEqual, fingerprint, testBytes, type ContractCase } from '@knotwork/core/contracts'
import { pause } from './waiting.ts'
import { transportCase, type TransportSubject } from './transport-subject.ts'

/** Long enough for what must not come to come. */
const aWhileMs = 50

export const transportClosingCases: readonly ContractCase<TransportSubject>[] = [
  transportCase('[TR3] the code and the reason of a close arrive, whichever end closes', async (subject) => {
    const [one, two] = [await subject.connectPair(), await subject.connectPair()]
    one.a.link.close(4401, 'a shared token is needed')
    two.b.link.close(1001, 'schläft gleich 👋')
    assertEqual(await one.b.closedOnce(), { code: 4401, reason: 'a shared token is needed' }, 'close at b')
    assertEqual(await two.a.closedOnce(), { code: 1001, reason: 'schläft gleich 👋' }, 'close at a')
  }),

  transportCase('[TR3] the longest reason arrives whole', async (subject) => {
    const { a, b } = await subject.connectPair()
    a.link.close(4400, 'ä'.repeat(60))
    assertEqual(await b.closedOnce(), { code: 4400, reason: 'ä'.repeat(60) }, 'close at b')
  }),

  transportCase('closed comes exactly once at both ends, with the code of the close', async (subject) => {
    const { a, b } = await subject.connectPair()
    a.link.close(4400, 'garbage')
    a.link.close(4401, 'too late')
    assertEqual(await a.closedOnce(), { code: 4400, reason: 'garbage' }, 'close at a')
    assertEqual(await b.closedOnce(), { code: 4400, reason: 'garbage' }, 'close at b')
    a.link.close(1000, 'again')
    b.link.close(1000, 'again')
    await pause(aWhileMs)
    assertEqual([a.closes.length, b.closes.length], [1, 1], 'closes')
  }),

  transportCase('closed comes exactly once when both ends close at the same time', async (subject) => {
    const { a, b } = await subject.connectPair()
    a.link.close(1000, 'a leaves')
    b.link.close(1000, 'b leaves')
    await Promise.all([a.closedOnce(), b.closedOnce()])
    await pause(aWhileMs)
    assertEqual([a.closes.length, b.closes.length], [1, 1], 'closes')
  }),

  transportCase('all that was sent before a close arrives before it', async (subject) => {
    const { a, b } = await subject.connectPair()
    const frames = Array.from({ length: 50 }, (_, index) => testBytes(index, 10_000))
    for (const frame of frames) a.link.send(frame)
    a.link.close(1001, 'leaving')
    await b.closedOnce()
    assertEqual(b.fingerprints, frames.map(fingerprint), 'frames at b')
  }),

  transportCase('nothing follows closed, and sending on a closed link does nothing', async (subject) => {
    const { a, b } = await subject.connectPair()
    b.link.send(testBytes(1, 10))
    await a.receivedCount(1)
    a.link.close(1000, 'done')
    a.link.send(testBytes(2, 10))
    b.link.send(testBytes(3, 10))
    await Promise.all([a.closedOnce(), b.closedOnce()])
    a.link.send(testBytes(4, 10))
    b.link.send(testBytes(5, 10))
    await pause(aWhileMs)
    assertEqual([a.framesAfterClose, b.framesAfterClose], [0, 0], 'frames after closed')
    assertEqual(b.frames.length, 0, 'frames at b')
    assertEqual([a.link.queuedBytes, b.link.queuedBytes], [0, 0], 'queued bytes of closed links')
  }),

  transportCase('a link can be closed as soon as it is open', async (subject) => {
    const { a, b } = await subject.connectPair()
    b.link.close(4529, 'full')
    assertEqual(await a.closedOnce(), { code: 4529, reason: 'full' }, 'close at a')
    await b.closedOnce()
  }),
]
