import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { fromHex, hex, joined, mutated, varUint } from '../../test/bytes.ts'
import { anyMessage } from '../../test/messages.ts'
import { SeededRandom } from '../../test/seeded-random.ts'
import { digestFrom } from '../ids.ts'
import { limits } from '../limits.ts'
import { decodeMessage, encodeMessage } from './codec.ts'
import { encodeBody, frameOf } from './document-codec.ts'
import { messageType } from './message-type.ts'
import type { DocumentMessage, LinkMessage } from './message.ts'

type Pieces = readonly (Uint8Array | readonly number[])[]

const digest = digestFrom(fromHex('0123456789abcdef'))
const emptyHave = joined([1, 0], digest)

function decoded(frame: Uint8Array): LinkMessage {
  const result = decodeMessage(frame)
  if (!result.ok || result.value.type === 'skipped') throw new Error(`not a message: ${JSON.stringify(result)}`)
  return result.value
}

function whyRefused(...pieces: Pieces): string {
  const result = decodeMessage(joined(...pieces))
  if (result.ok) throw new Error(`was taken: ${result.value.type}`)
  return result.error
}

describe('[WI1] one frame, one message', () => {
  it('[WI1] [WI3] every message is read as it was written', () => {
    fc.assert(
      fc.property(anyMessage, (message) => {
        expect(decoded(encodeMessage(message))).toEqual(message)
      }),
      { numRuns: 2_000, seed: 1 },
    )
  })

  it('[WI1] a message that is cut anywhere is an error with a sentence', () => {
    fc.assert(
      fc.property(anyMessage, fc.nat(), (message, at) => {
        // A part ends where its frame ends: a shorter one is a part, too.
        if (message.type === 'part') return
        const frame = encodeMessage(message)
        const cutAt = at % frame.byteLength
        // A last field that older peers do not write may be missing as a whole.
        const inner = message.type === 'document' ? message.message : undefined
        const isOptional = inner !== undefined && 'reach' in inner && inner.reach !== undefined
        if (isOptional && cutAt === frame.byteLength - varUint(inner.reach).length) return
        expect(whyRefused(frame.subarray(0, cutAt))).toMatch(/\S/)
      }),
      { numRuns: 1_000, seed: 2 },
    )
  })

  it('[WI1] a cut message in a pooled buffer is an error too, and takes nothing from its neighbour in the pool', () => {
    const frame = encodeMessage({ type: 'document', number: 1, message: { type: 'presence', states: digest } })
    const pool = joined(frame.subarray(0, 4), new Uint8Array(64).fill(0x41))
    expect(decodeMessage(pool.subarray(0, 4)).ok).toBe(false)
  })

  it('[WI1] 20,000 random and damaged frames never throw, and never give more than a small multiple of themselves', () => {
    const random = new SeededRandom(3)
    const samples = fc.sample(anyMessage, { numRuns: 500, seed: 4 }).map(encodeMessage)
    const outcomes = { message: 0, skipped: 0, error: 0 }
    const outliers: { readonly frame: string; readonly weight: number }[] = []
    for (let round = 0; round < 20_000; round++) {
      const frame = round % 4 === 0 ? random.bytes(random.below(80)) : mutated(random.pick(samples), random)
      const result = decodeMessage(frame)
      if (!result.ok) outcomes.error++
      else outcomes[result.value.type === 'skipped' ? 'skipped' : 'message']++
      const weight = weightOf(result.ok ? result.value : result.error)
      if (weight === 0 || weight > 128 + 16 * frame.byteLength) outliers.push({ frame: hex(frame), weight })
    }
    expect(outliers).toEqual([])
    // The frames were worth trying: many got far, many did not.
    expect(Math.min(outcomes.message, outcomes.skipped, outcomes.error)).toBeGreaterThan(400)
  })

  it('[WI1] an empty frame is an error', () => {
    expect(whyRefused([])).toMatch(/\S/)
  })

  it('[WI1] a number of more than 53 bits is an error', () => {
    expect(whyRefused([messageType.ping], [255, 255, 255, 255, 255, 255, 255, 31])).toMatch(/\S/)
    expect(whyRefused([messageType.ping], new Uint8Array(20).fill(255))).toMatch(/\S/)
  })
})

