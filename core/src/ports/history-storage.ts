/**
 * The part of a storage that keeps what documents were before (PROTOCOL.md, HI). The log itself is the newest part of a
 * document's history, each record with the time it was appended; what a compaction takes out of the log goes on as segments.
 */
import type { DocumentName } from '../ids.ts'

/** Seconds since 1970 by the clock of this machine: for people, and for deciding what is old. Nothing else hangs on it. */
export type Seconds = number

/** How long the history of a document is kept. */
export type Retention = 'none' | 'all' | { readonly days: number }

/** A part of a document's history: everything that was written in some span of time, as one update (v2). */
export interface SegmentSpan {
  /** When the first and the last of it were appended. */
  readonly from: Seconds
  readonly to: Seconds
  /** Records it was made of; 0 for what the history begins with: a state, of which nobody knows how it came about. */
  readonly edits: number
}

export interface StoredSegment extends SegmentSpan {
  /** Never given again to another segment of the document. */
  readonly id: number
  readonly sizeBytes: number
}

export interface NewSegment extends SegmentSpan {
  readonly update: Uint8Array
}

/** One that is there and stays. */
export interface KeptSegment {
  readonly id: number
}

/** A record of the log. `folded`: what a compaction made; the segments hold it, too. Null: nobody knows when it was appended. */
export interface DatedRecord {
  readonly update: Uint8Array
  readonly at: Seconds | 'folded' | null
}

/** A document's history at one moment. */
export interface Past {
  readonly retention: Retention
  /** In the order of the log. */
  readonly segments: readonly StoredSegment[]
  /** The log: what came after the segments. */
  readonly records: readonly DatedRecord[]
  /** Segments were lost or altered: what there is begins anew after them. */
  readonly isDamaged: boolean
  readonly now: Seconds
  /** The update (v2) of a segment; null when it is not what was written, or was replaced meanwhile. */
  read(id: number): Promise<Uint8Array | null>
}

/** What is known of a document's history from its index. */
export type HistoryOutline = Pick<Past, 'retention' | 'segments'>

export interface HistoryStorage {
  /** A document that was never stored has an empty history. */
  past(name: DocumentName): Promise<Past>
  /** The same without the log, and without reading it. */
  outline(name: DocumentName): Promise<HistoryOutline>
  /** Sets how long this document's history is kept, null for what the storage was opened with. `none` drops it at once. */
  retain(name: DocumentName, retention: Retention | null): Promise<void>
}
