import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { SeededRandom } from '../../test/seeded-random.ts'
import { equalBytes } from '../bytes.ts'
import { limits } from '../limits.ts'
import { decodeMessage, encodeMessage } from './codec.ts'
import { framesOf, Reassembly, type Part } from './parts.ts'

const { partBytesMax, messageBytesMax, partSilenceMs, partialMessagesMax } = limits
const partsMax = messageBytesMax / partBytesMax

function bytesOf(size: number): Uint8Array {
  return Uint8Array.from({ length: size }, (_, at) => (at * 31 + (at >> 8)) & 255)
}

function partsOf(bytes: Uint8Array, message: number): readonly Part[] {
  return [...framesOf(bytes, message)].map((frame) => {
    const result = decodeMessage(frame)
    if (!result.ok || result.value.type !== 'part') throw new Error('not a part')
    return result.value
  })
}

function part(message: number, index: number, count: number, bytes = Uint8Array.of(index)): Part {
  return { type: 'part', message, index, count, bytes }
}

/** What came of parts: the messages that became whole; or the error that ends the link. */
function reassembled(parts: readonly Part[], reassembly = new Reassembly(), now = 0): readonly Uint8Array[] | string {
  const wholes: Uint8Array[] = []
  for (const one of parts) {
    const result = reassembly.add(one, now)
    if (!result.ok) return result.error
    if (result.value !== null) wholes.push(result.value)
  }
  return wholes
}

function wholesOf(parts: readonly Part[]): readonly Uint8Array[] {
  const wholes = reassembled(parts)
  if (typeof wholes === 'string') throw new Error(wholes)
  return wholes
}

describe('cutting', () => {
  it('[WI6] a message of up to partBytesMax is one frame, as it is', () => {
    const bytes = bytesOf(partBytesMax)
    expect([...framesOf(bytes, 1)].map((frame) => equalBytes(frame, bytes))).toEqual([true])
  })

  it('[WI6] a bigger one travels as parts, each a message that fits a frame', () => {
    const bytes = bytesOf(partBytesMax + 1)
    const frames = [...framesOf(bytes, 7)]
    expect(frames).toHaveLength(2)
    for (const frame of frames) expect(frame.byteLength).toBeLessThanOrEqual(limits.frameBytesMax)
    expect(partsOf(bytes, 7)).toMatchObject([
      { message: 7, index: 0, count: 2 },
      { message: 7, index: 1, count: 2 },
    ])
    expect(wholesOf(partsOf(bytes, 7)).map((whole) => equalBytes(whole, bytes))).toEqual([true])
  })

  it('[WI6] the largest message there is fits the largest number of parts', () => {
    const parts = partsOf(new Uint8Array(messageBytesMax), 1)
    expect(parts).toHaveLength(partsMax)
    expect(reassembled(parts)).toHaveLength(1)
  })
})

