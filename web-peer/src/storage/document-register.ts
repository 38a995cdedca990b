/**
 * Which documents this peer has: `indexedDB.databases()` cannot tell a document from another program's database, and
 * is missing in some browsers. A name is announced before its first record and marked as held after it, so a crash in
 * between leaves a name to be looked at again, never a document nobody finds.
 */
import type { DocumentName } from '@knotwork/core'
import { ownStore } from '../own-database.ts'
import { answered, written } from './indexeddb-request.ts'

type Mark = 'announced' | 'held'

export class DocumentRegister {
  readonly #database: IDBDatabase

  constructor(ownDatabase: IDBDatabase) {
    this.#database = ownDatabase
  }

  /** The name is about to get its first record. */
  announce(name: DocumentName): Promise<void> {
    return written(this.#database, ownStore.documents, async (transaction) => {
      const store = transaction.objectStore(ownStore.documents)
      if ((await answered(store.getKey(name))) === undefined) store.put('announced' satisfies Mark, name)
    })
  }

  /** The name has records. */
  hold(name: DocumentName): Promise<void> {
    return written(this.#database, ownStore.documents, (transaction) => {
      transaction.objectStore(ownStore.documents).put('held' satisfies Mark, name)
    })
  }

  /** All names, and whether each is known to have records. */
  async names(): Promise<readonly { readonly name: DocumentName; readonly isHeld: boolean }[]> {
    const store = this.#database.transaction(ownStore.documents).objectStore(ownStore.documents)
    // Asked in one transaction, so both come in the same order.
    const [names, marks] = await Promise.all([answered(store.getAllKeys()), answered(store.getAll())])
    // Only document names are ever written here.
    return names.map((name, index) => ({
      name: name as DocumentName,
      isHeld: marks[index] === ('held' satisfies Mark),
    }))
  }
}
