/**
 * Watches one Y.Doc for as long as it lives, after each transaction: nothing waits inside it for what is not there (P3),
 * and nothing that was seen is seen no more.
 */
import * as Y from 'yjs'
import type { Violations } from '../world/violation.ts'

export interface WitnessOptions {
  readonly label: string
  readonly document: string
  readonly violations: Violations
  /** A record that was damaged leaves what was built on it waiting. */
  readonly mayWait: () => boolean
}

export class Witness {
  readonly #doc: Y.Doc
  readonly #options: WitnessOptions
  /** The highest clock ever seen of each client. */
  readonly #seen = new Map<number, number>()

  constructor(doc: Y.Doc, options: WitnessOptions) {
    this.#doc = doc
    this.#options = options
    doc.on('afterTransaction', () => this.look())
  }

  look(): void {
    const { store } = this.#doc
    const { label, document, violations, mayWait } = this.#options
    if ((store.pendingStructs !== null || store.pendingDs !== null) && !mayWait()) {
      violations.report('nothing-pending', `${label}: something waits inside the Y.Doc of ${document}`)
    }
    for (const client of store.clients.keys()) {
      const clock = Y.getState(store, client)
      if (clock < (this.#seen.get(client) ?? 0)) this.#unseen(client)
      this.#seen.set(client, clock)
    }
    if (this.#seen.size > store.clients.size) this.#unseen()
  }

  #unseen(client?: number): void {
    const { label, document, violations } = this.#options
    violations.report('never-unseen', `${label}: edits of ${client ?? 'somebody'} in ${document} went away`)
  }
}