/** Roughly what a decoded message costs: bytes, characters, and something for each thing in a list. */
function weightOf(value: unknown): number {
  if (value instanceof Uint8Array) return 8 + value.byteLength
  if (typeof value === 'string') return value.length
  if (Array.isArray(value)) return value.reduce<number>((sum, item) => sum + 8 + weightOf(item), 0)
  if (typeof value !== 'object' || value === null) return 1
  return Object.entries(value).reduce((sum, [, item]) => sum + weightOf(item), 0)
}

describe('[WI8] limits are checked before anything is read', () => {
  const huge = varUint(2 ** 40)

  it.each<[string, Pieces]>([
    ['features', [[messageType.hello], [1], new Uint8Array(72)]],
    ['updates', [[messageType.updates], [1], [1]]],
    ['fingerprints', [[messageType.catalogue]]],
    ['fingerprints that differ', [[messageType.differ]]],
    ['coded symbols', [[messageType.symbols], [1], [0]]],
  ])('[WI1] [WI8] a list that claims 2^40 %s costs nothing', (_what, head) => {
    expect(whyRefused(...head, huge)).toContain('the limit is')
  })

  it.each<[string, Pieces]>([
    ['a feature', [[messageType.hello], [1], new Uint8Array(72), [1]]],
    ['a signature', [[messageType.prove]]],
    ['a token proof', [[messageType.prove], [64], new Uint8Array(64)]],
    ['a name', [[messageType.open], [1]]],
    ['a state vector', [[messageType.have], [1]]],
    ['a missing update', [[messageType.missing], [1], [1], digest]],
    ['an update', [[messageType.updates], [1], [1], [1]]],
    ['presence', [[messageType.presence], [1]]],
  ])('[WI1] [WI8] %s that claims 2^40 bytes costs nothing', (_what, head) => {
    expect(whyRefused(...head, huge)).toContain('the limit is')
  })

  it('[WI8] each list has its own limit, and holds as many as that', () => {
    const features = Array.from({ length: limits.featuresMax }, () => [1, 97]).flat()
    const hello = [[messageType.hello], [1], new Uint8Array(72)]
    expect(decoded(joined(...hello, varUint(limits.featuresMax), features)).type).toBe('hello')
    expect(whyRefused(...hello, varUint(limits.featuresMax + 1), features, [1, 97])).toContain('the limit is 64')

    const updates = (count: number): Pieces => [
      [messageType.updates, 1, 1],
      varUint(count),
      Array.from({ length: count }, () => 0),
    ]
    expect(decoded(joined(...updates(limits.updatesPerMessageMax))).type).toBe('document')
    expect(whyRefused(...updates(limits.updatesPerMessageMax + 1))).toContain('the limit is 1000')

    const listed = (count: number): Pieces => [[messageType.catalogue], varUint(count), new Uint8Array(8 * count)]
    expect(decoded(joined(...listed(limits.catalogueItemsMax))).type).toBe('catalogue')
    expect(whyRefused(...listed(limits.catalogueItemsMax + 1))).toContain('the limit is 100000')

    const coded = (count: number): Pieces => [[messageType.symbols, 1, 0], varUint(count), new Uint8Array(13 * count)]
    expect(decoded(joined(...coded(limits.catalogueSymbolsMax))).type).toBe('symbols')
    expect(whyRefused(...coded(limits.catalogueSymbolsMax + 1))).toContain('the limit is 16384')
  })

  it('[WI8] a field above its limit is refused although all of its bytes are there', () => {
    const name = (size: number): Pieces => [
      [messageType.open, 1],
      varUint(size),
      new Uint8Array(size).fill(97),
      emptyHave,
    ]
    expect(decoded(joined(...name(limits.documentNameBytesMax))).type).toBe('open')
    expect(whyRefused(...name(limits.documentNameBytesMax + 1))).toContain('the limit is 1024')

    const feature = (size: number): Pieces => [
      [messageType.hello, 1],
      new Uint8Array(72),
      [1, size],
      new Uint8Array(size).fill(97),
    ]
    expect(decoded(joined(...feature(limits.featureBytesMax))).type).toBe('hello')
    expect(whyRefused(...feature(limits.featureBytesMax + 1))).toContain('the limit is 64')

    expect(whyRefused([messageType.prove, 65], new Uint8Array(65), [0])).toContain('the limit is 64')
    expect(whyRefused([messageType.prove, 0, 33], new Uint8Array(33))).toContain('the limit is 32')

    const update = new Uint8Array(limits.liveUpdateBytesMax + 1)
    const tooLong = encodeMessage(about({ type: 'updates', sequence: 1, updates: [update] }))
    expect(decodeMessage(tooLong).ok).toBe(false)
    const presence = encodeMessage(about({ type: 'presence', states: new Uint8Array(limits.frameBytesMax + 1) }))
    expect(decodeMessage(presence).ok).toBe(false)
  })

  it('[WI8] text that is no UTF-8 is refused', () => {
    expect(whyRefused([messageType.open, 1, 2, 0xc3, 0x28], emptyHave)).toMatch(/\S/)
    expect(whyRefused([messageType.open, 1, 3, 0xed, 0xa0, 0x80], emptyHave)).toMatch(/\S/)
  })
})

