/** What an app sees of a document's history; `versions.ts` is behind it. */
import type { DocumentDifference } from '../history/comparison.ts'
import type { Retention } from '../ports/history-storage.ts'

/** Moments and lengths of time are texts as in RFC 3339, `2026-05-01T09:30:00Z`, by the clock of whoever wrote them down. */
export type Moment = string

/** What was written between two pauses, as this peer saw it. Its id is the moment of its end. */
export interface Session {
  readonly id: Moment
  readonly from: Moment
  readonly to: Moment
  /** Updates it was written in. 0: what the history begins with; nobody here knows how it came about. */
  readonly edits: number
  readonly sizeBytes: number
}

/** A state that somebody gave a name: every peer of the document sees it. */
export interface NamedVersion {
  readonly id: string
  readonly name: string
  readonly at: Moment
  /** The id of the peer that named it. */
  readonly by: string
  readonly sizeBytes: number
}

export interface VersionList {
  /** How long this peer keeps the sessions of this document. */
  readonly retention: Retention
  /** The history that this peer keeps begins here; null when it keeps none. Other peers may know more. */
  readonly since: Moment | null
  /** What the history costs this peer, besides the document itself and the named versions. */
  readonly sizeBytes: number
  /** A part of what was kept is damaged: what is missing comes back from nobody. */
  readonly isDamaged: boolean
  /** The oldest first. */
  readonly sessions: readonly Session[]
  readonly named: readonly NamedVersion[]
}

/**
 * The history of one document. A version is named by its id, by the name that somebody gave it (the newest of that name), or by any moment:
 * the document after the last session that had ended by then.
 *
 * @throws KnotworkError `no-version` when there is none; `storage` when the history cannot be read; `closed`.
 */
export interface Versions {
  list(): Promise<VersionList>
  /** Names what the document holds now, or held in the version `of`, for everybody. */
  create(name: string, options?: { readonly of?: string }): Promise<NamedVersion>
  /** The whole document as it was, as one Yjs update (v1). */
  read(version: string): Promise<Uint8Array>
  /** What has changed from that version to another one, or to what the document holds now. */
  diff(version: string, to?: string): Promise<DocumentDifference>
  /**
   * Makes the document hold again what it held then, by the fewest new changes; what others write meanwhile merges with them, and an
   * undo takes them back. False when it holds just that.
   */
  restore(version: string): Promise<boolean>
  /** Takes a named version away, for everybody. */
  remove(version: string): Promise<void>
  /** How long this peer keeps this document's sessions; null for what the peer was opened with. `none` drops them at once. */
  retain(retention: Retention | null): Promise<void>
}
