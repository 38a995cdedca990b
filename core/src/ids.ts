/**
 * Names and numbers that must not be mixed up, as branded types.
 * This is the one file that casts; everything else receives them already checked.
 */
import { fromBase64UrlEncoded, toBase64UrlEncoded } from 'lib0/buffer'
import { utf8 } from './bytes.ts'
import { limits } from './limits.ts'
import { err, ok, type Result } from './result.ts'

declare const brand: unique symbol
type Brand<Base, Name extends string> = Base & { readonly [brand]: Name }

/** A span or a point on the peer's own monotonic clock, in milliseconds. Never compared between peers (PROTOCOL.md [DS14]). */
export type Millis = number

/** An Ed25519 public key (32 bytes) as base64url without padding: 43 characters. */
export type PeerId = Brand<string, 'PeerId'>

/** A document's name in the whole network: 1 to 1024 bytes of UTF-8, otherwise any text (PROTOCOL.md [WI9]). */
export type DocumentName = Brand<string, 'DocumentName'>

/** A link of this process, counted from 1; never reused, never sent. */
export type LinkId = Brand<number, 'LinkId'>

/** Eight bytes that stand for a whole document state: see `replica/digest.ts`. */
export type Digest = Brand<Uint8Array, 'Digest'>

/** The id that belongs to a public key of 32 bytes. */
export function peerId(publicKey: Uint8Array): PeerId {
  return toBase64UrlEncoded(publicKey) as PeerId
}

/** The 32 bytes of public key behind an id. */
export function publicKeyOf(id: PeerId): Uint8Array {
  return fromBase64UrlEncoded(id)
}

/** A running peer: key and instance, 40 bytes, as base64url. Two tabs of one browser are one PeerId, two addresses. */
export type PeerAddress = Brand<string, 'PeerAddress'>

export function peerAddress(bytes: Uint8Array): PeerAddress {
  return toBase64UrlEncoded(bytes) as PeerAddress
}

/** The 40 bytes of an address; null for a text that is none. */
export function addressBytes(text: string): Uint8Array | null {
  if (!/^[\w-]{54}$/u.test(text)) return null
  return fromBase64UrlEncoded(text)
}

/**
 * Checks a name that comes from a user, a URL or another peer.
 *
 * @example
 * const name = documentName('notes/today')
 * if (name.ok) console.log(name.value)
 */
export function documentName(text: string): Result<DocumentName, string> {
  if (text.length === 0) return err('a document name has at least one character')
  if (/\p{Surrogate}/u.test(text)) return err('a document name is well-formed Unicode, without lone surrogates')
  const sizeBytes = utf8(text).byteLength
  if (sizeBytes > limits.documentNameBytesMax) {
    return err(`a document name has at most ${limits.documentNameBytesMax} bytes of UTF-8, this one has ${sizeBytes}`)
  }
  return ok(text as DocumentName)
}

export function linkId(count: number): LinkId {
  return count as LinkId
}

/** Eight bytes, read from the wire or cut from a hash. */
export function digestFrom(bytes: Uint8Array): Digest {
  return bytes as Digest
}
