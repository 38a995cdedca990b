import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { documentName, peerId, publicKeyOf } from './ids.ts'

describe('[WI9] names of documents', () => {
  it.each(['..', '.', '/', '__proto__', 'constructor', '%2F', 'a\nb', '\0', ' ', 'ünï/日記 📓', '\u{10ffff}', '﻿'])(
    '[WI9] %j is a name',
    (name) => {
      expect(documentName(name)).toEqual({ ok: true, value: name })
    },
  )

  it('[WI9] any well-formed text of up to 1024 bytes is a name, as it is', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', minLength: 1, maxLength: 30 }), (name) => {
        expect(documentName(name)).toEqual({ ok: true, value: name })
      }),
      { seed: 7 },
    )
  })

  it('[WI9] no characters are no name, nor is half a character', () => {
    for (const text of ['', '\ud83d', 'a\udcd3', '\udcd3\ud83d']) expect(documentName(text).ok).toBe(false)
  })

  it('[WI9] a name has at most 1024 bytes of UTF-8, however few characters they are', () => {
    expect(documentName('n'.repeat(1024)).ok).toBe(true)
    expect(documentName('n'.repeat(1025)).ok).toBe(false)
    expect(documentName('📓'.repeat(256)).ok).toBe(true)
    expect(documentName('📓'.repeat(257)).ok).toBe(false)
  })
})

describe('[TR4] peer ids', () => {
  it('[TR4] are the public key, in 43 characters, and give it back', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 32, maxLength: 32 }), (key) => {
        const id = peerId(key)
        expect(id).toMatch(/^[\w-]{43}$/)
        expect(publicKeyOf(id)).toEqual(key)
      }),
      { seed: 8 },
    )
  })
})
