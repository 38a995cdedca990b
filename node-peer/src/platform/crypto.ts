import { createHmac, createPublicKey, verify } from 'node:crypto'
import type { Crypto } from '@knotwork/core'

export const nodeCrypto: Crypto = {
  verify(publicKey, bytes, signature) {
    try {
      const key = createPublicKey({
        format: 'jwk',
        key: { kty: 'OKP', crv: 'Ed25519', x: Buffer.from(publicKey).toString('base64url') },
      })
      return Promise.resolve(verify(null, bytes, key, signature))
    } catch {
      // Bytes that are no key or no signature have signed nothing.
      return Promise.resolve(false)
    }
  },
  hmac(key, bytes) {
    return Promise.resolve(new Uint8Array(createHmac('sha256', key).update(bytes).digest()))
  },
}
