/** Watches one Y.Doc and writes every edit made in it into the ledger, whoever makes it and in whichever transaction. */
import type * as Y from 'yjs'
import type { Ledger } from '../checks/ledger.ts'
import { rangesOf } from '../checks/update-content.ts'
import type { Life } from '../world/life.ts'
import { deedOf } from './document-edit.ts'

export interface ScribeOptions {
  readonly ledger: Ledger
  readonly document: string
  readonly author: string
  readonly life: Life | null
  /** Origin of transactions that merge what others made. */
  readonly mergeOrigin: unknown
}

export class Scribe {
  readonly #options: ScribeOptions

  constructor(doc: Y.Doc, options: ScribeOptions) {
    this.#options = options
    doc.on('afterTransaction', (transaction: Y.Transaction) => this.#note(doc, transaction))
  }

  #note(doc: Y.Doc, transaction: Y.Transaction): void {
    const own = doc.clientID
    const [before, after] = [transaction.beforeState.get(own) ?? 0, transaction.afterState.get(own) ?? 0]
    const { ledger, document, author, life, mergeOrigin } = this.#options
    // Observers may edit inside a transaction that merges: then the structs are ours, and the deletes may not be.
    const isOwn = transaction.origin !== mergeOrigin
    const deleted = isOwn ? rangesOf(transaction.deleteSet) : []
    if (after === before && deleted.length === 0) return
    const to = new Map(after === before ? [] : [[own, after]])
    const { tokens, erased } = deedOf(transaction)
    ledger.record({ document, author, life, content: { to, deleted }, tokens, erased, atMs: life?.scheduler.now ?? 0 })
  }
}