describe('putting together', () => {
  it('[WI6] parts in any order, any of them twice, of several messages at once', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 1_000_000 }), (seed) => {
        const random = new SeededRandom(seed)
        const counts = Array.from({ length: 1 + random.below(partialMessagesMax) }, () => 2 + random.below(5))
        const parts = counts.flatMap((count, message) =>
          Array.from({ length: count }, (_, index) => part(message, index, count, Uint8Array.of(message, index))),
        )
        const doubled = parts.flatMap((one) => (random.chance(0.4) ? [one, one] : [one]))
        const shuffled = doubled
          .map((one) => ({ one, at: random.fraction() }))
          .toSorted((a, b) => a.at - b.at)
          .map(({ one }) => one)
        const expected = counts.map((count, message) => Array.from({ length: count }, (_, index) => [message, index]))
        const wholes = wholesOf(shuffled).map((whole) => whole.join())
        expect(wholes.toSorted()).toEqual(expected.map((pieces) => pieces.flat().join()))
      }),
      { numRuns: 300, seed: 6 },
    )
  })

  it('[WI6] a part that comes again after its message was whole begins nothing', () => {
    const reassembly = new Reassembly()
    for (let message = 1; message <= 50; message++) {
      expect(reassembled([part(message, 0, 2), part(message, 1, 2)], reassembly)).toHaveLength(1)
      expect(reassembled([part(message, 0, 2)], reassembly)).toEqual([])
    }
  })

  it('[WI6] messages that lost a part keep later ones from nothing: the oldest is given up', () => {
    const reassembly = new Reassembly()
    for (let message = 1; message <= 50; message++) expect(reassembled([part(message, 0, 2)], reassembly)).toEqual([])
    expect(reassembled([part(50, 1, 2)], reassembly)).toHaveLength(1)
  })

  it('[WI6] [WI8] partialMessagesMax messages may be under way, not one more', () => {
    const begin = (count: number): Reassembly => {
      const reassembly = new Reassembly()
      for (let message = 1; message <= count; message++) reassembled([part(message, 0, 2)], reassembly)
      return reassembly
    }
    expect(reassembled([part(1, 1, 2)], begin(partialMessagesMax))).toHaveLength(1)
    expect(reassembled([part(1, 1, 2)], begin(partialMessagesMax + 1))).toHaveLength(0)
    expect(reassembled([part(2, 1, 2)], begin(partialMessagesMax + 1))).toHaveLength(1)
  })

  it('[WI6] a message without news for partSilenceMs is given up', () => {
    const late = new Reassembly()
    reassembled([part(1, 0, 3), part(2, 0, 2)], late, 0)
    reassembled([part(1, 1, 3)], late, partSilenceMs)
    // Message 1 had news at partSilenceMs, message 2 had none.
    expect(reassembled([part(1, 2, 3)], late, 2 * partSilenceMs)).toHaveLength(1)
    expect(reassembled([part(2, 1, 2)], late, 2 * partSilenceMs)).toEqual([])
  })

  it('[WI6] a repeated part is no news', () => {
    const reassembly = new Reassembly()
    reassembled([part(1, 0, 2)], reassembly, 0)
    reassembled([part(1, 0, 2)], reassembly, partSilenceMs)
    expect(reassembled([part(1, 1, 2)], reassembly, partSilenceMs + 1)).toEqual([])
  })

  it('[WI6] parts that contradict one another end the link', () => {
    expect(reassembled([part(1, 0, 2), part(1, 1, 3)])).toContain('contradict')
    expect(reassembled([part(1, 2, 2)])).toContain('contradict')
  })

  it('[WI6] [WI8] more parts than the largest message has are refused before any room is made', () => {
    expect(reassembled([part(1, 0, partsMax)])).toEqual([])
    for (const count of [0, partsMax + 1, 2 ** 40, Number.MAX_SAFE_INTEGER]) {
      expect(reassembled([part(1, 0, count)])).toContain(`the limit is ${partsMax}`)
    }
  })

  it('[WI6] all parts held for one link together never exceed messageBytesMax', () => {
    const reassembly = new Reassembly()
    const megabyte = new Uint8Array(1024 * 1024)
    const perMessage = messageBytesMax / megabyte.byteLength / partialMessagesMax
    for (let message = 1; message <= partialMessagesMax; message++) {
      for (let index = 0; index < perMessage; index++) {
        expect(reassembled([part(message, index, partsMax, megabyte)], reassembly)).toEqual([])
      }
    }
    // One byte more: the message that has been without news for longest makes room.
    const rest = Array.from({ length: partsMax - perMessage }, (_, at) => part(1, perMessage + at, partsMax))
    expect(reassembled(rest, reassembly)).toHaveLength(1)
    const restOf2 = Array.from({ length: partsMax - perMessage }, (_, at) => part(2, perMessage + at, partsMax))
    expect(reassembled(restOf2, reassembly)).toEqual([])
  })

  it('[WI6] [WI8] one message above messageBytesMax ends the link', () => {
    const half = new Uint8Array(messageBytesMax / 2)
    const parts = [part(1, 0, 3, half), part(1, 1, 3, half), part(1, 2, 3, Uint8Array.of(1))]
    expect(reassembled(parts)).toContain('bytes in parts')
  })

  it('[WI6] what was given up or became whole counts no longer', () => {
    const reassembly = new Reassembly()
    const half = new Uint8Array(messageBytesMax / 2)
    for (let message = 1; message <= 6; message++) {
      expect(reassembled([part(message, 0, 2, half), part(message, 1, 2, half)], reassembly)).toHaveLength(1)
    }
    expect(reassembled([part(7, 0, 3, half), part(7, 1, 3, half)], reassembly, 0)).toEqual([])
    expect(reassembled([part(8, 0, 3, half), part(8, 1, 3, half)], reassembly, partSilenceMs + 1)).toEqual([])
  })

  it('[WI6] a part is a message of its own: others pass between them', () => {
    const [first, second] = [...framesOf(bytesOf(partBytesMax + 1), 1)]
    const ping = encodeMessage({ type: 'ping', stamp: 1 })
    const types = [first, ping, second].map((frame = new Uint8Array()) => {
      const result = decodeMessage(frame)
      return result.ok ? result.value.type : 'error'
    })
    expect(types).toEqual(['part', 'ping', 'part'])
  })
})
