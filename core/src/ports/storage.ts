import type { DocumentName } from '../ids.ts'

/** What a log held: Yjs updates (v1) in the order they were appended. */
export interface StoredDocument {
  readonly updates: readonly Uint8Array[]
  /** Records the storage itself could not read (a broken checksum, a torn write). They cost nobody else anything. */
  readonly unreadable: number
}

/** What `compact` gets back: the one record that takes the place of all, and those to be kept aside. */
export interface Compacted {
  readonly snapshot: Uint8Array
  /** Records that are no Yjs updates: set aside, out of the log, but not thrown away (PROTOCOL.md [ST5]). */
  readonly damaged: readonly Uint8Array[]
}

/**
 * One log of updates per document. Every promise resolves only when the thing is done and as durable as `durability`
 * says, and rejects otherwise: an error is never swallowed (PROTOCOL.md [ST1]).
 */
export interface Storage extends AsyncDisposable {
  /** `disk`: survives the end of this process. `memory`: does not; a peer says so to its neighbours. */
  readonly durability: 'disk' | 'memory'
  /** A document that was never stored loads as no updates. */
  load(name: DocumentName): Promise<StoredDocument>
  /** All of `updates` or none of them, after everything appended before. */
  append(name: DocumentName, updates: readonly Uint8Array[]): Promise<void>
  /**
   * Replaces all records of a document by one, in one atomic step. `merge` is called with every record stored at that
   * moment, whoever wrote it (two tabs share one storage), and may return null to leave the log as it is.
   */
  compact(name: DocumentName, merge: (updates: readonly Uint8Array[]) => Compacted | null): Promise<void>
  /** The names of all documents with at least one record. */
  list(): AsyncIterable<DocumentName>
}
