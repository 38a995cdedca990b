import { describe, expect, it } from 'vitest'
import { browserSuite, detectBrowserSuite } from './browser-suite.ts'
import type { Suite } from './key-pair.ts'
import { seedSuite } from './seed-suite.ts'

const hex = (text: string) => Uint8Array.from(text.match(/../gu) ?? [], (pair) => Number.parseInt(pair, 16))
const browser = browserSuite(crypto.subtle)
const suites: readonly Suite[] = [browser, seedSuite]

describe.each(suites)('cryptography of a page: $name', (suite) => {
  it('[TR4] makes keys whose signatures both kinds of peers accept', async () => {
    const identity = suite.identityOf(await suite.generate())
    const message = hex('0102ff')
    const signature = await identity.sign(message)
    expect([identity.publicKey.length, signature.length]).toEqual([32, 64])
    for (const other of suites) {
      expect(await other.verify(identity.publicKey, message, signature)).toBe(true)
      expect(await other.verify(identity.publicKey, hex('0102fe'), signature)).toBe(false)
    }
  })

  it('verifies the third example of RFC 8032', async () => {
    const publicKey = hex('fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025')
    const signature = hex(
      '6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a',
    )
    expect(await suite.verify(publicKey, hex('af82'), signature)).toBe(true)
  })

  it('never rejects because of what it is given', async () => {
    for (const length of [0, 31, 32, 33]) {
      for (const fill of [0, 0xff]) {
        const key = new Uint8Array(length).fill(fill)
        expect(await suite.verify(key, hex('00'), new Uint8Array(length * 2).fill(fill))).toBe(false)
      }
    }
  })

  it('computes the second example of RFC 4231, and takes an empty key and a window on a buffer', async () => {
    const text = new TextEncoder()
    const expected = hex('5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843')
    const key = new Uint8Array([0, ...text.encode('Jefe'), 0]).subarray(1, 5)
    expect(await suite.hmac(key, text.encode('what do ya want for nothing?'))).toEqual(expected)
    const nothing = hex('b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad')
    expect(await suite.hmac(new Uint8Array(0), new Uint8Array(0))).toEqual(nothing)
  })
})

describe('the choice between them', () => {
  it('finds the browser’s own where it has Ed25519', async () => {
    expect((await detectBrowserSuite())?.name).toBe('browser')
  })

  it('refuses a key of the other kind by name', async () => {
    const [own, seed] = [await browser.generate(), await seedSuite.generate()]
    expect(() => browser.identityOf(seed)).toThrow(/not of the browser/u)
    expect(() => seedSuite.identityOf(own)).toThrow(/of the browser/u)
  })
})
