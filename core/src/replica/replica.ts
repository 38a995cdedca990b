/**
 * One document's full copy: a Y.Doc behind three questions (what do you hold, what is missing there, what changed)
 * and one command (merge). All that the engine knows of Yjs is in this folder.
 *
 * Every change of the document, whoever made it, comes out of `takeChanges` exactly once, as the bytes Yjs announced:
 * that is what belongs into the log. Changes made by merging are told from edits by the transaction's origin, because
 * an app's observer may edit in the middle of a merge (PROTOCOL.md [DS9]; YJS.md, trap 1).
 */
import * as encoding from 'lib0/encoding'
import * as Y from 'yjs'
import { messageOf } from '../result.ts'
import type { Have } from '../wire/message.ts'
import { ownLimits } from './compaction.ts'
import { digestOf, equalHaves, haveOf } from './digest.ts'
import { decodeVector, inspect, isCovered, isWaiting, type Inspection, type UpdateLimits, type Vector } from './gate.ts'
import { isolateListeners, isStuck } from './isolation.ts'
import type { Digest } from '../ids.ts'

/** What became of an update from outside. */
export type Merged =
  /** Nothing new in it. */
  | { readonly type: 'known'; readonly inspection: Inspection }
  /** Applied: the document changed. */
  | { readonly type: 'news'; readonly inspection: Inspection }
  /** Not applied: it builds on something that is not here. Ask for that, then offer it again. */
  | { readonly type: 'waiting' }
  /** Not applied: no update, or above a limit. */
  | { readonly type: 'refused'; readonly why: string }

export interface Change {
  readonly update: Uint8Array
  /** An edit made here must be sent to others; merged bytes are passed on as they came instead. */
  readonly isEdit: boolean
}

export interface Difference {
  /** They surely lack something that is here. */
  readonly theyLack: boolean
  /** Something they hold is surely missing here. */
  readonly weLack: boolean
  /** Same state vector, other deletes: who lacks which of them cannot be told from eight bytes. */
  readonly deletesDiffer: boolean
  readonly theirVector: Vector
}

export interface ReplicaOptions {
  /** The origin of merging transactions, for apps that ask where a change came from. */
  readonly origin: unknown
  /** A fresh random client id, also for when Yjs gives the old one up (PROTOCOL.md [DS11]). */
  readonly freshClientId: () => number
  /** Hears what listeners and observers of the app threw. Must not throw. */
  readonly faulted: (thrown: unknown, where: string) => void
  /** Called after a change, so that somebody comes to take it. Must not throw. */
  readonly changed: () => void
}

export class Replica {
  readonly doc: Y.Doc
  readonly #options: ReplicaOptions
  readonly #changes: Change[] = []
  #have: Have | null = null
  #digest: Digest | null = null
  #hasFilledHole = false
  #mode: 'open' | 'merging' | 'loading' = 'open'
  /** Under which the app edited before the transaction of ours that is under way: Yjs may give it up before its end. */
  #ownClient = 0

  /** `doc` may be an app's own, with content: that content counts as an edit made here. */
  constructor(options: ReplicaOptions, doc?: Y.Doc) {
    this.#options = options
    this.doc = doc ?? new Y.Doc()
    if (doc === undefined) this.doc.clientID = options.freshClientId()
    isolateListeners(this.doc, (thrown, event) => options.faulted(thrown, event))
    if (this.doc.store.clients.size > 0) this.#changes.push({ update: Y.encodeStateAsUpdate(this.doc), isEdit: true })
    this.doc.on('update', this.#onUpdate)
  }

  /** Stops watching the document; an app that holds it keeps it. */
  release(): void {
    this.doc.off('update', this.#onUpdate)
  }

  readonly #onUpdate = (update: Uint8Array, origin: unknown, _doc: Y.Doc, transaction: Y.Transaction): void => {
    this.#have = null
    this.#digest = null
    const isOurs = origin === this.#options.origin
    // A listener may edit inside our own transaction; then the bytes hold an edit as well.
    const wasTouched = transaction.beforeState.get(this.#ownClient) !== transaction.afterState.get(this.#ownClient)
    if (isOurs && this.#mode === 'loading' && !wasTouched) return
    this.#changes.push({ update, isEdit: !isOurs || this.#mode !== 'merging' || wasTouched })
    this.#options.changed()
  }

  /**
   * Whether, since the last call, a merge may have filled a hole in a damaged log: then more has come into the document
   * than the updates that were merged.
   */
  takeFilledHole(): boolean {
    const hasFilledHole = this.#hasFilledHole
    this.#hasFilledHole = false
    return hasFilledHole
  }

  /** What changed since the last call, in order. */
  takeChanges(): readonly Change[] {
    return this.#changes.splice(0)
  }

  /** Fills the replica from its own log. Returns the records that are no updates; they cost only themselves. */
  load(updates: readonly Uint8Array[]): readonly Uint8Array[] {
    const damaged: Uint8Array[] = []
    this.#transact('loading', () => {
      for (const update of updates) {
        if (!inspect(update, ownLimits).ok) damaged.push(update)
        else this.#apply(update)
      }
    })
    this.#have = null
    this.#digest = null
    return damaged
  }

  /** Merges updates from outside in one transaction; the answers are in the same order. */
  merge(updates: readonly Uint8Array[], max: UpdateLimits): readonly Merged[] {
    const results: Merged[] = []
    const { pendingStructs } = this.doc.store
    this.#transact('merging', (transaction) => {
      for (const update of updates) results.push(this.#mergeOne(update, max, transaction))
    })
    if (pendingStructs !== null && this.doc.store.pendingStructs !== pendingStructs) this.#hasFilledHole = true
    while (results.length < updates.length) results.push({ type: 'refused', why: 'a listener threw while merging' })
    return results
  }

