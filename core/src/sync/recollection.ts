/**
 * What a peer knows of a document besides its content, kept across restarts (PROTOCOL.md [ST9]): written once it has
 * been quiet for a while and before the document leaves memory, and taken up when the log has been read.
 */
import { equalBytes } from '../bytes.ts'
import type { Digest, Millis } from '../ids.ts'
import { limits } from '../limits.ts'
import type { StoredNote } from '../ports/storage.ts'
import { decodeNote, encodeNote } from '../wire/document-note.ts'
import type { LogWatermark } from './log-watermark.ts'
import type { Neighbourhood } from './neighbourhood.ts'
import type { Outbox } from './outbox.ts'

export interface RecollectionOptions {
  readonly log: LogWatermark
  readonly outbox: Outbox
  readonly neighbours: Neighbourhood
  /** Counts the edits made here. */
  readonly edits: { count: number }
}

export class Recollection {
  readonly #options: RecollectionOptions
  #written: Uint8Array | null = null
  #at: Millis | null = null
  #isHurried = false

  constructor(options: RecollectionOptions) {
    this.#options = options
  }

  /** Something happened that the note may have to tell. */
  touch(now: Millis): void {
    this.#at = now + limits.noteQuietMs
  }

  /** From now on without waiting for quiet: the peer is leaving. */
  hurry(): void {
    this.#isHurried = true
  }

  /** When to write; null while there is nothing to write, or something is on its way into the log. */
  get deadline(): Millis | null {
    return this.#options.log.isSettled ? this.#at : null
  }

  isDue(now: Millis): boolean {
    const at = this.deadline
    return at !== null && (this.#isHurried || now >= at)
  }

  /**
   * The log was read. What was in it counts as one edit, unless the note says that others have it, or how many they lack;
   * `isAt` tells whether the state that was read is the one with this digest.
   */
  recall(stored: StoredNote | null, isAt: (digest: Digest) => boolean): void {
    const { edits, neighbours, log } = this.#options
    const note = stored === null ? null : decodeNote(stored.bytes)
    // Another tab may have written to the same log, and noted what it knew.
    const isCurrent = stored?.isCurrent === true && note !== null && isAt(note.digest)
    const hasEdited = edits.count > 0
    edits.count += isCurrent ? Math.max(1, note.pending) : 1 + (note?.pending ?? 0)
    if (!isCurrent) return
    this.#written = stored.bytes
    // What was typed before the log was read is known to nobody.
    if (hasEdited || note.pending > 0) return
    const known = { edits: edits.count, whole: log.written }
    for (const { peer, keeps } of note.holders) neighbours.witnesses.note(peer, { ...known, keeps })
  }

  /** What to write now about the state with this digest; null when that is what is stored. */
  take(digest: Digest): Uint8Array | null {
    const { log, outbox, neighbours, edits } = this.#options
    this.#at = null
    const holders = outbox.isEmpty ? neighbours.whole(log.written, edits.count) : []
    // What came from others counts as one: after a restart nobody knows who made it.
    const pending = holders.length > 0 ? 0 : Math.max(1, edits.count - neighbours.safeEdits)
    const bytes = encodeNote({ digest, pending, holders: holders.slice(0, limits.witnessesMax) })
    if (this.#written !== null && equalBytes(bytes, this.#written)) return null
    this.#written = bytes
    return bytes
  }
}
