/** Proofs that are cheap and deterministic: the real ones are tested elsewhere. Nobody here forges anything. */
import type { Crypto, Identity } from '@knotwork/core'

export function simIdentity(publicKey: Uint8Array): Identity {
  return { publicKey, sign: (bytes) => Promise.resolve(mark(publicKey, bytes, 64)) }
}

export const simCrypto: Crypto = {
  verify: (publicKey, bytes, signature) => {
    const wanted = mark(publicKey, bytes, 64)
    return Promise.resolve(wanted.every((byte, index) => byte === signature[index]))
  },
  hmac: (key, bytes) => Promise.resolve(mark(key, bytes, 32)),
}

/** An FNV-1a over key and text, spread over `count` bytes. */
function mark(key: Uint8Array, text: Uint8Array, count: number): Uint8Array {
  let hash = 0x811c9dc5
  for (const part of [key, text]) for (const byte of part) hash = Math.imul(hash ^ byte, 0x01000193)
  const bytes = new Uint8Array(count)
  for (let i = 0; i < count; i++) {
    hash = Math.imul(hash ^ i, 0x01000193)
    bytes[i] = hash >>> 16
  }
  return bytes
}
