/**
 * A document and its state in eight bytes, under a key that only one link has (PROTOCOL.md [CA4]): nobody who makes
 * documents can make two that look the same to two peers who compare what they keep.
 */
import * as encoding from 'lib0/encoding'
import { digest as sha256 } from 'lib0/hash/sha256'
import { utf8 } from '../bytes.ts'
import type { Digest, DocumentName } from '../ids.ts'
import { sipHash } from './sip-hash.ts'

const context = 'knotwork 1 fingerprints'

/** The key of a link: both sides draw it from both nonces. */
export function fingerprintKey(nonces: readonly [Uint8Array, Uint8Array]): Uint8Array {
  const text = encoding.encode((encoder) => {
    encoding.writeVarString(encoder, context)
    for (const nonce of nonces.toSorted(compareBytes)) encoding.writeVarUint8Array(encoder, nonce)
  })
  return sha256(text).slice(0, 16)
}

export function fingerprintOf(key: Uint8Array, name: DocumentName, digest: Digest): bigint {
  const text = utf8(name)
  const bytes = new Uint8Array(digest.byteLength + text.byteLength)
  bytes.set(digest)
  bytes.set(text, digest.byteLength)
  const [low = 0, high = 0] = sipHash(key, bytes)
  return (BigInt(high) << 32n) | BigInt(low)
}

/** Tells one fingerprint from several that were added up; no document has so few bytes that these could meet its own. */
export function checkOf(key: Uint8Array, fingerprint: bigint): number {
  const bytes = new Uint8Array(8)
  new DataView(bytes.buffer).setBigUint64(0, fingerprint)
  return sipHash(key, bytes)[0] ?? 0
}

/** Negative, zero or positive: which of two byte strings of one length comes first. */
export function compareBytes(a: Uint8Array, b: Uint8Array): number {
  const at = a.findIndex((byte, index) => byte !== b[index])
  return at === -1 ? 0 : (a[at] ?? 0) - (b[at] ?? 0)
}
