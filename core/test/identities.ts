/** Real Ed25519 keys and HMACs, the same in every run and without waiting. */
import { createHmac, createPrivateKey, createPublicKey, sign, verify, type KeyObject } from 'node:crypto'
import type { Crypto, Identity } from '../src/ports/crypto.ts'

const privateKeyHead = Buffer.from('302e020100300506032b657004220420', 'hex')
const publicKeyHead = Buffer.from('302a300506032b6570032100', 'hex')

export class TestIdentity implements Identity {
  readonly publicKey: Uint8Array
  readonly #key: KeyObject

  constructor(seed: number) {
    const secret = Buffer.alloc(32, seed)
    this.#key = createPrivateKey({ key: Buffer.concat([privateKeyHead, secret]), format: 'der', type: 'pkcs8' })
    const exported = createPublicKey(this.#key).export({ format: 'der', type: 'spki' })
    this.publicKey = Uint8Array.from(exported.subarray(publicKeyHead.byteLength))
  }

  signNow(bytes: Uint8Array): Uint8Array {
    return Uint8Array.from(sign(null, bytes, this.#key))
  }

  sign(bytes: Uint8Array): Promise<Uint8Array> {
    return Promise.resolve(this.signNow(bytes))
  }
}

export function verifyNow(publicKey: Uint8Array, bytes: Uint8Array, signature: Uint8Array): boolean {
  try {
    const key = createPublicKey({ key: Buffer.concat([publicKeyHead, publicKey]), format: 'der', type: 'spki' })
    return verify(null, bytes, key, signature)
  } catch {
    return false
  }
}

export function hmacNow(key: Uint8Array, bytes: Uint8Array): Uint8Array {
  return Uint8Array.from(createHmac('sha256', key).update(bytes).digest())
}

export const testCrypto: Crypto = {
  verify: (publicKey, bytes, signature) => Promise.resolve(verifyNow(publicKey, bytes, signature)),
  hmac: (key, bytes) => Promise.resolve(hmacNow(key, bytes)),
}
