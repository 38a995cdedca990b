/**
 * The index of a document's history (PROTOCOL.md [HI2]): how long it is kept, and its segments with their checksums. The head holds
 * the index' checksum, so that whatever is gone or altered is known, as with records.
 */
import type { Retention, StoredSegment } from '@knotwork/core'
import * as decoding from 'lib0/decoding'
import * as encoding from 'lib0/encoding'
import { crc32 } from './checksum.ts'
import type { DocumentKeys } from './level-keys.ts'
import { guarded, unguarded } from './level-values.ts'

export interface IndexedSegment extends StoredSegment {
  /** Of its key and its bytes. */
  readonly checksum: number
}

export interface HistoryIndex {
  /** Null: as long as the peer keeps any. */
  readonly retention: Retention | null
  /** The id of the last segment ever made. */
  readonly lastId: number
  readonly segments: readonly IndexedSegment[]
}

export const emptyIndex: HistoryIndex = { retention: null, lastId: 0, segments: [] }

const kinds = ['default', 'none', 'all', 'days'] as const

export function encodeIndex(keys: DocumentKeys, { retention, lastId, segments }: HistoryIndex): Uint8Array {
  return guarded(keys.index, (encoder) => {
    const kind = retention === null ? 'default' : typeof retention === 'object' ? 'days' : retention
    const days = typeof retention === 'object' && retention !== null ? retention.days : 0
    for (const value of [kinds.indexOf(kind), days, lastId, segments.length]) encoding.writeVarUint(encoder, value)
    for (const { id, from, to, edits, sizeBytes, checksum } of segments) {
      for (const value of [id, from, to, edits, sizeBytes]) encoding.writeVarUint(encoder, value)
      encoding.writeUint32(encoder, checksum)
    }
  })
}

/** Null when it was altered. */
export function decodeIndex(keys: DocumentKeys, value: Uint8Array): HistoryIndex | null {
  return unguarded(keys.index, value, (decoder) => {
    const next = (): number => decoding.readVarUint(decoder)
    const [kind, days, lastId, count] = [next(), next(), next(), next()]
    const segments: IndexedSegment[] = []
    for (let at = 0; at < count; at++) {
      const segment = { id: next(), from: next(), to: next(), edits: next(), sizeBytes: next() }
      segments.push({ ...segment, checksum: decoding.readUint32(decoder) })
    }
    return { retention: retentionOf(kinds[kind], days), lastId, segments }
  })
}

function retentionOf(kind: (typeof kinds)[number] | undefined, days: number): Retention | null {
  if (kind === 'days') return { days }
  return kind === 'none' || kind === 'all' ? kind : null
}

/** What the head holds of it. */
export function indexChecksum(value: Uint8Array): number {
  // 0 stands for no index.
  return crc32(value) || 1
}

export function segmentChecksum(keys: DocumentKeys, id: number, update: Uint8Array): number {
  return crc32(update, crc32(keys.segment(id)))
}
