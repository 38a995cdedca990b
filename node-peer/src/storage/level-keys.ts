/**
 * Where everything is (PROTOCOL.md [ST7], [ST10]), in y-leveldb's encoding of keys: texts as 0, length, UTF-8; numbers as 1
 * and four bytes, high first. y-leveldb's own: `['v1', document, 'update', n]` -> update, n counting up;
 * `['v1', document, 'meta', key]` -> any JSON-like value; `['v1_sv', document]` -> the state vector that the document had
 * at some clock, there for every document. Ours beside them: `['v1', document, 'seal', n]`, which goes when y-leveldb clears
 * the document, and `['knotwork', ...]`, which it never looks at.
 */
import type { DocumentName } from '@knotwork/core'

export type LevelKey = Buffer

const clockMax = 0xff_ff_ff_ff

/** A new document counts on from here. */
export const clockBeforeFirst = 0

/** "The root": what is true of the whole database; see `level-values.ts`. */
export const rootKey: LevelKey = encodeKey(['knotwork', 'root'])

/** Between these are the entries of all documents, in which y-leveldb keeps state vectors; and the heads of all. */
export const entryRange = { gte: encodeKey(['v1_sv']), lt: encodeKey(['v1_sw']) } as const
export const headRange = { gte: encodeKey(['knotwork', 'head']), lt: encodeKey(['knotwork', 'heae']) } as const

/**
 * "At clock 0 the document was empty": true, and never current, because y-leveldb takes a state vector for current when
 * its clock is that of the last record. So it computes the real one when it needs it, and nobody here has to.
 */
export const emptyStateVector: Uint8Array = Uint8Array.of(0, 1, 0)

/** The keys of one document, each made when it is asked for: most of them rarely are. */
export class DocumentKeys {
  readonly name: DocumentName
  #head: LevelKey | null = null
  #update: LevelKey | null = null
  #seal: LevelKey | null = null

  constructor(name: DocumentName) {
    this.name = name
  }

  /** In the list of documents. */
  get entry(): LevelKey {
    return encodeKey(['v1_sv', this.name])
  }