  #mergeOne(update: Uint8Array, max: UpdateLimits, transaction: Y.Transaction): Merged {
    const inspected = inspect(update, max)
    if (!inspected.ok) return { type: 'refused', why: inspected.error }
    const inspection = inspected.value
    const known = (client: number): number => this.clockOf(client)
    if (isWaiting(inspection, known)) return { type: 'waiting' }
    const bringsStructs = !isCovered(inspection, known)
    if (!bringsStructs && !inspection.hasDeletes) return { type: 'known', inspection }
    const deletesBefore = countDeletes(transaction)
    const trouble = this.#apply(update)
    if (trouble !== null) return { type: 'refused', why: trouble }
    const isNews = bringsStructs || countDeletes(transaction) > deletesBefore
    return isNews ? { type: 'news', inspection } : { type: 'known', inspection }
  }

  #apply(update: Uint8Array): string | null {
    try {
      Y.applyUpdate(this.doc, update, this.#options.origin)
      return null
    } catch (thrown) {
      this.#options.faulted(thrown, 'applyUpdate')
      return messageOf(thrown)
    }
  }

  #transact(mode: 'merging' | 'loading', run: (transaction: Y.Transaction) => void): void {
    this.#ownClient = this.doc.clientID
    this.#mode = mode
    try {
      Y.transact(this.doc, run, this.#options.origin, false)
    } catch (thrown) {
      // An observer of the app threw; Yjs finished the transaction all the same.
      this.#options.faulted(thrown, 'observer')
    } finally {
      this.#mode = 'open'
    }
    if (this.doc.clientID !== this.#ownClient) this.doc.clientID = this.#options.freshClientId()
  }

  /** The clock after the last struct of a client that is here. */
  clockOf(client: number): number {
    return Y.getState(this.doc.store, client)
  }

  /** The clock after the last struct of each client. */
  vector(): Vector {
    const { store } = this.doc
    return new Map([...store.clients.keys()].map((client) => [client, Y.getState(store, client)]))
  }

  have(): Have {
    this.#have ??= haveOf(this.doc)
    return this.#have
  }

  digest(): Digest {
    this.#digest ??= digestOf(this.have())
    return this.#digest
  }

  /** Compares with what somebody else holds; null when that is the very same, a sentence when it is no state at all. */
  compare(theirs: Have): Difference | null | string {
    if (equalHaves(theirs, this.have())) return null
    const decoded = decodeVector(theirs.stateVector)
    if (!decoded.ok) return decoded.error
    const theirVector = decoded.value
    let weLack = false
    for (const [client, clock] of theirVector) if (clock > this.clockOf(client)) weLack = true
    let theyLack = false
    for (const [client, clock] of this.vector()) if (clock > (theirVector.get(client) ?? 0)) theyLack = true
    return { theyLack, weLack, deletesDiffer: !weLack && !theyLack, theirVector }
  }

  /** Everything that a document with the state `vector` lacks, and the whole delete set, as one update. */
  missing(vector: Vector): Uint8Array {
    const { store } = this.doc
    const { pendingDs, pendingStructs } = store
    // What still waits in a damaged log must not travel: it would wait at the other side, too.
    store.pendingDs = null
    store.pendingStructs = null
    try {
      return Y.encodeStateAsUpdate(this.doc, encodeVector(vector))
    } finally {
      store.pendingDs = pendingDs
      store.pendingStructs = pendingStructs
    }
  }

  /** The whole document as one update. */
  snapshot(): Uint8Array {
    return this.missing(new Map())
  }

  /** Whether an exception left the Y.Doc unable to announce edits (PROTOCOL.md [DS10]): it must be rebuilt from the log. */
  get isStuck(): boolean {
    return isStuck(this.doc)
  }
}

function countDeletes(transaction: Y.Transaction): number {
  let count = 0
  for (const ranges of transaction.deleteSet.clients.values()) count += ranges.length
  return count
}

function encodeVector(vector: Vector): Uint8Array {
  return encoding.encode((encoder) => {
    encoding.writeVarUint(encoder, vector.size)
    for (const [client, clock] of vector) {
      encoding.writeVarUint(encoder, client)
      encoding.writeVarUint(encoder, clock)
    }
  })
}

/** The document type apps bind to, for the rooms that must not know yjs. */
export type Doc = Y.Doc
