/**
 * One throwing listener must not mute a document (PROTOCOL.md [DS10]).
 *
 * Yjs calls the listeners of `update`, `afterTransactionCleanup`, `subdocs` and the `before*` events in the middle of
 * its bookkeeping; an exception there leaves the transaction open for ever, and no later edit is ever announced.
 * So the document's `emit` is replaced by one that calls every listener, catches what it throws, and reports it.
 */
import type * as Y from 'yjs'

const isolated = new WeakSet<Y.Doc>()

/** Makes `doc` survive its listeners. `report` gets what they threw and must not throw itself. */
export function isolateListeners(doc: Y.Doc, report: (thrown: unknown, event: string) => void): void {
  if (isolated.has(doc)) return
  isolated.add(doc)
  doc.emit = (event: string, args: unknown[]): void => {
    const listeners: Iterable<(...args: unknown[]) => void> = doc._observers.get(event) ?? []
    for (const listener of [...listeners]) {
      try {
        listener(...args)
      } catch (thrown) {
        report(thrown, event)
      }
    }
  }
}

/** Whether an exception left the document in the middle of a transaction: it will never announce an edit again. */
export function isStuck(doc: Y.Doc): boolean {
  return doc._transaction !== null || doc._transactionCleanups.length > 0
}
