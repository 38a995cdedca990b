/** Ed25519 and HMAC in JavaScript, loaded only where the browser's own are missing. */
import * as ed25519 from '@noble/ed25519'
import { hmac } from '@noble/hashes/hmac.js'
import { sha256, sha512 } from '@noble/hashes/sha2.js'
import type { Identity } from '@knotwork/core'
import type { KeyPair, Suite } from './key-pair.ts'

// Its default is crypto.subtle, which is what is missing here.
ed25519.hashes.sha512 = sha512

export const seedSuite: Suite = {
  name: 'seed',

  async generate(): Promise<KeyPair> {
    const seed = crypto.getRandomValues(new Uint8Array(32))
    return { type: 'seed', publicKey: ed25519.getPublicKey(seed), seed }
  },

  identityOf(pair): Identity {
    if (pair.type !== 'seed') throw new TypeError('this key pair is of the browser')
    const { publicKey, seed } = pair
    return { publicKey, sign: async (bytes) => ed25519.sign(bytes, seed) }
  },

  async verify(publicKey, bytes, signature) {
    try {
      return ed25519.verify(signature, bytes, publicKey, { zip215: false })
    } catch {
      return false
    }
  },

  async hmac(key, bytes) {
    return hmac(sha256, key, bytes)
  },
}
