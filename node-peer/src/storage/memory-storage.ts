/** A storage that ends with the process: for relays that hold nothing, and for trying things out. */
import { KnotworkError, type Compacted, type DocumentName, type Storage, type StoredDocument } from '@knotwork/core'

export class MemoryStorage implements Storage {
  readonly durability = 'memory'
  readonly trouble = null
  readonly #records: Map<DocumentName, readonly Uint8Array[]>
  #isClosed = false

  /** `records`: to go on with what another one held. */
  constructor(records = new Map<DocumentName, readonly Uint8Array[]>()) {
    this.#records = records
  }

  load(name: DocumentName): Promise<StoredDocument> {
    return this.#whileOpen(() => ({ updates: this.#recordsOf(name).map((record) => record.slice()), unreadable: 0 }))
  }

  append(name: DocumentName, updates: readonly Uint8Array[]): Promise<void> {
    return this.#whileOpen(() => {
      if (updates.length === 0) return
      this.#records.set(name, [...this.#recordsOf(name), ...updates.map((update) => update.slice())])
    })
  }

  compact(name: DocumentName, merge: (updates: readonly Uint8Array[]) => Compacted | null): Promise<void> {
    return this.#whileOpen(() => {
      const compacted = merge(this.#recordsOf(name))
      // There is nothing to set damaged records aside on: they would end with the process as well.
      if (compacted !== null) this.#records.set(name, [compacted.snapshot.slice()])
    })
  }

  async *list(): AsyncGenerator<DocumentName> {
    yield* await this.#whileOpen(() => [...this.#records.keys()])
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.#isClosed = true
    return Promise.resolve()
  }

  #recordsOf(name: DocumentName): readonly Uint8Array[] {
    return this.#records.get(name) ?? []
  }

  async #whileOpen<Value>(work: () => Value): Promise<Value> {
    if (this.#isClosed) throw new KnotworkError('closed', 'the storage is closed')
    return work()
  }
}
