/**
 * One document's full copy, behind three questions (what do you hold, what is missing there, what changed) and one
 * command (merge). All that the engine knows of Yjs is in this folder.
 *
 * It is held as bytes until somebody needs a Y.Doc: an app that opens it, or an update no editor writes. To check
 * updates, to keep and pass them on, to compare and to answer, bytes are enough, and cost a fraction.
 *
 * Every change of the document, whoever made it, comes out of `takeChanges` exactly once, as the bytes that were
 * announced: that is what belongs into the log.
 */
import type * as Y from 'yjs'
import type { Have } from '../wire/message.ts'
import { ByteHolding } from './byte-holding.ts'
import { ownLimits } from './compaction.ts'
import { equalBytes } from '../bytes.ts'
import { DeletedRanges } from './deleted-ranges.ts'
import { digestOf, encodeVector, equalHaves, noDigest } from './digest.ts'
import { DocHolding, type Change, type DocHoldingOptions } from './doc-holding.ts'
import { decodeVector, inspect, type UpdateLimits, type Vector } from './gate.ts'
import type { Merged } from './merged.ts'
import type { Digest } from '../ids.ts'
import { RecentDeletes } from './recent-deletes.ts'
import { contentKind, readUpdate, type StructHeader } from './update-reader.ts'

export interface Difference {
  /** They surely lack something that is here. */
  readonly theyLack: boolean
  /** Something they hold is surely missing here. */
  readonly weLack: boolean
  /** Same state vector, other deletes: who lacks which of them cannot be told from eight bytes. */
  readonly deletesDiffer: boolean
  readonly theirVector: Vector
}

export interface ReplicaOptions extends Omit<DocHoldingOptions, 'announced' | 'orphaned'> {
  /** Called after a change of the Y.Doc, so that somebody comes to take it. Must not throw. */
  readonly changed: () => void
}

export class Replica {
  readonly #options: ReplicaOptions
  readonly #changes: Change[] = []
  #holding: ByteHolding | DocHolding
  #isLoading = false
  #have: Have | null = null
  #digest: Digest | null = null
  readonly #recent = new RecentDeletes()

  /** `doc` may be an app's own, with content: that content counts as an edit made here. */
  constructor(options: ReplicaOptions, doc?: Y.Doc) {
    this.#options = options
    this.#holding = doc === undefined ? this.#asBytes() : this.#asDoc(doc)
  }

  #asBytes(): ByteHolding {
    return new ByteHolding(
      (update) => {
        if (!this.#isLoading) this.#note({ update, isEdit: false })
      },
      (client, from, to) => {
        if (!this.#isLoading) this.#recent.add(client, from, to)
      },
    )
  }

  #asDoc(doc?: Y.Doc): DocHolding {
    const { origin, freshClientId, faulted, changed } = this.#options
    const announced = (change: Change): void => {
      this.#note(change)
      this.#noteDeletes(change.update)
      changed()
    }
    return new DocHolding({ origin, freshClientId, faulted, announced, orphaned: () => this.leaveDoc() }, doc)
  }

