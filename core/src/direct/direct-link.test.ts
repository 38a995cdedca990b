import { describe, expect, it } from 'vitest'
import { DirectWorld, type DirectEnd, type DirectPeer } from '../../test/direct-world.ts'
import { limits } from '../limits.ts'
import { closeFrame, readClose } from './close-frame.ts'
import { fingerprintsOf } from './fingerprints.ts'

interface Linked {
  readonly world: DirectWorld
  readonly a: DirectPeer
  readonly b: DirectPeer
  readonly here: DirectEnd
  readonly there: DirectEnd
}

async function linked(): Promise<Linked> {
  const world = new DirectWorld()
  const [a, b] = [await world.peer(), await world.peer()]
  await a.dial(b)
  await world.deliverAll()
  return { world, a, b, here: a.ends[0]!, there: b.ends[0]! }
}

const bytes = (sizeBytes: number): Uint8Array => new Uint8Array(sizeBytes).map((_, index) => index)
const sizes = (frames: readonly Uint8Array[]): readonly number[] => frames.map((frame) => frame.byteLength)

describe('pieces', () => {
  it('[TR13] frames of every size around the pieces arrive whole and in order', async () => {
    const { here, there } = await linked()
    const chunk = limits.chunkBytesMax
    const frames = [1, chunk - 2, chunk - 1, chunk, 2 * chunk - 2, 2 * chunk - 1, limits.frameBytesMax].map(bytes)
    for (const frame of frames) here.link.send(frame)
    expect(sizes(there.frames)).toEqual(sizes(frames))
    expect(there.frames.every((frame, index) => Buffer.compare(frame, frames[index]!) === 0)).toBe(true)
  })

  it('[TR13] no piece is above its limit', async () => {
    const { a, here } = await linked()
    a.rtc.roomBytes = 0
    here.link.send(bytes(100_000))
    expect(Math.max(...sizes(a.rtc.last.sent))).toBe(limits.chunkBytesMax)
  })

  it.each([
    ['an empty one', []],
    ['one that is not the last and holds nothing', [0]],
    ['one with another mark', [2, 1, 2]],
  ])('[TR13] %s ends the link with 4400', async (_, chunk) => {
    const { a, here, there } = await linked()
    a.rtc.last.send(Uint8Array.from(chunk))
    expect(there.closes.map(({ code }) => code)).toEqual([4400])
    expect(here.closes.map(({ code }) => code)).toEqual([4400])
  })

  it('[TR13] a frame above the limit ends the link before it is held', async () => {
    const { a, there } = await linked()
    const piece = new Uint8Array(limits.chunkBytesMax)
    for (let i = 0; i <= limits.frameBytesMax / limits.chunkBytesMax + 1; i++) a.rtc.last.send(piece)
    expect(there.closes).toEqual([{ code: 4400, reason: `a frame above ${limits.frameBytesMax} bytes` }])
  })
})

describe('a channel that takes little', () => {
  it('[TR13] is given no more than its limit, and the rest when it has drained', async () => {
    const { a, here, there } = await linked()
    a.rtc.roomBytes = 0
    const frames = Array.from({ length: 8 }, (_, index) => bytes(200_000 + index))
    for (const frame of frames) here.link.send(frame)
    const channel = a.rtc.last
    expect(channel.queuedBytes).toBeLessThanOrEqual(limits.channelQueueBytes + limits.chunkBytesMax)
    expect(here.link.queuedBytes).toBeGreaterThan(8 * 200_000)
    let rounds = 0
    for (; channel.queuedBytes > 0; rounds++) channel.deliver()
    expect(sizes(there.frames)).toEqual(sizes(frames))
    expect(rounds).toBeGreaterThan(4)
    expect(here.link.queuedBytes).toBe(0)
  })

  it('[TR14] a close waits behind what was sent, as long as that goes forward', async () => {
    const { world, a, here, there } = await linked()
    a.rtc.roomBytes = 0
    for (let i = 0; i < 4; i++) here.link.send(bytes(300_000))
    here.link.close(1001, 'leaving')
    expect(here.closes).toEqual([{ code: 1001, reason: 'leaving' }])
    for (let round = 0; round < 10 && there.closes.length === 0; round++) {
      await world.clock.advance(limits.channelCloseMs - 10)
      a.rtc.last.deliver()
    }
    expect(there.frames.length).toBe(4)
    expect(there.closes).toEqual([{ code: 1001, reason: 'leaving' }])
    expect(a.rtc.living).toBe(0)
  })

  it('[TR14] a close is not waited for when the other side reads no more', async () => {
    const { world, a, here } = await linked()
    a.rtc.roomBytes = 0
    here.link.send(bytes(300_000))
    here.link.close(4504, 'silent')
    await world.clock.advance(limits.channelCloseMs)
    expect([a.rtc.living, world.clock.waiting]).toEqual([0, 0])
  })
})

