/**
 * What outlives a process. Beside the records it keeps, on demand, a document that shows what those records are worth:
 * the checks ask it what was durably held at this very moment.
 */
import * as Y from 'yjs'
import { holds, rangesOf } from '../checks/update-content.ts'

export interface Record {
  readonly bytes: Uint8Array
  /** False: the storage notices by itself that it is damaged, as by a checksum. */
  readonly isReadable: boolean
}

/** What a power failure leaves of a record that was being written. */
export interface TornRecord {
  /** How much of it, from 0 to 1. */
  readonly share: number
  /** The storage notices by itself, as by a checksum. */
  readonly isNoticed: boolean
}

export class SimDisk {
  readonly #broken: (what: string) => void
  readonly #records = new Map<string, Record[]>()
  readonly #notes = new Map<string, { readonly bytes: Uint8Array; readonly isCurrent: boolean }>()
  readonly #shadows = new Map<string, { readonly doc: Y.Doc; applied: number }>()
  /** Documents of which records were damaged, and how often everything was lost. */
  readonly #damaged = new Set<string>()

  /** `broken` hears when what was written makes no sense: something waits in a log, or has gone from it. */
  constructor(broken: (what: string) => void) {
    this.#broken = broken
  }

  names(): readonly string[] {
    return [...this.#records.keys()]
  }

  recordsOf(name: string): readonly Record[] {
    return this.#records.get(name) ?? []
  }

  append(name: string, updates: readonly Uint8Array[], note?: Uint8Array): void {
    if (updates.length === 0 && !this.#records.has(name)) return
    const before = this.#notes.get(name)
    if (note !== undefined) this.#notes.set(name, { bytes: note, isCurrent: true })
    else if (before !== undefined && updates.length > 0) this.#notes.set(name, { ...before, isCurrent: false })
    const records = this.#records.get(name) ?? []
    this.#records.set(name, records)
    for (const bytes of updates) records.push({ bytes, isReadable: true })
    this.#lookForWaiting(name)
  }

  /** Puts one record in the place of those; where some of them are gone, does nothing. */
  replace(name: string, replaced: readonly Record[], snapshot: Uint8Array): void {
    const records = this.recordsOf(name)
    if (replaced.some((record, index) => record !== records[index])) return
    const before = this.shadow(name)
    this.#records.set(name, [{ bytes: snapshot, isReadable: true }, ...records.slice(replaced.length)])
    this.#shadows.delete(name)
    const held = { to: Y.decodeStateVector(Y.encodeStateVector(before)), deleted: rangesOf(Y.snapshot(before).ds) }
    if (!holds(this.shadow(name), held)) this.#broken(`compaction took something out of the log of ${name}`)
    this.#lookForWaiting(name)
  }

  /** A log holds nothing without what that builds on, at any moment: a crash may be next. */
  #lookForWaiting(name: string): void {
    const { pendingStructs, pendingDs } = this.shadow(name).store
    if ((pendingStructs === null && pendingDs === null) || this.isDamaged(name)) return
    this.#broken(`something waits in the log of ${name}`)
  }

  noteOf(name: string): { readonly bytes: Uint8Array; readonly isCurrent: boolean } | null {
    return this.#notes.get(name) ?? null
  }

  /** What a fresh process would read: the truth about durability. */
  shadow(name: string): Y.Doc {
    let shadow = this.#shadows.get(name)
    if (shadow === undefined) {
      shadow = { doc: new Y.Doc({ guid: name }), applied: 0 }
      this.#shadows.set(name, shadow)
    }
    const records = this.recordsOf(name)
    if (shadow.applied === records.length) return shadow.doc
    const { doc } = shadow
    doc.transact(() => {
      for (const record of records.slice(shadow.applied)) if (record.isReadable) applyIfWhole(doc, record.bytes)
    })
    shadow.applied = records.length
    return doc
  }

  /** Whether records of this document were damaged, ever. */
  isDamaged(name: string): boolean {
    return this.#damaged.has(name)
  }

  lose(): void {
    this.#records.clear()
    this.#notes.clear()
    this.#shadows.clear()
  }

  loseTail(name: string, count: number, torn: TornRecord | null): void {
    const records = this.#records.get(name) ?? []
    const [first] = records.splice(-count)
    this.#notes.delete(name)
    this.#shadows.delete(name)
    if (first === undefined || torn === null) return
    const bytes = first.bytes.slice(0, Math.floor(first.bytes.byteLength * torn.share))
    records.push({ bytes, isReadable: !torn.isNoticed })
  }

  /** Bit rot in one record. */
  rot(name: string, index: number, isNoticed: boolean): void {
    const record = this.#records.get(name)?.[index]
    if (record === undefined) return
    const bytes = isNoticed ? record.bytes : record.bytes.map((byte) => byte | 0x80)
    this.#records.get(name)?.splice(index, 1, { bytes, isReadable: !isNoticed })
    this.#shadows.delete(name)
    this.#damaged.add(name)
  }
}

function applyIfWhole(doc: Y.Doc, bytes: Uint8Array): void {
  try {
    Y.decodeUpdate(bytes)
  } catch {
    return
  }
  Y.applyUpdate(doc, bytes)
}