  get head(): LevelKey {
    return (this.#head ??= encodeKey(['knotwork', 'head', this.name]))
  }

  get note(): LevelKey {
    return encodeKey(['knotwork', 'note', this.name])
  }

  /** Of its history; the segments come right behind it. */
  get index(): LevelKey {
    return encodeKey(['knotwork', 'past', this.name])
  }

  get #firstUpdate(): LevelKey {
    return (this.#update ??= encodeKey(['v1', this.name, 'update', 0]))
  }

  get #firstSeal(): LevelKey {
    return (this.#seal ??= encodeKey(['v1', this.name, 'seal', 0]))
  }

  update(clock: number): LevelKey {
    return withClock(this.#firstUpdate, clock)
  }

  seal(clock: number): LevelKey {
    return withClock(this.#firstSeal, clock)
  }

  segment(id: number): LevelKey {
    return encodeKey(['knotwork', 'past', this.name, id])
  }

  /** The index and all segments. */
  get historyRange(): { readonly gte: LevelKey; readonly lt: LevelKey } {
    return { gte: this.index, lt: this.segment(clockMax) }
  }

  /** Records that are set aside, out of the way of every reader: under the document's meta keys. */
  damaged(clock: number, index: number): LevelKey {
    return encodeKey(['v1', this.name, 'meta', `damaged-${clock}-${index}`])
  }

  get damagedRange(): { readonly gte: LevelKey; readonly lt: LevelKey } {
    // Texts sort by their length first: all lengths that such a key can have, with keys of others between them.
    return { gte: encodeKey(['v1', this.name, 'meta', '']), lt: encodeKey(['v1', this.name, 'metb']) }
  }

  get updateRange(): { readonly gte: LevelKey; readonly lt: LevelKey } {
    return { gte: this.#firstUpdate, lt: this.update(clockMax) }
  }

  /** Seals and updates, in one range so that one look at the database sees them at one moment. */
  get logRange(): { readonly gte: LevelKey; readonly lt: LevelKey } {
    return { gte: this.#firstSeal, lt: this.update(clockMax) }
  }

  /** Everything that goes when y-leveldb clears the document. */
  get wholeRange(): { readonly gte: LevelKey; readonly lt: LevelKey } {
    return { gte: encodeKey(['v1', this.name]), lt: encodeKey(['v1', this.name, 'zzzzzzz']) }
  }

  isUpdate(key: Uint8Array): boolean {
    return hasPrefix(key, this.#firstUpdate)
  }

  isSeal(key: Uint8Array): boolean {
    return hasPrefix(key, this.#firstSeal)
  }
}

/** The clock at the end of the key of an update or a seal. */
export function clockOf(key: Uint8Array): number {
  return new DataView(key.buffer, key.byteOffset).getUint32(key.byteLength - 4)
}

/** The text that a key ends with: the document's name of an entry or a head; null where there is none. */
export function lastTextOf(key: Uint8Array): string | null {
  const parts = decodeKey(key)
  const last = parts?.at(-1)
  return typeof last === 'string' ? last : null
}

export function encodeKey(parts: readonly (string | number)[]): LevelKey {
  let size = 0
  for (const part of parts) size += typeof part === 'string' ? sizeOfText(Buffer.byteLength(part)) : 5
  const key = Buffer.allocUnsafe(size)
  let at = 0
  for (const part of parts) at = typeof part === 'string' ? writeText(key, part, at) : writeNumber(key, part, at)
  return key
}

/** Null for bytes that are no key: a damaged block holds anything. */
export function decodeKey(key: Uint8Array): readonly (string | number)[] | null {
  const bytes = Buffer.from(key.buffer, key.byteOffset, key.byteLength)
  const parts: (string | number)[] = []
  for (let at = 0; at < bytes.byteLength;) {
    if (bytes[at] === 1) {
      if (at + 5 > bytes.byteLength) return null
      parts.push(bytes.readUInt32BE(at + 1))
      at += 5
    } else if (bytes[at] === 0) {
      const text = decodeText(bytes, at + 1)
      if (text === null) return null
      parts.push(text.text)
      at = text.end
    } else return null
  }
  return parts
}

/** Bytes as lib0's "any" encoding, in which y-leveldb stores meta values: 116, then the length, then the bytes. */
export function metaValue(bytes: Uint8Array): Uint8Array {
  return Buffer.concat([Buffer.from([116, ...varUint(bytes.byteLength)]), bytes])
}

function sizeOfText(sizeBytes: number): number {
  return 1 + varUint(sizeBytes).length + sizeBytes
}

function writeText(key: Buffer, text: string, from: number): number {
  let at = key.writeUInt8(0, from)
  for (const byte of varUint(Buffer.byteLength(text))) at = key.writeUInt8(byte, at)
  return at + key.write(text, at, 'utf8')
}

function writeNumber(key: Buffer, value: number, from: number): number {
  return key.writeUInt32BE(value, key.writeUInt8(1, from))
}

function varUint(value: number): readonly number[] {
  const bytes: number[] = []
  let rest = value
  for (; rest > 127; rest = Math.floor(rest / 128)) bytes.push(128 | (rest & 127))
  return [...bytes, rest]
}

function decodeText(bytes: Buffer, from: number): { readonly text: string; readonly end: number } | null {
  let length = 0
  let at = from
  for (let scale = 1; ; scale *= 128) {
    const byte = bytes[at++]
    if (byte === undefined || scale > 2 ** 28) return null
    length += (byte & 127) * scale
    if (byte < 128) break
  }
  return at + length > bytes.byteLength ? null : { text: bytes.toString('utf8', at, at + length), end: at + length }
}

function withClock(template: LevelKey, clock: number): LevelKey {
  const key = Buffer.from(template)
  key.writeUInt32BE(clock, key.byteLength - 4)
  return key
}

function hasPrefix(key: Uint8Array, template: LevelKey): boolean {
  const end = template.byteLength - 4
  return key.byteLength === template.byteLength && template.compare(key, 0, end, 0, end) === 0
}