describe('the last frame', () => {
  it('[TR14] says code and reason, once at each end', async () => {
    const { a, b, here, there } = await linked()
    there.link.close(4403, 'schläft 👋')
    there.link.close(1000, 'again')
    here.link.close(1000, 'too late')
    expect([here.closes, there.closes]).toEqual([
      [{ code: 4403, reason: 'schläft 👋' }],
      [{ code: 4403, reason: 'schläft 👋' }],
    ])
    expect([a.rtc.living, b.rtc.living]).toEqual([0, 0])
  })

  it('[TR14] a channel that closes in the middle of a frame is a lost connection, and half a frame is none', async () => {
    const { a, there } = await linked()
    a.rtc.last.send(Uint8Array.from([0, 1, 2, 3]))
    a.rtc.last.close()
    expect(there.frames).toEqual([])
    expect(there.closes).toEqual([{ code: 1006, reason: 'the channel was closed' }])
  })

  it('[TR14] nothing is sent or heard after it', async () => {
    const { a, here, there } = await linked()
    a.rtc.roomBytes = 0
    here.link.close(1000, 'done')
    here.link.send(bytes(3))
    there.link.send(bytes(4))
    a.rtc.last.deliver()
    expect([here.frames, there.frames, here.link.queuedBytes]).toEqual([[], [], 0])
  })

  it('[TR14] is no message of the protocol, and messages are no last frame', () => {
    expect(readClose(closeFrame(4409, 'two'))).toEqual({ code: 4409, reason: 'two' })
    for (const frame of [[], [2, 1], [255, 255], Array.from({ length: 9 }, () => 255)]) {
      expect(readClose(Uint8Array.from(frame))).toBeNull()
    }
    expect(readClose(closeFrame(4409, 'two').subarray(0, 11))).toBeNull()
  })
})

describe('the name of a connection', () => {
  const sdp = (...lines: readonly string[]): string => ['v=0', ...lines, 's=-'].join('\r\n')
  const [one, two] = [sdp('a=fingerprint:sha-256 ab:cd'), sdp('a=fingerprint:SHA-256 01:23', 'a=fingerprint:sha-1 99')]

  it('[TR12] is the same at both ends, whatever the case and the order', () => {
    expect(fingerprintsOf(one, two)).toBe('SHA-1 99,SHA-256 01:23 SHA-256 AB:CD')
    expect(fingerprintsOf(two, one)).toBe(fingerprintsOf(one, two))
  })

  it('[TR12] is empty when one of them has none, and then there is no link', async () => {
    expect([fingerprintsOf(one, sdp()), fingerprintsOf('', two)]).toEqual(['', ''])
    const world = new DirectWorld()
    const [a, b] = [await world.peer(), await world.peer()]
    a.rtc.isNamed = false
    await a.dial(b)
    await world.deliverAll()
    expect([a.ends.length, a.failures]).toEqual([0, ['the connection has no certificates']])
  })
})
