/**
 * LevelDB's table files, as far as it takes to find damaged blocks and to make a table of those that are not. LevelDB reads
 * blocks without looking at their checksums; most damage it notices later, some ends the process (an assertion of its).
 * Bytes in, bytes out. A file is: data blocks, a block of meta data, an index with the last key of each data block, a footer
 * with the places of both. After each block stand its compression (1: Snappy) and a checksum.
 */
import { crc32c, masked } from './checksum.ts'
import { unsnappy } from './snappy.ts'

export interface TableDamage {
  /** A table of the sound blocks; null when there are none. */
  readonly rest: Buffer | null
}

interface Block {
  /** With its trailer. */
  readonly bytes: Buffer
  readonly lastKey: Buffer
}

interface Place {
  readonly offset: number
  readonly size: number
}

const footerBytes = 48
const trailerBytes = 5
const magic = Buffer.from('57fb808b247547db', 'hex')

/** Null for a table without damage. */
export function damageOf(table: Buffer): TableDamage | null {
  const places = placesOf(table)
  if (places === null) return { rest: tableOf(scan(table)) }
  const sound = places.filter((place) => isSound(table, place))
  if (sound.length === places.length) return null
  return { rest: tableOf(sound.map((place) => blockAt(table, place))) }
}

/** Where the data blocks are; null when footer or index do not say. */
function placesOf(table: Buffer): readonly Place[] | null {
  const footer = table.subarray(-footerBytes)
  if (footer.byteLength < footerBytes || !footer.subarray(-8).equals(magic)) return null
  const reader = new Reader(footer)
  const [meta, index] = [reader.place(), reader.place()]
  if (!isSound(table, meta) || !isSound(table, index)) return null
  return entriesOf(contentsAt(table, index)).map(({ value }) => new Reader(value).place())
}

/** Data blocks found by their checksums alone: one ends where the checksum of what was read so far stands. */
function scan(table: Buffer): readonly Block[] {
  const blocks: Block[] = []
  for (let offset = 0; offset + trailerBytes < table.byteLength;) {
    const size = sizeAt(table, offset)
    if (size === null) break
    const place = { offset, size }
    // The index and the meta data look the same; their keys or values are not those of records.
    const entries = entriesOf(contentsAt(table, place))
    if (entries.length === 0 || entries.some(({ key }) => key.byteLength < 8)) break
    blocks.push(blockAt(table, place))
    offset += size + trailerBytes
  }
  // The last one is the index if the damage is behind it.
  const last = blocks.at(-1)
  return last !== undefined && isIndex(last, blocks.length - 1) ? blocks.slice(0, -1) : blocks
}

function isIndex(block: Block, blocksBefore: number): boolean {
  const { bytes } = block
  const entries = entriesOf(contentsAt(bytes, { offset: 0, size: bytes.byteLength - trailerBytes }))
  return blocksBefore > 0 && entries.length === blocksBefore && entries.every(({ value }) => value.byteLength <= 20)
}

function sizeAt(table: Buffer, offset: number): number | null {
  let checksum = 0
  for (let at = offset; at + trailerBytes <= table.byteLength; at++) {
    checksum = crc32c(table.subarray(at, at + 1), checksum)
    if (at > offset && masked(checksum) === table.readUInt32LE(at + 1)) return at - offset
  }
  return null
}

function isSound(table: Buffer, { offset, size }: Place): boolean {
  const end = offset + size + 1
  if (!(end + 4 <= table.byteLength)) return false
  return masked(crc32c(table.subarray(offset, end))) === table.readUInt32LE(end)
}

function blockAt(table: Buffer, place: Place): Block {
  const { offset, size } = place
  const lastKey = entriesOf(contentsAt(table, place)).at(-1)?.key ?? Buffer.alloc(0)
  return { bytes: table.subarray(offset, offset + size + trailerBytes), lastKey }
}

/** Of a sound block. */
function contentsAt(table: Buffer, { offset, size }: Place): Buffer {
  const stored = table.subarray(offset, offset + size)
  return table[offset + size] === 1 ? unsnappy(stored) : stored
}

interface Entry {
  readonly key: Buffer
  readonly value: Buffer
}

/** Entries of a block: each key goes on from the one before. Behind them is a list of places, and its length. */
function entriesOf(contents: Buffer): readonly Entry[] {
  if (contents.byteLength < 4) return []
  const end = contents.byteLength - 4 - 4 * contents.readUInt32LE(contents.byteLength - 4)
  const reader = new Reader(contents)
  const entries: Entry[] = []
  let before = Buffer.alloc(0)
  while (reader.at < end) {
    const [shared, unshared, valueBytes] = [reader.varUint(), reader.varUint(), reader.varUint()]
    before = Buffer.concat([before.subarray(0, shared), reader.bytes(unshared)])
    entries.push({ key: before, value: reader.bytes(valueBytes) })
  }
  return entries
}

function tableOf(blocks: readonly Block[]): Buffer | null {
  if (blocks.length === 0) return null
  let offset = 0
  const index = blocks.map(({ bytes, lastKey }) => {
    const value = Buffer.from([...varUint(offset), ...varUint(bytes.byteLength - trailerBytes)])
    offset += bytes.byteLength
    return { key: lastKey, value }
  })
  const [metaBlock, indexBlock] = [blockOf([]), blockOf(index)]
  const places = [offset, metaBlock.byteLength - trailerBytes]
  places.push(offset + metaBlock.byteLength, indexBlock.byteLength - trailerBytes)
  const footer = Buffer.alloc(footerBytes)
  Buffer.from(places.flatMap(varUint)).copy(footer)
  magic.copy(footer, footerBytes - magic.byteLength)
  return Buffer.concat([...blocks.map(({ bytes }) => bytes), metaBlock, indexBlock, footer])
}

/** A block, not compressed, each key written out. */
function blockOf(entries: readonly Entry[]): Buffer {
  const parts: Buffer[] = []
  const places: number[] = entries.length === 0 ? [0] : []
  let at = 0
  for (const { key, value } of entries) {
    const part = Buffer.concat([Buffer.from([0, key.byteLength, value.byteLength].flatMap(varUint)), key, value])
    parts.push(part)
    places.push(at)
    at += part.byteLength
  }
  const tail = Buffer.alloc(4 * (places.length + 1))
  for (const [index, place] of [...places, places.length].entries()) tail.writeUInt32LE(place, 4 * index)
  const contents = Buffer.concat([...parts, tail, Buffer.of(0)])
  const checksum = Buffer.alloc(4)
  checksum.writeUInt32LE(masked(crc32c(contents)))
  return Buffer.concat([contents, checksum])
}

function varUint(value: number): number[] {
  const bytes: number[] = []
  let rest = value
  for (; rest > 127; rest = Math.floor(rest / 128)) bytes.push(128 | (rest & 127))
  return [...bytes, rest]
}

class Reader {
  readonly #buffer: Buffer
  at = 0

  constructor(buffer: Buffer) {
    this.#buffer = buffer
  }

  varUint(): number {
    let value = 0
    for (let scale = 1; ; scale *= 128) {
      const byte = this.#buffer[this.at++] ?? 0
      value += (byte & 127) * scale
      if (byte < 128) return value
    }
  }

  place(): Place {
    return { offset: this.varUint(), size: this.varUint() }
  }

  bytes(count: number): Buffer {
    this.at += count
    return this.#buffer.subarray(this.at - count, this.at)
  }
}
