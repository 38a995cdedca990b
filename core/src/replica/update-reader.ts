/**
 * Reads an update (v1) without building what is in it: which structs of which clients, what each builds on, where its
 * bytes are, and what is deleted. It reads exactly what `Y.decodeUpdate` reads and throws where that throws, at a
 * fraction of the cost: content is stepped over, so a document can be checked, stored and served as bytes.
 */
import * as decoding from 'lib0/decoding'

export interface Id {
  readonly client: number
  readonly clock: number
}

/** How Yjs numbers what a struct holds: the low five bits of its first byte. */
export const contentKind = { gc: 0, deleted: 1, string: 4, type: 7, skip: 10 } as const

/** A struct, less what it holds. */
export interface StructHeader {
  readonly client: number
  readonly clock: number
  readonly length: number
  /** One of `contentKind`, or one of the kinds nobody here needs to tell apart. */
  readonly content: number
  readonly origin: Id | null
  readonly rightOrigin: Id | null
  /** The name of a root, the id of a type, or null: then it is that of its origin. */
  readonly parent: Id | string | null
  readonly key: string | null
  /** Its bytes in the update. */
  readonly start: number
  readonly end: number
  /** Where, in these, the bytes of its text begin that end with it; 0 where it holds no text. */
  readonly text: number
}

export interface DeletedRange {
  readonly client: number
  readonly clock: number
  readonly length: number
}

export interface ReadUpdate {
  readonly structs: readonly StructHeader[]
  readonly deletes: readonly DeletedRange[]
}

/** Throws when the bytes are no update. */
export function readUpdate(update: Uint8Array): ReadUpdate {
  const decoder = decoding.createDecoder(update)
  const structs: StructHeader[] = []
  const clients = decoding.readVarUint(decoder)
  for (let i = 0; i < clients; i++) {
    const count = decoding.readVarUint(decoder)
    const client = decoding.readVarUint(decoder)
    let clock = decoding.readVarUint(decoder)
    for (let j = 0; j < count; j++) {
      const struct = readStruct(decoder, client, clock)
      structs.push(struct)
      clock += struct.length
    }
  }
  return { structs, deletes: readDeletes(decoder) }
}

function readDeletes(decoder: decoding.Decoder): readonly DeletedRange[] {
  const deletes: DeletedRange[] = []
  const clients = decoding.readVarUint(decoder)
  for (let i = 0; i < clients; i++) {
    const client = decoding.readVarUint(decoder)
    const count = decoding.readVarUint(decoder)
    for (let j = 0; j < count; j++) {
      const clock = decoding.readVarUint(decoder)
      deletes.push({ client, clock, length: decoding.readVarUint(decoder) })
    }
  }
  return deletes
}

const hasOrigin = 0x80
const hasRightOrigin = 0x40
const hasKey = 0x20
const kindBits = 0x1f

/** The struct at the decoder's place, whose client and clock are not in its own bytes. */
export function readStruct(decoder: decoding.Decoder, client: number, clock: number): StructHeader {
  const start = decoder.pos
  const info = decoding.readUint8(decoder)
  const isItem = info !== contentKind.skip && (info & kindBits) !== 0
  if (!isItem) {
    const length = decoding.readVarUint(decoder)
    const content = info === contentKind.skip ? contentKind.skip : contentKind.gc
    const none = { origin: null, rightOrigin: null, parent: null, key: null }
    return { client, clock, length, content, ...none, start, end: decoder.pos, text: 0 }
  }
  const origin = (info & hasOrigin) === 0 ? null : readId(decoder)
  const rightOrigin = (info & hasRightOrigin) === 0 ? null : readId(decoder)
  // Who has an origin has its parent, too, and does not say it again.
  const isFirst = origin === null && rightOrigin === null
  const parent = isFirst ? readParent(decoder) : null
  const key = isFirst && (info & hasKey) !== 0 ? decoding.readVarString(decoder) : null
  const content = info & kindBits
  const before = decoder.pos
  const length = skipContent(decoder, content)
  const end = decoder.pos
  const text = content === contentKind.string ? textStart(decoder.arr, before) : 0
  return { client, clock, length, content, origin, rightOrigin, parent, key, start, end, text }
}

function readId(decoder: decoding.Decoder): Id {
  const client = decoding.readVarUint(decoder)
  return { client, clock: decoding.readVarUint(decoder) }
}

function readParent(decoder: decoding.Decoder): Id | string {
  return decoding.readVarUint(decoder) === 1 ? decoding.readVarString(decoder) : readId(decoder)
}

/** Types whose name follows: an XML element, an XML hook. */
const namedTypes: ReadonlySet<number> = new Set([3, 5])
const lastType = 6

/** Steps over what an item holds; returns how many clocks that takes. */
function skipContent(decoder: decoding.Decoder, content: number): number {
  switch (content) {
    case contentKind.deleted:
      return decoding.readVarUint(decoder)
    case 2:
      return skipJson(decoder)
    case 3:
      decoding.readVarUint8Array(decoder)
      return 1
    case contentKind.string:
      return readTextLength(decoder)
    case 5:
      JSON.parse(decoding.readVarString(decoder))
      return 1
    case 6:
      decoding.readVarString(decoder)
      JSON.parse(decoding.readVarString(decoder))
      return 1
    case contentKind.type: {
      const type = decoding.readVarUint(decoder)
      if (type > lastType) throw new Error('a type that does not exist')
      if (namedTypes.has(type)) decoding.readVarString(decoder)
      return 1
    }
    case 8:
      return skipAny(decoder)
    case 9: {
      decoding.readVarString(decoder)
      const options: unknown = decoding.readAny(decoder)
      if (options === null || options === undefined) throw new Error('a document without options')
      return 1
    }
    default:
      throw new Error('content that does not exist')
  }
}

function skipJson(decoder: decoding.Decoder): number {
  const length = decoding.readVarUint(decoder)
  for (let i = 0; i < length; i++) {
    const json = decoding.readVarString(decoder)
    if (json !== 'undefined') JSON.parse(json)
  }
  return length
}

function skipAny(decoder: decoding.Decoder): number {
  const length = decoding.readVarUint(decoder)
  for (let i = 0; i < length; i++) decoding.readAny(decoder)
  return length
}

/** Behind the length that stands at `at`. */
function textStart(bytes: Uint8Array, at: number): number {
  let start = at
  while ((bytes[start] ?? 0) > 0x7f) start++
  return start + 1
}

/** Clocks count UTF-16 units. Most text is ASCII, and of that the bytes are the units. */
function readTextLength(decoder: decoding.Decoder): number {
  const before = decoder.pos
  const sizeBytes = decoding.readVarUint(decoder)
  const end = decoder.pos + sizeBytes
  for (let at = decoder.pos; at < end; at++) {
    // Beyond the end of the bytes there is no number, and what is no ASCII has to be well-formed.
    if ((decoder.arr[at] ?? 0x80) < 0x80) continue
    decoder.pos = before
    return decoding.readVarString(decoder).length
  }
  decoder.pos = end
  return sizeBytes
}