  #note(change: Change): void {
    this.#changes.push(change)
    this.#forgetState()
  }

  /** What is garbage in an update is deleted, and its delete set does not say so. */
  #noteDeletes(update: Uint8Array): void {
    if (!this.#recent.isKept) return
    const { structs, deletes } = readUpdate(update)
    const isGone = ({ content }: StructHeader): boolean => content === contentKind.gc || content === contentKind.deleted
    for (const { client, clock, length } of [...structs.filter(isGone), ...deletes]) {
      this.#recent.add(client, clock, clock + length)
    }
  }

  #forgetState(): void {
    this.#have = null
    this.#digest = null
  }

  /** The Y.Doc, made now when there was none. */
  get doc(): Y.Doc {
    return this.#bringToLife().doc
  }

  #bringToLife(): DocHolding {
    if (this.#holding instanceof DocHolding) return this.#holding
    const snapshot = this.snapshot()
    const live = this.#asDoc()
    live.load([snapshot])
    this.#holding = live
    this.#recent.forget()
    return live
  }

  /** [DS15] Goes on without the Y.Doc: it was destroyed, or the app that brought it has closed the document. */
  leaveDoc(): void {
    const left = this.#holding
    if (left instanceof ByteHolding) return
    left.release()
    this.#holding = this.#asBytes()
    this.load([left.everything()])
  }

  /**
   * Made around an app's Y.Doc, it takes the place of `before`: what that holds comes in, and what the app brought is an
   * edit as far as it was not there. An app that opens the same Y.Doc again brings nothing.
   */
  succeed(before: Replica): void {
    before.leaveDoc()
    const known = before.snapshot()
    const brought = this.#changes.splice(0)
    for (const change of brought) {
      const [merged] = before.merge([change.update], ownLimits)
      // What cannot be told apart goes into the log as it is.
      if (merged?.type !== 'known' && merged?.type !== 'news') this.#changes.push(change)
    }
    for (const { update } of before.takeChanges()) this.#changes.push({ update, isEdit: true })
    this.load([known])
  }

  #opened(): ByteHolding | DocHolding {
    const holding = this.#holding
    return holding instanceof ByteHolding && !holding.open() ? this.#bringToLife() : holding
  }

  /** Whether there is a Y.Doc, and that one. */
  isHeldIn(doc: Y.Doc): boolean {
    return this.#holding instanceof DocHolding && this.#holding.doc === doc
  }

  /** Whether this is held as bytes: no app has it open. */
  get isCold(): boolean {
    return this.#holding instanceof ByteHolding
  }

  /** Stops watching the document; an app that holds it keeps it. */
  release(): void {
    if (this.#holding instanceof DocHolding) this.#holding.release()
  }

  /**
   * Whether, since the last call, a merge may have filled a hole in a damaged log: then more has come into the document
   * than the updates that were merged.
   */
  takeFilledHole(): boolean {
    return this.#holding instanceof DocHolding && this.#holding.takeFilledHole()
  }

  /** What changed since the last call, in order. */
  takeChanges(): readonly Change[] {
    return this.#changes.splice(0)
  }

  /** Fills the replica from its own log. Returns the records that are no updates; they cost only themselves. */
  load(updates: readonly Uint8Array[]): readonly Uint8Array[] {
    const damaged: Uint8Array[] = []
    this.#isLoading = true
    const left = this.#loadBytes(updates, damaged)
    this.#isLoading = false
    this.#recent.forget()
    if (left.length > 0) {
      const readable = left.filter((update) => inspect(update, ownLimits).ok)
      // A record that builds on a lost one waits in a Y.Doc for the day that comes back.
      this.#bringToLife().load(readable)
      for (const update of left) if (!readable.includes(update)) damaged.push(update)
    }
    this.#forgetState()
    return damaged
  }

  /** Takes in what it can, in whatever order it is; returns what only a Y.Doc can take. */
  #loadBytes(updates: readonly Uint8Array[], damaged: Uint8Array[]): readonly Uint8Array[] {
    const holding = this.#holding
    const [record] = updates
    if (record !== undefined && updates.length === 1 && holding instanceof ByteHolding && holding.isEmpty) {
      const kept = holding.keep(record)
      if (kept === 'refused') damaged.push(record)
      return kept === 'waiting' ? updates : []
    }
    let left = updates
    for (let hasNews = true; hasNews && holding instanceof ByteHolding;) {
      hasNews = false
      const waiting: Uint8Array[] = []
      for (const [at, update] of left.entries()) {
        const merged = holding.merge(update, ownLimits)
        if (merged === null) return [...waiting, ...left.slice(at)]
        if (merged.type === 'refused') damaged.push(update)
        if (merged.type === 'waiting') waiting.push(update)
        if (merged.type === 'news') hasNews = true
      }
      left = waiting
    }
    return left
  }

  /** Merges updates from outside; the answers are in the same order. */
  merge(updates: readonly Uint8Array[], max: UpdateLimits): readonly Merged[] {
    const results: Merged[] = []
    for (const update of updates) {
      const merged = this.#holding instanceof ByteHolding ? this.#holding.merge(update, max) : null
      if (merged === null) break
      results.push(merged)
    }
    if (results.length === updates.length) return results
    return [...results, ...this.#bringToLife().merge(updates.slice(results.length), max)]
  }

  /** The clock after the last struct of a client that is here. */
  clockOf(client: number): number {
    return this.#holding.clockOf(client)
  }

  /** The clock after the last struct of each client. */
  vector(): Vector {
    return this.#holding.vector()
  }

  have(): Have {
    return this.#have ?? this.#noteHave(this.#opened().have())
  }

  #noteHave(have: Have): Have {
    this.#have = have
    this.#recent.mark(have.deletes)
    return have
  }

  /** What is here, for who does not ask for deletes: that spares looking into a record that is only handed out. */
  haveWithoutDeletes(): Have {
    return { stateVector: encodeVector(this.vector()), deletes: noDigest }
  }

  digest(): Digest {
    this.#digest ??= digestOf(this.have())
    return this.#digest
  }

  /**
   * Whether this is the state with that digest. A record that says of itself just that is not looked into: who has the
   * same structs and the same deletes has nothing deleted besides.
   */
  isAt(digest: Digest): boolean {
    const said = this.#holding instanceof ByteHolding ? this.#holding.haveAsSaid() : null
    if (said !== null && equalBytes(digestOf(said), digest)) this.#noteHave(said)
    return equalBytes(this.digest(), digest)
  }

  /** Compares with what somebody else holds; null when that is the very same, a sentence when it is no state at all. */
  compare(theirs: Have): Difference | null | string {
    const { stateVector } = this.haveWithoutDeletes()
    if (equalBytes(theirs.stateVector, stateVector) && equalHaves(theirs, this.have())) return null
    const decoded = decodeVector(theirs.stateVector)
    if (!decoded.ok) return decoded.error
    const theirVector = decoded.value
    let weLack = false
    for (const [client, clock] of theirVector) if (clock > this.clockOf(client)) weLack = true
    let theyLack = false
    for (const [client, clock] of this.vector()) if (clock > (theirVector.get(client) ?? 0)) theyLack = true
    return { theyLack, weLack, deletesDiffer: !weLack && !theyLack, theirVector }
  }

  /** What was deleted here since all deletes had that digest; null when nobody remembers. */
  deletedSince(digest: Digest): DeletedRanges | null {
    return equalBytes(digest, this.have().deletes) ? new DeletedRanges() : this.#recent.since(digest)
  }

  /** Everything that a document with the state `vector` lacks as one update, with the whole delete set or with some of it. */
  missing(vector: Vector, deletes: 'all' | DeletedRanges = 'all'): Uint8Array {
    return vector.size === 0 ? this.snapshot() : this.#opened().missing(vector, deletes)
  }

  /** The whole document as one update. */
  snapshot(): Uint8Array {
    return this.#holding.missing(new Map())
  }

  /** Whether an exception left the Y.Doc unable to announce edits (PROTOCOL.md [DS10]): it must be rebuilt from the log. */
  get isStuck(): boolean {
    return this.#holding instanceof DocHolding && this.#holding.isStuck
  }
}

/** The document type apps bind to, for the rooms that must not know yjs. */
export type Doc = Y.Doc
