/** What messages are made of, read with limits: whatever the bytes, no more is allocated than they could hold. */
import * as decoding from 'lib0/decoding'

/** 53 bits: more could not be told apart, added to or written again. */
export function readNumber(decoder: decoding.Decoder): number {
  const number = decoding.readVarUint(decoder)
  if (!Number.isSafeInteger(number)) throw new Error('a number of more than 53 bits')
  return number
}

/** A list with a limit: the count is checked before anything is read, each item takes at least one byte. */
export function readList<Item>(
  decoder: decoding.Decoder,
  countMax: number,
  read: (from: decoding.Decoder) => Item,
): Item[] {
  const count = readNumber(decoder)
  if (count > countMax) throw new Error(`a list of ${count} items, the limit is ${countMax}`)
  const items: Item[] = []
  for (let i = 0; i < count; i++) items.push(read(decoder))
  return items
}

/** Bytes as a view into the frame. */
export function readBytes(decoder: decoding.Decoder, sizeMax: number): Uint8Array {
  const size = readNumber(decoder)
  if (size > sizeMax) throw new Error(`a field of ${size} bytes, the limit is ${sizeMax}`)
  return decoding.readUint8Array(decoder, size)
}

export function readText(decoder: decoding.Decoder, sizeMax: number): string {
  const start = decoder.pos
  const size = readNumber(decoder)
  if (size > sizeMax) throw new Error(`a text of ${size} bytes, the limit is ${sizeMax}`)
  decoder.pos = start
  return decoding.readVarString(decoder)
}

export function readUint64(decoder: decoding.Decoder): bigint {
  return viewOf(decoder, 8).getBigUint64(0)
}

export function readUint32(decoder: decoding.Decoder): number {
  return viewOf(decoder, 4).getUint32(0)
}

/** lib0's own readers of such numbers look past the end of the frame. */
function viewOf(decoder: decoding.Decoder, size: number): DataView {
  const { buffer, byteOffset } = decoding.readUint8Array(decoder, size)
  return new DataView(buffer, byteOffset, size)
}
