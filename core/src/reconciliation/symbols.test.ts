import { describe, expect, it } from 'vitest'
import { SeededRandom } from '../../test/seeded-random.ts'
import type { CodedSymbol } from '../wire/message.ts'
import { checkOf } from './fingerprint.ts'
import { SymbolDecoder } from './symbol-decoder.ts'
import { SymbolEncoder } from './symbol-encoder.ts'
import { SymbolWalk } from './symbol-walk.ts'

const key = new Uint8Array(16).fill(3)
const check = (fingerprint: bigint): number => checkOf(key, fingerprint)

function fingerprints(random: SeededRandom, count: number): bigint[] {
  return Array.from({ length: count }, () => {
    const bytes = random.bytes(8)
    return new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(0)
  })
}

/** Two sets that share some, and the decoder that stands between them. */
function sets(seed: number, sizes: { readonly shared: number; readonly ours: number; readonly theirs: number }) {
  const random = new SeededRandom(seed)
  const shared = fingerprints(random, sizes.shared)
  const [onlyOwn, onlyTheirs] = [fingerprints(random, sizes.ours), fingerprints(random, sizes.theirs)]
  const own = new Map([...shared, ...onlyOwn].map((one) => [one, true]))
  const theirs = new SymbolEncoder([...shared, ...onlyTheirs], check)
  const encoder = new SymbolEncoder(own.keys(), check)
  const theirSize = sizes.shared + sizes.theirs
  return { onlyOwn, onlyTheirs, theirs, decoder: new SymbolDecoder({ own, encoder, checkOf: check, theirSize }) }
}

/** Symbols one by one until they tell; how many it took. */
function decodeAll(one: ReturnType<typeof sets>): number {
  for (;;) {
    const result = one.decoder.add(one.theirs.symbols(one.decoder.length, 1))
    if (result === null) continue
    if (result === 'nonsense') throw new Error(result)
    expect(new Set(result.onlyOwn)).toEqual(new Set(one.onlyOwn))
    expect(new Set(result.onlyTheirs)).toEqual(new Set(one.onlyTheirs))
    return one.decoder.length
  }
}

describe('[CA7] coded symbols', () => {
  it('[CA7] each fingerprint is in the first, and in symbol i about once in 1 + i/2', () => {
    const random = new SeededRandom(1)
    const counts = Array.from({ length: 200 }, () => 0)
    for (const one of fingerprints(random, 20_000)) {
      for (const walk = new SymbolWalk(one); walk.index < counts.length; walk.advance()) counts[walk.index]!++
    }
    expect(counts[0]).toBe(20_000)
    for (const index of [1, 2, 10, 50, 199]) {
      const expected = 20_000 / (1 + index / 2)
      expect(Math.abs(counts[index]! - expected)).toBeLessThan(5 * Math.sqrt(expected))
    }
  })

  it('[CA7] the walk is the same on every peer', () => {
    const steps = (fingerprint: bigint): number[] => {
      const walk = new SymbolWalk(fingerprint)
      return Array.from({ length: 6 }, () => (walk.advance(), walk.index))
    }
    expect([steps(0x0123456789abcdefn), steps(0n), steps(2n ** 64n - 1n)]).toMatchInlineSnapshot(`
      [
        [
          1,
          4,
          10,
          20,
          25,
          61,
        ],
        [
          1,
          2,
          4,
          11,
          13,
          26,
        ],
        [
          1,
          3,
          5,
          10,
          14,
          116,
        ],
      ]
    `)
  })

  it('[CA7] the stream of a set is always the same, in whatever pieces it is asked for', () => {
    const all = fingerprints(new SeededRandom(2), 300)
    const [one, other] = [new SymbolEncoder(all, check), new SymbolEncoder(all.toReversed(), check)]
    const pieces = [...one.symbols(0, 1), ...one.symbols(1, 40), ...one.symbols(41, 59)]
    expect(other.symbols(0, 100)).toEqual(pieces)
    expect(one.symbols(10, 5)).toEqual(pieces.slice(10, 15))
  })

  it.each([
    [0, 0],
    [1, 0],
    [0, 1],
    [10, 10],
    [300, 0],
    [0, 300],
    [150, 200],
  ])('[CA7] %i only here and %i only there are told from symbols, about 1.4 of each', (ours, theirs) => {
    const difference = ours + theirs
    let used = 0
    for (let seed = 0; seed < 10; seed++) used += decodeAll(sets(100 + seed, { shared: 500, ours, theirs }))
    expect(used / 10).toBeLessThan(Math.max(12, difference * (difference < 100 ? 2.2 : 1.6)))
  })

  it('[CA7] how many differ is known roughly from the first symbols', () => {
    for (const [ours, theirs] of [
      [10, 10],
      [100, 100],
      [2_000, 2_000],
      [0, 1_000],
    ] as const) {
      const one = sets(7, { shared: 1_000, ours, theirs })
      one.decoder.add(one.theirs.symbols(0, 96))
      expect(one.decoder.estimate / (ours + theirs)).toBeGreaterThan(0.5)
      expect(one.decoder.estimate / (ours + theirs)).toBeLessThan(2)
    }
  })

  it('[CA7] 10,000 fingerprints of which 10 are others: so many symbols that 96 are enough', () => {
    const used = Array.from({ length: 20 }, (_, seed) => decodeAll(sets(seed, { shared: 9_990, ours: 10, theirs: 10 })))
    console.log(`10,000 documents, 10 changed: ${used.reduce((a, b) => a + b) / used.length} symbols on average`)
    expect(Math.max(...used)).toBeLessThanOrEqual(96)
  })
})

describe('[CA8] symbols that are none', () => {
  const random = new SeededRandom(9)
  const noise = (count: number): CodedSymbol[] =>
    fingerprints(random, count).map((sum) => ({ sum, check: random.below(2 ** 32), count: random.below(5) - 2 }))

  it('[CA8] noise is never taken for a difference, and ends', () => {
    const one = sets(1, { shared: 300, ours: 0, theirs: 0 })
    for (let round = 0; round < 20; round++) expect([null, 'nonsense']).toContain(one.decoder.add(noise(50)))
  })

  it('[CA8] symbols made so that taking one away brings it back elsewhere end, too', () => {
    const one = sets(2, { shared: 300, ours: 0, theirs: 0 })
    const [planted] = fingerprints(random, 1)
    // The same fingerprint in every symbol, whether or not it belongs there.
    const symbols = one.theirs.symbols(0, 60).map((symbol) => ({
      sum: symbol.sum ^ planted!,
      check: (symbol.check ^ check(planted!)) >>> 0,
      count: symbol.count + 1,
    }))
    expect(one.decoder.add(symbols)).toBe('nonsense')
  })

  it('[CA8] a difference that claims what we do not have, or denies what we have, is none', () => {
    const one = sets(3, { shared: 300, ours: 1, theirs: 0 })
    const [stranger] = fingerprints(random, 1)
    // Their stream less a fingerprint that is not ours: it comes out as ours alone.
    const less = new SymbolEncoder([stranger!], check).symbols(0, 60)
    const symbols = one.theirs.symbols(0, 60).map((symbol, at) => ({
      sum: symbol.sum ^ less[at]!.sum,
      check: (symbol.check ^ less[at]!.check) >>> 0,
      count: symbol.count - less[at]!.count,
    }))
    expect(one.decoder.add(symbols)).toBe('nonsense')
  })
})