function about(message: DocumentMessage): LinkMessage {
  return { type: 'document', number: 1, message }
}

describe('how later versions speak', () => {
  it('[WI5] bytes after the last field are ignored', () => {
    fc.assert(
      fc.property(anyMessage, fc.uint8Array({ minLength: 1, maxLength: 20 }), (message, extra) => {
        if (message.type === 'part') return
        // Without its last field what follows is read as that.
        const { message: inner } = message.type === 'document' ? message : { message: undefined }
        if ((inner?.type === 'updates' || inner?.type === 'presence') && inner.reach === undefined) return
        expect(decoded(joined(encodeMessage(message), extra))).toEqual(message)
      }),
      { numRuns: 1_000, seed: 5 },
    )
  })

  it('[WI4] a message of an unknown type is no error', () => {
    const known = new Set<number>(Object.values(messageType))
    for (const type of [5, 6, 7, 22, 23, 28, 127, 128, 2 ** 40]) {
      expect(known.has(type)).toBe(false)
      const frame = joined(varUint(type), [1, 2, 3])
      expect(decodeMessage(frame)).toEqual({ ok: true, value: { type: 'skipped', messageType: type } })
    }
  })

  it('[WI2] of a hello in another version only the version is read, whatever follows', () => {
    for (const version of [0, 2, 300, 2 ** 40]) {
      const frame = joined([messageType.hello], varUint(version), [9, 9])
      expect(decoded(frame)).toMatchObject({ type: 'hello', version })
    }
  })

  it('[WI5] a reason to decline that this version does not know counts as absent', () => {
    expect(decoded(joined([messageType.decline, 1, 99]))).toEqual({ type: 'decline', yours: 1, reason: 'absent' })
  })
})

describe('[BR2] what goes to many', () => {
  it('[BR2] has one body for all; type, number and sequence stand before it', () => {
    const messages: readonly DocumentMessage[] = [
      { type: 'have', have: { stateVector: Uint8Array.of(0), deletes: digest } },
      { type: 'digest', sequence: 300, digest, answer: true },
      { type: 'missing', sequence: 300, digest, update: digest },
      { type: 'updates', sequence: 300, updates: [digest, digest] },
      { type: 'stored', sequence: 300 },
      { type: 'presence', states: digest },
      { type: 'presenceQuery' },
      { type: 'reach', version: 300, known: 2, names: [1n, 2n ** 64n - 1n] },
    ]
    for (const message of messages) {
      const body = encodeBody(message)
      const sequence = 'sequence' in message ? varUint(300) : []
      expect(frameOf(5, message, body)).toEqual(joined([messageType[message.type], 5], sequence, body))
      expect(decoded(frameOf(5, message, body))).toEqual({ type: 'document', number: 5, message })
    }
  })

  it('[BR2] [BR8] the list that holds for one neighbour stands behind the body that all share', () => {
    for (const type of ['updates', 'presence'] as const) {
      const rest = type === 'updates' ? { type, sequence: 300, updates: [digest] } : { type, states: digest }
      const message: DocumentMessage = { ...rest, reach: 300 }
      const frame = frameOf(5, message, encodeBody(rest))
      expect(frame).toEqual(joined(frameOf(5, rest, encodeBody(rest)), varUint(300)))
      expect(decoded(frame)).toEqual({ type: 'document', number: 5, message })
    }
  })
})
