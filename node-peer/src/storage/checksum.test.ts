import { describe, expect, it } from 'vitest'
import { crc32, crc32c } from './checksum.ts'

const check = Buffer.from('123456789')

describe('checksums', () => {
  it('are those of their definitions', () => {
    expect([crc32(check), crc32c(check)]).toEqual([0xcb_f4_39_26, 0xe3_06_92_83])
    expect([crc32(new Uint8Array(32)), crc32c(new Uint8Array(32))]).toEqual([0x19_0a_55_ad, 0x8a_91_36_aa])
    expect(crc32(new Uint8Array(0))).toBe(0)
  })

  it('go on from where they were, wherever that is', () => {
    const bytes = Buffer.from('some bytes that are longer than eight, and not a multiple of it')
    for (let at = 0; at <= bytes.byteLength; at++) {
      expect(crc32(bytes.subarray(at), crc32(bytes.subarray(0, at)))).toBe(crc32(bytes))
    }
  })
})
