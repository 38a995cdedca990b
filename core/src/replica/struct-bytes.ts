/**
 * The structs of a document as bytes, each client's one after the other, as they came. A struct's bytes do not say its
 * client and clock: these follow from its place, in an update as here. So putting updates together, and taking out what
 * somebody lacks, is copying, and costs nothing like `Y.mergeUpdates` or `Y.diffUpdate` (YJS.md, traps 4 and 9).
 */
import * as decoding from 'lib0/decoding'
import * as encoding from 'lib0/encoding'
import type { Vector } from './gate.ts'
import { contentKind, readStruct, type StructHeader } from './update-reader.ts'

/** Between two marks a reader has to look at every struct. */
const bytesBetweenMarks = 1024
/** A struct above this is cut where somebody has its beginning; below, sending it whole costs less than the cut. */
const cutAboveBytes = 32

interface Mark {
  readonly clock: number
  readonly at: number
  /** Structs before it. */
  readonly count: number
}

/** The structs of one client. */
interface Strand {
  bytes: Uint8Array
  size: number
  count: number
  clock: number
  readonly marks: Mark[]
}

export class StructBytes {
  readonly #strands = new Map<number, Strand>()

  /** Structs that follow those of their clients; `update` holds their bytes. */
  add(structs: readonly StructHeader[], update: Uint8Array): void {
    // Structs of one client that lie together are copied together.
    let run: { readonly strand: Strand; readonly start: number; end: number; readonly client: number } | null = null
    for (const { client, clock, length, start, end } of structs) {
      if (run === null || run.client !== client || run.end !== start) {
        if (run !== null) append(run.strand, update, run.start, run.end)
        run = { strand: this.#strandOf(client, clock), start, end: start, client }
      }
      const { strand } = run
      mark(strand, strand.size + start - run.start)
      run.end = end
      strand.count++
      strand.clock = clock + length
    }
    if (run !== null) append(run.strand, update, run.start, run.end)
  }

  #strandOf(client: number, clock: number): Strand {
    const known = this.#strands.get(client)
    if (known !== undefined) return known
    const strand = { bytes: new Uint8Array(0), size: 0, count: 0, clock, marks: [] }
    this.#strands.set(client, strand)
    return strand
  }

  /** Everything from the clocks in `vector` on, without the delete set at its end. */
  write(encoder: encoding.Encoder, vector: Vector): void {
    const lacking = [...this.#strands]
      .filter(([client, strand]) => strand.clock > (vector.get(client) ?? 0))
      .toSorted(([a], [b]) => b - a)
    encoding.writeVarUint(encoder, lacking.length)
    for (const [client, strand] of lacking) writeFrom(encoder, client, strand, vector.get(client) ?? 0)
  }
}

/** Notes the struct that begins at `at`, if the last one noted is far enough. */
function mark({ marks, clock, count }: Strand, at: number): void {
  const last = marks.at(-1)
  if (last === undefined || at - last.at >= bytesBetweenMarks) marks.push({ clock, at, count })
}

function append(strand: Strand, source: Uint8Array, start: number, end: number): void {
  const size = strand.size + end - start
  if (size > strand.bytes.byteLength) {
    // What comes first is all there is of a document that is only read; whoever writes goes on writing.
    const grown = new Uint8Array(Math.max(size, Math.ceil(strand.bytes.byteLength * 1.5)))
    grown.set(strand.bytes.subarray(0, strand.size))
    strand.bytes = grown
  }
  strand.bytes.set(source.subarray(start, end), strand.size)
  strand.size = size
}

function writeFrom(encoder: encoding.Encoder, client: number, strand: Strand, clock: number): void {
  const { bytes, size, count } = strand
  const decoder = decoding.createDecoder(bytes)
  const from = lastMarkBefore(strand.marks, clock)
  decoder.pos = from.at
  let before = from.count
  let at = from.clock
  let struct: StructHeader | null = null
  while (at < clock) {
    struct = readStruct(decoder, client, at)
    if (at + struct.length > clock) break
    at += struct.length
    before++
    struct = null
  }
  const cut = struct === null ? null : cutText(bytes, struct, clock)
  encoding.writeVarUint(encoder, count - before)
  encoding.writeVarUint(encoder, client)
  encoding.writeVarUint(encoder, cut === null ? at : clock)
  if (cut !== null) encoding.writeUint8Array(encoder, cut)
  const rest = cut === null ? (struct?.start ?? decoder.pos) : decoder.pos
  encoding.writeUint8Array(encoder, bytes.subarray(rest, size))
}

function lastMarkBefore(marks: readonly Mark[], clock: number): Mark {
  let low = 0
  let high = marks.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if ((marks[middle]?.clock ?? 0) <= clock) low = middle + 1
    else high = middle
  }
  return marks[low - 1] ?? { clock: 0, at: 0, count: 0 }
}

const hasOrigin = 0x80
const hasRightOrigin = 0x40

/** The part of a long text that begins at `clock`, as a struct of its own; null where it is sent whole. */
function cutText(bytes: Uint8Array, struct: StructHeader, clock: number): Uint8Array | null {
  if (struct.content !== contentKind.string || struct.end - struct.start <= cutAboveBytes) return null
  const decoder = decoding.createDecoder(bytes.subarray(0, struct.end))
  const text = textOf(decoder, struct)
  const rest = text.slice(clock - struct.clock)
  // Half a character outside the basic plane has no bytes of its own.
  const first = rest.charCodeAt(0)
  if (first >= 0xdc_00 && first <= 0xdf_ff) return null
  return encoding.encode((encoder) => {
    const { client, rightOrigin } = struct
    encoding.writeUint8(encoder, contentKind.string | hasOrigin | (rightOrigin === null ? 0 : hasRightOrigin))
    encoding.writeVarUint(encoder, client)
    encoding.writeVarUint(encoder, clock - 1)
    if (rightOrigin !== null) {
      encoding.writeVarUint(encoder, rightOrigin.client)
      encoding.writeVarUint(encoder, rightOrigin.clock)
    }
    encoding.writeVarString(encoder, rest)
  })
}

/** A text is the last thing in its struct: what is before it has been read once, and is read again. */
function textOf(decoder: decoding.Decoder, struct: StructHeader): string {
  decoder.pos = struct.start + 1
  const ids = (struct.origin === null ? 0 : 1) + (struct.rightOrigin === null ? 0 : 1)
  for (let i = 0; i < ids * 2; i++) decoding.readVarUint(decoder)
  if (ids === 0) {
    const isRoot = decoding.readVarUint(decoder) === 1
    if (isRoot) decoding.readVarString(decoder)
    else for (let i = 0; i < 2; i++) decoding.readVarUint(decoder)
    if (struct.key !== null) decoding.readVarString(decoder)
  }
  return decoding.readVarString(decoder)
}
