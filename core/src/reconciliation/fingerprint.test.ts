import { describe, expect, it } from 'vitest'
import { fromHex, hex } from '../../test/bytes.ts'
import { digestFrom, documentName, type DocumentName } from '../ids.ts'
import { checkOf, compareBytes, fingerprintKey, fingerprintOf } from './fingerprint.ts'
import { sipHash } from './sip-hash.ts'

const counting = (count: number): Uint8Array => Uint8Array.from({ length: count }, (_, index) => index)
const key = counting(16)

function name(text: string): DocumentName {
  const checked = documentName(text)
  if (!checked.ok) throw new Error(checked.error)
  return checked.value
}

describe('[CA4] SipHash-2-4', () => {
  // From the definition: key 00 01 .. 0f, input 00 01 .. of that length; the hash with its lowest byte first.
  it.each([
    [0, '310e0edd47db6f72'],
    [1, 'fd67dc93c539f874'],
    [2, '5a4fa9d909806c0d'],
    [7, '37d1018bf50002ab'],
    [8, '6224939a79f5f593'],
    [15, 'e545be4961ca29a1'],
    [63, '724506eb4c328a95'],
  ])('[CA4] %i bytes', (length, expected) => {
    const [low = 0, high = 0] = sipHash(key, counting(length))
    const bytes = new Uint8Array(8)
    new DataView(bytes.buffer).setUint32(0, low, true)
    new DataView(bytes.buffer).setUint32(4, high, true)
    expect(hex(bytes)).toBe(expected)
  })
})

describe('[CA4] fingerprints', () => {
  const nonces = [new Uint8Array(32).fill(7), new Uint8Array(32).fill(9)] as const
  const digest = digestFrom(fromHex('0123456789abcdef'))

  it('[CA4] both sides of a link have the same key, and every link its own', () => {
    const [ours, theirs] = nonces
    expect(fingerprintKey([ours, theirs])).toEqual(fingerprintKey([theirs, ours]))
    expect(fingerprintKey([ours, counting(32)])).not.toEqual(fingerprintKey(nonces))
    expect(hex(fingerprintKey(nonces))).toBe('1d9cf8fe74c07f7f0a4b1dee1cddf651')
  })

  it('[CA4] digest and name under the key, in 64 bits', () => {
    expect(fingerprintOf(key, name('notes/ü'), digest).toString(16)).toBe('79df2091103ea897')
    expect(checkOf(key, fingerprintOf(key, name('notes/ü'), digest)).toString(16)).toBe('265e13b2')
  })

  it('[CA4] another name, digest or key makes another fingerprint', () => {
    const all = [
      fingerprintOf(key, name('a'), digest),
      fingerprintOf(key, name('b'), digest),
      fingerprintOf(key, name('a'), digestFrom(fromHex('0123456789abcdee'))),
      fingerprintOf(fingerprintKey(nonces), name('a'), digest),
    ]
    expect(new Set(all).size).toBe(all.length)
  })

  it('[CA6] of two addresses one is the lesser', () => {
    expect(compareBytes(counting(4), counting(4))).toBe(0)
    expect(compareBytes(Uint8Array.of(1, 2, 255), Uint8Array.of(1, 3, 0))).toBeLessThan(0)
    expect(compareBytes(Uint8Array.of(200), Uint8Array.of(100))).toBeGreaterThan(0)
  })
})
