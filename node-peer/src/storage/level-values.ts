/**
 * What stands beside the updates so that a lost or altered one is noticed (PROTOCOL.md [ST10]). LevelDB itself opens happily
 * without writes that a flipped bit in its log has cost, and reads its tables without looking at their checksums.
 *
 * A **seal** holds the checksums of the records of one append. The **head** of a document says how many records there are,
 * which is the last, and the sum of their checksums. The **root** says how many writes there have been and the sum of all heads, so that it shows when
 * a write as a whole, with the head in it, is gone. Each value ends with a checksum over its key and itself.
 */
import * as decoding from 'lib0/decoding'
import * as encoding from 'lib0/encoding'
import type { DatedRecord } from '@knotwork/core'
import { crc32, crc32c } from './checksum.ts'
import { clockOf, type DocumentKeys, type LevelKey } from './level-keys.ts'

/** Every value begins with it; a later format has another. */
const version = 1

/** Checksums by the clock of the record. */
export type Checksums = ReadonlyMap<number, number>

/** What is said of the records of one append. */
export interface Seal {
  readonly checksums: Checksums
  /** When they were appended (PROTOCOL.md [HI1]); null: it does not say. */
  readonly at: DatedRecord['at']
}

export interface Head {
  /** Clock of the last record. */
  readonly last: number
  /** Records there are, the last one included. */
  readonly count: number
  /** Of their checksums, in 32 bits. */
  readonly sum: number
  /** The root's epoch when it was written: in a later one another program may have written to the document. */
  readonly epoch: number
  /** Checksum of the index of its history, 0 when there is none: so that this belongs to what the root knows of. */
  readonly index: number
}

export interface Root {
  /** Writes since the database was made. */
  readonly batch: number
  /** Sum over the heads of all documents, in two lanes of 32 bits. */
  readonly sums: Sums
  /** The write before which another program was last found to have opened the database. */
  readonly epoch: number
  /** The same, or the write before which damage was last found: notes of before do not count as current. */
  readonly trust: number
}

export type Sums = readonly [number, number]

export interface Note {
  readonly bytes: Uint8Array
  /** The last clock when it was written. */
  readonly clock: number
  readonly trust: number
}

/** Of one record in its place: moved elsewhere, it does not hold. */
export function checksumOf(keys: DocumentKeys, clock: number, update: Uint8Array): number {
  return crc32(update, crc32(keys.update(clock)))
}

/** A snapshot that a compaction made: its time is that of what it was made of, and no second is this one. */
const folded = 0

export function encodeSeal(key: LevelKey, { checksums, at }: Seal): Uint8Array {
  return guarded(key, (encoder) => {
    encoding.writeVarUint(encoder, checksums.size)
    const last = clockOf(key)
    for (const [clock, checksum] of checksums) {
      encoding.writeVarUint(encoder, last - clock)
      encoding.writeUint32(encoder, checksum)
    }
    if (at !== null) encoding.writeVarUint(encoder, at === 'folded' ? folded : at)
  })
}

export function decodeSeal(key: LevelKey, value: Uint8Array): Seal | null {
  return unguarded(key, value, (decoder) => {
    const checksums = new Map<number, number>()
    const last = clockOf(key)
    for (let count = decoding.readVarUint(decoder); count > 0; count--) {
      const clock = last - decoding.readVarUint(decoder)
      checksums.set(clock, decoding.readUint32(decoder))
    }
    if (!decoding.hasContent(decoder)) return { checksums, at: null }
    const at = decoding.readVarUint(decoder)
    return { checksums, at: at === folded ? 'folded' : at }
  })
}

export function encodeHead(key: LevelKey, head: Head): Uint8Array {
  return guarded(key, (encoder) => {
    for (const value of [head.last, head.count, head.sum, head.epoch]) encoding.writeVarUint(encoder, value)
    if (head.index !== 0) encoding.writeVarUint(encoder, head.index)
  })
}

