/**
 * A document held as bytes: no Y.Doc is built to check an update, to keep it, to pass it on, or to answer who lacks what.
 */
import * as encoding from 'lib0/encoding'
import * as Y from 'yjs'
import type { Digest } from '../ids.ts'
import type { Have } from '../wire/message.ts'
import { ownLimits } from './compaction.ts'
import { DeletedRanges } from './deleted-ranges.ts'
import { cutDigest, encodeVector } from './digest.ts'
import { examine, isCovered, isWaiting, type Examined, type UpdateLimits, type Vector } from './gate.ts'
import type { Merged } from './merged.ts'
import { Outline } from './outline.ts'
import { StructBytes } from './struct-bytes.ts'

export class ByteHolding {
  readonly #outline: Outline
  readonly #structs = new StructBytes()
  /** A log of one record: most are only handed out again, whole. */
  #record: { readonly update: Uint8Array; readonly examined: Examined } | null = null
  /** Hears of each update that is new, as it belongs into the log. */
  readonly #took: (update: Uint8Array) => void
  #isOpening = false

  /** `deleted` hears of ranges in which something was not deleted before. */
  constructor(took: (update: Uint8Array) => void, deleted: (client: number, from: number, to: number) => void) {
    this.#took = took
    this.#outline = new Outline((client, from, to) => {
      if (!this.#isOpening) deleted(client, from, to)
    })
  }

  /** Null: nothing of it was taken, only a Y.Doc can tell what becomes of it, and this is of no use for anything more. */
  merge(update: Uint8Array, max: UpdateLimits): Merged | null {
    if (!this.open()) return null
    const examined = examine(update, max)
    if (!examined.ok) return { type: 'refused', why: examined.error }
    return this.#mergeExamined(update, examined.value)
  }

  /** Takes in the one record of a log, and puts it aside until more is asked than what is in it. */
  keep(update: Uint8Array): Merged['type'] {
    const examined = examine(update, ownLimits)
    if (!examined.ok) return 'refused'
    if (isWaiting(examined.value.inspection, () => 0)) return 'waiting'
    this.#record = { update, examined: examined.value }
    return 'news'
  }

  /** Looks into the record that was put aside. False: it is nothing that an editor wrote, as in `merge`. */
  open(): boolean {
    if (this.#record === null) return true
    const { update, examined } = this.#record
    this.#isOpening = true
    const hasDeleted = this.#outline.apply(examined.structs, examined.deletes)
    this.#isOpening = false
    if (hasDeleted === null) return false
    this.#structs.add(examined.structs, update)
    this.#record = null
    return true
  }

  #mergeExamined(update: Uint8Array, examined: Examined): Merged | null {
    const { inspection } = examined
    const known = (client: number): number => this.clockOf(client)
    if (isWaiting(inspection, known)) return { type: 'waiting' }
    const bringsStructs = !isCovered(inspection, known)
    if (!bringsStructs && !inspection.hasDeletes) return { type: 'known', inspection }
    if (bringsStructs && this.#overlaps(inspection.from)) return this.#mergeRest(update, examined)
    const structs = bringsStructs ? examined.structs : []
    const hasDeleted = this.#outline.apply(structs, examined.deletes)
    if (hasDeleted === null) return null
    if (!bringsStructs && !hasDeleted) return { type: 'known', inspection }
    this.#structs.add(structs, update)
    this.#took(update)
    return { type: 'news', inspection }
  }

  #overlaps(from: Vector): boolean {
    for (const [client, clock] of from) if (clock < this.clockOf(client)) return true
    return false
  }

  /** Some of it is here: that is cut off. */
  #mergeRest(update: Uint8Array, { inspection }: Examined): Merged | null {
    const rest = Y.diffUpdate(update, encodeVector(this.vector()))
    const examined = examine(rest, ownLimits)
    if (!examined.ok || this.#overlaps(examined.value.inspection.from)) return null
    const merged = this.#mergeExamined(rest, examined.value)
    return merged?.type === 'news' ? { type: 'news', inspection } : null
  }

  get isEmpty(): boolean {
    return this.#record === null && this.#outline.isEmpty
  }

  clockOf(client: number): number {
    if (this.#record === null) return this.#outline.clockOf(client)
    return this.#record.examined.inspection.to.get(client) ?? 0
  }

  vector(): Vector {
    return this.#record === null ? this.#outline.vector() : new Map(this.#record.examined.inspection.to)
  }

  have(): Have {
    return { stateVector: encodeVector(this.vector()), deletes: digestOfDeletes(this.#outline.deletes) }
  }

  /** What the record that was put aside says of itself: all it holds, if nothing is deleted there without a word. */
  haveAsSaid(): Have | null {
    if (this.#record === null) return null
    const said = new DeletedRanges()
    for (const { client, clock, length } of this.#record.examined.deletes) said.add(client, clock, clock + length)
    return { stateVector: encodeVector(this.vector()), deletes: digestOfDeletes(said) }
  }

  missing(vector: Vector, deletes: 'all' | DeletedRanges = 'all'): Uint8Array {
    if (this.#record !== null) return this.#record.update
    return encoding.encode((encoder) => {
      this.#structs.write(encoder, vector)
      const wanted = deletes === 'all' ? this.#outline.deletes : deletes
      wanted.write(encoder)
    })
  }
}

/** As of a Y.Doc: over a snapshot with an empty state vector. */
function digestOfDeletes(deletes: DeletedRanges): Digest {
  return cutDigest(
    encoding.encode((encoder) => {
      deletes.write(encoder)
      encoding.writeVarUint(encoder, 0)
    }),
  )
}
