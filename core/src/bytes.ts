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

/** Writes a varUint of lib0 at that place; returns the place behind it. */
export function writeVarUintAt(bytes: Uint8Array, at: number, value: number): number {
  let next = at
  let left = value
  for (; left > 0x7f; left = Math.floor(left / 128)) bytes[next++] = (left & 0x7f) | 0x80
  bytes[next] = left
  return next + 1
}

/** How many bytes a varUint of lib0 takes. */
export function varUintBytes(value: number): number {
  let count = 1
  for (let left = value; left > 0x7f; left = Math.floor(left / 128)) count++
  return count
}
