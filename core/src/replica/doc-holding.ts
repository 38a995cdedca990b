/**
 * A document held as a Y.Doc: for an app that has it open, and for what cannot be told from bytes.
 *
 * Changes made by merging are told from edits by the transaction's origin, because an app's observer may edit in the
 * middle of a merge (PROTOCOL.md [DS9]; YJS.md, trap 1).
 */
import * as encoding from 'lib0/encoding'
import * as Y from 'yjs'
import { messageOf } from '../result.ts'
import type { Have } from '../wire/message.ts'
import type { DeletedRanges } from './deleted-ranges.ts'
import { encodeDeletes, encodeVector, haveOf } from './digest.ts'
import { inspect, isCovered, isWaiting, type UpdateLimits, type Vector } from './gate.ts'
import { isolateListeners, isStuck } from './isolation.ts'
import type { Merged } from './merged.ts'

export interface Change {
  readonly update: Uint8Array
  /** An edit made here must be sent to others; merged bytes are passed on as they came instead. */
  readonly isEdit: boolean
}

export interface DocHoldingOptions {
  /** The origin of merging transactions, for apps that ask where a change came from. */
  readonly origin: unknown
  /** A fresh random client id, also for when Yjs gives the old one up (PROTOCOL.md [DS11]). */
  readonly freshClientId: () => number
  /** Hears what listeners and observers of the app threw. Must not throw. */
  readonly faulted: (thrown: unknown, where: string) => void
  /** Whatever changed. Must not throw. */
  readonly announced: (change: Change) => void
  /** The Y.Doc was destroyed: it announces nothing any more. Must not throw. */
  readonly orphaned: () => void
}

export class DocHolding {
  readonly doc: Y.Doc
  readonly #options: DocHoldingOptions
  #hasFilledHole = false
  #isDestroyed = false
  #mode: 'open' | 'merging' | 'loading' = 'open'
  /** Under which the app edited before the transaction of ours that is under way: Yjs may give it up before its end. */
  #ownClient = 0

  /** `doc` may be an app's own, with content: that content counts as an edit made here. */
  constructor(options: DocHoldingOptions, doc?: Y.Doc) {
    this.#options = options
    this.doc = doc ?? new Y.Doc()
    if (doc === undefined) this.doc.clientID = options.freshClientId()
    isolateListeners(this.doc, (thrown, event) => options.faulted(thrown, event))
    if (this.doc.store.clients.size > 0) {
      options.announced({ update: Y.encodeStateAsUpdate(this.doc), isEdit: true })
    }
    this.doc.on('update', this.#onUpdate)
    this.doc.on('destroy', this.#onDestroy)
  }

  /** Stops watching the document; an app that holds it keeps it. */
  release(): void {
    this.doc.off('update', this.#onUpdate)
    this.doc.off('destroy', this.#onDestroy)
  }

  /** [DS15] Whatever the transaction under way has changed will not be announced. */
  readonly #onDestroy = (): void => {
    this.#isDestroyed = true
    // A merge is told of when it is over.
    if (this.#mode !== 'open') return
    if (isStuck(this.doc)) this.#options.announced({ update: this.everything(), isEdit: true })
    this.#options.orphaned()
  }

  readonly #onUpdate = (update: Uint8Array, origin: unknown, _doc: Y.Doc, transaction: Y.Transaction): void => {
    const isOurs = origin === this.#options.origin
    // A listener may edit inside our own transaction; then the bytes hold an edit as well.
    const wasTouched = transaction.beforeState.get(this.#ownClient) !== transaction.afterState.get(this.#ownClient)
    if (isOurs && this.#mode === 'loading' && !wasTouched) return
    this.#options.announced({ update, isEdit: !isOurs || this.#mode !== 'merging' || wasTouched })
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

  /** Takes in what is in the log already: no changes. */
  load(updates: readonly Uint8Array[]): void {
    this.#transact('loading', () => {
      for (const update of updates) this.#apply(update)
    })
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
    if (!this.#isDestroyed) return
    this.#options.announced({ update: this.everything(), isEdit: true })
    this.#options.orphaned()
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
    return haveOf(this.doc)
  }

  /** Everything that a document with the state `vector` lacks as one update, with the whole delete set or without. */
  missing(vector: Vector, deletes: 'all' | DeletedRanges = 'all'): Uint8Array {
    const update = this.#withoutWaiting(() => Y.encodeStateAsUpdate(this.doc, encodeVector(vector)))
    return deletes === 'all' ? update : withDeletes(update, encodeDeletes(this.doc), deletes)
  }

  /** The whole document, with what still waits in a damaged log. */
  everything(): Uint8Array {
    return Y.encodeStateAsUpdate(this.doc)
  }

  #withoutWaiting(encode: () => Uint8Array): Uint8Array {
    const { store } = this.doc
    const { pendingDs, pendingStructs } = store
    // What still waits in a damaged log must not travel: it would wait at the other side, too.
    store.pendingDs = null
    store.pendingStructs = null
    try {
      return encode()
    } finally {
      store.pendingDs = pendingDs
      store.pendingStructs = pendingStructs
    }
  }

  /** Whether an exception left the Y.Doc unable to announce edits (PROTOCOL.md [DS10]): it must be rebuilt from the log. */
  get isStuck(): boolean {
    return isStuck(this.doc)
  }
}

/** An update ends with its delete set: another one in place of that. */
function withDeletes(update: Uint8Array, before: Uint8Array, deletes: DeletedRanges): Uint8Array {
  return encoding.encode((encoder) => {
    encoding.writeUint8Array(encoder, update.subarray(0, update.byteLength - before.byteLength))
    deletes.write(encoder)
  })
}

function countDeletes(transaction: Y.Transaction): number {
  let count = 0
  for (const ranges of transaction.deleteSet.clients.values()) count += ranges.length
  return count
}
