import type { DocumentName } from '../ids.ts'
import type { HistoryStorage, KeptSegment, NewSegment, Past } from './history-storage.ts'

/** What a log held: Yjs updates (v1) in the order they were appended. */
export interface StoredDocument {
  readonly updates: readonly Uint8Array[]
  /** Records the storage itself could not read (a broken checksum, a torn write). They cost nobody else anything. */
  readonly unreadable: number
  readonly note: StoredNote | null
}

/**
 * A few bytes kept beside a document's updates, as they were given: what a peer wants to know of it before, or without,
 * reading its updates. Storages do not look into them.
 */
export interface StoredNote {
  readonly bytes: Uint8Array
  /** Nobody has appended anything since it was written: it speaks of just what is stored. */
  readonly isCurrent: boolean
}

/** One line of the list of documents. */
export interface ListedDocument {
  readonly name: DocumentName
  readonly note: StoredNote | null
}

/** What `compact` gets back: the one record that takes the place of all, and those to be kept aside. */
export interface Compacted {
  readonly snapshot: Uint8Array
  /** Records that are no Yjs updates: set aside, out of the log, but not thrown away (PROTOCOL.md [ST5]). */
  readonly damaged: readonly Uint8Array[]
  /** All segments of the history from now on, in their order; without it they stay as they are, and the snapshot is no part of them. */
  readonly segments?: readonly (NewSegment | KeptSegment)[]
}

/**
 * Makes one record of many; null to leave the log as it is. It may take its time: appends go on meanwhile. A storage that
 * keeps a history hands it over, too, so that what leaves the log goes there in the same step (PROTOCOL.md [HI1]).
 */
export type Merge = (updates: readonly Uint8Array[], past?: Past) => Compacted | null | Promise<Compacted | null>

/**
 * One log of updates per document. Every promise resolves only when the thing is done and as durable as `durability`
 * says, and rejects otherwise: an error is never swallowed (PROTOCOL.md [ST1]).
 */
export interface Storage extends AsyncDisposable {
  /**
   * `disk`: survives a power failure. `os`: survives the end of this process, not that of the machine. `memory`: does
   * not survive this process. A peer says to its neighbours only of `disk` that it stores.
   */
  readonly durability: 'disk' | 'os' | 'memory'
  /** A document that was never stored loads as no updates. */
  load(name: DocumentName): Promise<StoredDocument>
  /**
   * All of `updates` or none of them, after everything appended before. `note`, where given, takes the place of the last
   * one in the same step [ST9]; without updates it is kept only of a document that has some.
   */
  append(name: DocumentName, updates: readonly Uint8Array[], note?: Uint8Array): Promise<void>
  /**
   * Replaces all records stored at that moment, whoever wrote them (two tabs share one storage), by one: in one atomic
   * step, in their place, before whatever was appended meanwhile. Where another has replaced some of them meanwhile,
   * nothing is done. The note stays.
   */
  compact(name: DocumentName, merge: Merge): Promise<void>
  /** All documents with at least one record, without reading their updates. */
  list(): AsyncIterable<ListedDocument>
  /** Where this storage keeps what has left its logs; absent when it keeps none. */
  readonly history?: HistoryStorage | undefined
}
