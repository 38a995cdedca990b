/** Bytes and text, for the rooms that need no more of an encoding library than this. */
import { encodeUtf8 } from 'lib0/string'

/** The UTF-8 of a text; lone surrogates become the replacement character. */
export function utf8(text: string): Uint8Array {
  return encodeUtf8(text)
}

export function equalBytes(a: Uint8Array, b: Uint8Array): boolean {
  if (a.byteLength !== b.byteLength) return false
  for (let i = 0; i < a.byteLength; i++) if (a[i] !== b[i]) return false
  return true
}
