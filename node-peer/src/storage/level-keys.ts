/**
 * Where y-leveldb 0.2 keeps what, so that it can read what is written here and the other way round:
 * `['v1', document, 'update', n]` -> update, n counting up; `['v1', document, 'meta', key]` -> any JSON-like value;
 * `['v1_sv', document]` -> the state vector that the document had at some clock, there for every document.
 */
import type { DocumentName } from '@knotwork/core'

/** Encoded by y-leveldb: texts and numbers in sequence, which sort as they should. */
export type LevelKey = readonly (string | number)[]

const clockMax = 0xff_ff_ff_ff

/** A new document counts on from here. */
export const clockBeforeFirst = 0

export function updateKey(name: DocumentName, clock: number): LevelKey {
  return ['v1', name, 'update', clock]
}

export function updateRange(name: DocumentName): { readonly gte: LevelKey; readonly lt: LevelKey } {
  return { gte: updateKey(name, 0), lt: updateKey(name, clockMax) }
}

/** The clock in an update's key; undefined for a key that is none. */
export function clockOf(key: LevelKey): number | undefined {
  const clock = key[3]
  return typeof clock === 'number' ? clock : undefined
}

export function stateVectorKey(name: DocumentName): LevelKey {
  return ['v1_sv', name]
}

/** Between these are the state vectors of all documents. */
export const stateVectorRange = { gte: ['v1_sv'], lt: ['v1_sw'] } as const

/**
 * "At clock 0 the document was empty": true, and never current, because y-leveldb takes a state vector for current when
 * its clock is that of the last record. So it computes the real one when it needs it, and nobody here has to.
 */
export const emptyStateVector: Uint8Array = Uint8Array.of(0, 1, 0)

/** What `append` was told to keep beside the updates; out of y-leveldb's sight. */
export function noteKey(name: DocumentName): LevelKey {
  return ['knotwork', 'note', name]
}

/** A note and the clock of the last record when it was written. */
export function noteValue(note: Uint8Array, clock: number): Uint8Array {
  const value = new Uint8Array(4 + note.byteLength)
  new DataView(value.buffer).setUint32(0, clock)
  value.set(note, 4)
  return value
}

/** Records found to be no updates are kept under the document's meta keys, out of the way of every reader. */
export function damagedKey(name: DocumentName, clock: number, index: number): LevelKey {
  return ['v1', name, 'meta', `damaged-${clock}-${index}`]
}

/** Bytes as lib0's "any" encoding, in which y-leveldb stores meta values: 116, then the length, then the bytes. */
export function metaValue(bytes: Uint8Array): Uint8Array {
  const head: number[] = [116]
  let rest = bytes.byteLength
  for (; rest > 127; rest = Math.floor(rest / 128)) head.push(128 | (rest & 127))
  head.push(rest)
  const value = new Uint8Array(head.length + bytes.byteLength)
  value.set(head)
  value.set(bytes, head.length)
  return value
}
