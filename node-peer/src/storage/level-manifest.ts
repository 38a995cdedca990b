/**
 * LevelDB's manifest, as far as it takes to know which tables belong to the database. A process that is killed while it
 * writes a table leaves half of one behind, which nobody reads and LevelDB removes: that is no damage. Bytes in, numbers out.
 * The file is a log: blocks of 32 KiB, in them records (checksum, length, kind, payload), each a list of tagged fields.
 */
import { crc32c, masked } from './checksum.ts'

const blockBytes = 32 * 1024
const headerBytes = 7
/** A record that fits into its block; else it comes as a first, middle and last part. */
const kind = { whole: 1, first: 2, middle: 3, last: 4 } as const

const tag = {
  comparator: 1,
  logNumber: 2,
  nextFile: 3,
  lastSequence: 4,
  compactPointer: 5,
  removedTable: 6,
  newTable: 7,
  previousLog: 9,
} as const

/** Numbers of the tables of the database; null where the manifest is damaged and does not tell. */
export function tablesIn(manifest: Buffer): ReadonlySet<number> | null {
  const edits = editsOf(manifest)
  if (edits === null) return null
  const tables = new Set<number>()
  try {
    for (const edit of edits) apply(new Fields(edit), tables)
  } catch {
    return null
  }
  return tables
}

/** The records there are; what was being written when the process died is none. */
function editsOf(manifest: Buffer): readonly Buffer[] | null {
  const edits: Buffer[] = []
  let parts: Buffer[] = []
  for (let at = 0; at + headerBytes <= manifest.byteLength;) {
    const roomInBlock = blockBytes - (at % blockBytes)
    if (roomInBlock < headerBytes) {
      at += roomInBlock
      continue
    }
    const end = at + headerBytes + manifest.readUInt16LE(at + 4)
    if (end > manifest.byteLength) break
    if (masked(crc32c(manifest.subarray(at + 6, end))) !== manifest.readUInt32LE(at)) return null
    const part = manifest.readUInt8(at + 6)
    if (part === kind.whole || part === kind.first) parts = []
    parts.push(manifest.subarray(at + headerBytes, end))
    if (part === kind.whole || part === kind.last) edits.push(Buffer.concat(parts))
    at = end
  }
  return edits
}

function apply(fields: Fields, tables: Set<number>): void {
  while (!fields.isAtEnd) {
    switch (fields.varUint()) {
      case tag.comparator:
        fields.skipText()
        break
      case tag.logNumber:
      case tag.nextFile:
      case tag.lastSequence:
      case tag.previousLog:
        fields.varUint()
        break
      case tag.compactPointer:
        fields.varUint()
        fields.skipText()
        break
      case tag.removedTable:
        fields.varUint()
        tables.delete(fields.varUint())
        break
      case tag.newTable:
        fields.varUint()
        tables.add(fields.varUint())
        fields.varUint()
        fields.skipText()
        fields.skipText()
        break
      default:
        throw new Error('a field that is not known')
    }
  }
}

class Fields {
  readonly #bytes: Buffer
  #at = 0

  constructor(bytes: Buffer) {
    this.#bytes = bytes
  }

  get isAtEnd(): boolean {
    return this.#at >= this.#bytes.byteLength
  }

  varUint(): number {
    let value = 0
    for (let scale = 1; ; scale *= 128) {
      const byte = this.#bytes.readUInt8(this.#at++)
      value += (byte & 127) * scale
      if (byte < 128) return value
    }
  }

  skipText(): void {
    const length = this.varUint()
    this.#at += length
  }
}
