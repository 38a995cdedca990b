/** Ed25519 and HMAC by the browser's own cryptography: private keys never leave it. */
import type { Identity } from '@knotwork/core'
import { plainBytes } from '../plain-bytes.ts'
import type { KeyPair, Suite } from './key-pair.ts'

const algorithm = 'Ed25519'

export function browserSuite(subtle: SubtleCrypto): Suite {
  return {
    name: 'browser',

    async generate(): Promise<KeyPair> {
      const pair = await subtle.generateKey(algorithm, false, ['sign', 'verify'])
      // The public half is always extractable.
      const publicKey = new Uint8Array(await subtle.exportKey('raw', pair.publicKey))
      return { type: 'browser', publicKey, privateKey: pair.privateKey }
    },

    identityOf(pair): Identity {
      if (pair.type !== 'browser') throw new TypeError('this key pair is not of the browser')
      const { publicKey, privateKey } = pair
      return {
        publicKey,
        sign: async (bytes) => new Uint8Array(await subtle.sign(algorithm, privateKey, plainBytes(bytes))),
      }
    },

    async verify(publicKey, bytes, signature) {
      try {
        const key = await subtle.importKey('raw', plainBytes(publicKey), algorithm, false, ['verify'])
        return await subtle.verify(algorithm, key, plainBytes(signature), plainBytes(bytes))
      } catch {
        // Not 32 bytes, or no point of the curve: then nothing is signed by it.
        return false
      }
    },

    async hmac(key, bytes) {
      const hmac = { name: 'HMAC', hash: 'SHA-256' }
      // Keys are padded with zeros, so this is the same as an empty key, which WebCrypto refuses.
      const raw = key.byteLength === 0 ? new Uint8Array(1) : plainBytes(key)
      const imported = await subtle.importKey('raw', raw, hmac, false, ['sign'])
      return new Uint8Array(await subtle.sign('HMAC', imported, plainBytes(bytes)))
    },
  }
}

/** The browser's suite, or null: plain http has no `crypto.subtle`, and older browsers have no Ed25519 in it. */
export async function detectBrowserSuite(): Promise<Suite | null> {
  const subtle: SubtleCrypto | undefined = globalThis.crypto.subtle
  if (subtle === undefined) return null
  const suite = browserSuite(subtle)
  try {
    await suite.generate()
    return suite
  } catch {
    return null
  }
}