export function decodeHead(key: LevelKey, value: Uint8Array): Head | null {
  return unguarded(key, value, (decoder) => {
    const [last, count, sum, epoch] = readVarUints(decoder, 4)
    const index = decoding.hasContent(decoder) ? decoding.readVarUint(decoder) : 0
    return { last: last ?? 0, count: count ?? 0, sum: sum ?? 0, epoch: epoch ?? 0, index }
  })
}

export function encodeRoot(root: Root): Uint8Array {
  return guarded(rootName, (encoder) => {
    for (const value of [root.batch, ...root.sums, root.epoch, root.trust]) encoding.writeVarUint(encoder, value)
  })
}

export function decodeRoot(value: Uint8Array): Root | null {
  return unguarded(rootName, value, (decoder) => {
    const [batch, first, second, epoch, trust] = readVarUints(decoder, 5)
    return { batch: batch ?? 0, sums: [first ?? 0, second ?? 0], epoch: epoch ?? 0, trust: trust ?? 0 }
  })
}

export function encodeNote(key: LevelKey, note: Note): Uint8Array {
  return guarded(key, (encoder) => {
    encoding.writeVarUint(encoder, note.clock)
    encoding.writeVarUint(encoder, note.trust)
    encoding.writeVarUint8Array(encoder, note.bytes)
  })
}

export function decodeNote(key: LevelKey, value: Uint8Array): Note | null {
  return unguarded(key, value, (decoder) => {
    const [clock, trust] = readVarUints(decoder, 2)
    return { clock: clock ?? 0, trust: trust ?? 0, bytes: decoding.readVarUint8Array(decoder).slice() }
  })
}

/** Sums of checksums are kept in 32 bits. */
export function sumOfChecksums(checksums: Iterable<number>, before = 0): number {
  let sum = before
  for (const checksum of checksums) sum = (sum + checksum) >>> 0
  return sum
}

/**
 * What the bytes of a head add to the root's sums: the checksum it ends with, and another by another polynomial. (By the same one
 * bytes with their own checksum behind them have the same checksum, whatever they are.)
 */
export function weightOf(key: LevelKey, value: Uint8Array): Sums {
  return [decoding.readUint32(decoding.createDecoder(value.subarray(-4))), crc32c(value, crc32c(key))]
}

export function plus(sums: Sums, weight: Sums): Sums {
  return [(sums[0] + weight[0]) >>> 0, (sums[1] + weight[1]) >>> 0]
}

export function minus(sums: Sums, weight: Sums): Sums {
  return [(sums[0] - weight[0]) >>> 0, (sums[1] - weight[1]) >>> 0]
}

/** Its place is known; the checksum needs no more. */
const rootName = Buffer.from('knotwork root')

function readVarUints(decoder: decoding.Decoder, count: number): readonly number[] {
  return Array.from({ length: count }, () => decoding.readVarUint(decoder))
}

/** One for all small values: one of its own for each of three a write would be most of their cost. */
let spare: encoding.Encoder | null = null
const spareBytesMax = 1024

/** A value that begins with the version and ends with a checksum of its key and itself. */
export function guarded(key: Uint8Array, write: (encoder: encoding.Encoder) => void): Uint8Array {
  const encoder = spare ?? encoding.createEncoder()
  spare = null
  encoder.cpos = 0
  encoder.bufs.length = 0
  encoding.writeUint8(encoder, version)
  write(encoder)
  encoding.writeUint32(encoder, crc32(encoding.toUint8Array(encoder), crc32(key)))
  const value = encoding.toUint8Array(encoder)
  if (encoder.cbuf.byteLength <= spareBytesMax) spare = encoder
  return value
}

/** Null for a value that was altered, or is of another version. */
export function unguarded<Value>(
  key: Uint8Array,
  value: Uint8Array,
  read: (decoder: decoding.Decoder) => Value,
): Value | null {
  const end = value.byteLength - 4
  if (end < 1 || value[0] !== version) return null
  const tail = decoding.createDecoder(value.subarray(end))
  if (decoding.readUint32(tail) !== crc32(value.subarray(0, end), crc32(key))) return null
  return read(decoding.createDecoder(value.subarray(1, end)))
}
