/** A storage that tells when something was stored: after it was, and to whoever wants to know. */
import type { DocumentName, HistoryStorage, ListedDocument, Merge, Storage, StoredDocument } from '@knotwork/core'

export type StoredListener = (name: DocumentName, updates: readonly Uint8Array[]) => void

export type LoadCompletion = (name: DocumentName, loaded: StoredDocument) => Promise<StoredDocument>

export type StorageOperation = 'load' | 'append' | 'compact'

/** Is told when an operation begins; what it returns, how it ended. Neither may throw. */
export type StorageMeter = (operation: StorageOperation) => (isDone: boolean) => void

export class WatchedStorage implements Storage {
  readonly #storage: Storage & { readonly trouble?: string | null }
  readonly #listeners = new Set<StoredListener>()
  readonly #meter: StorageMeter
  #complete: LoadCompletion | null = null

  constructor(storage: Storage & { readonly trouble?: string | null }, meter: StorageMeter = () => () => undefined) {
    this.#storage = storage
    this.#meter = meter
  }

  /** Listeners must not throw. */
  watch(listener: StoredListener): void {
    this.#listeners.add(listener)
  }

  get durability(): Storage['durability'] {
    return this.#storage.durability
  }

  get history(): HistoryStorage | undefined {
    return this.#storage.history
  }

  /** Why nothing can be stored at the moment; null when it can. */
  get trouble(): string | null {
    return this.#storage.trouble ?? null
  }

  /** Has `complete` look at every document that is loaded, and add to it. Must not throw. */
  completeLoads(complete: LoadCompletion): void {
    this.#complete = complete
  }

  async load(name: DocumentName): Promise<StoredDocument> {
    const loaded = await this.#metered('load', () => this.#storage.load(name))
    return this.#complete === null ? loaded : this.#complete(name, loaded)
  }

  /** What is stored, and nothing else. */
  peek(name: DocumentName): Promise<StoredDocument> {
    return this.#storage.load(name)
  }

  async append(name: DocumentName, updates: readonly Uint8Array[], note?: Uint8Array): Promise<void> {
    await this.#metered('append', () => this.#storage.append(name, updates, note))
    if (updates.length > 0) for (const listener of this.#listeners) listener(name, updates)
  }

  compact(name: DocumentName, merge: Merge): Promise<void> {
    return this.#metered('compact', () => this.#storage.compact(name, merge))
  }

  list(): AsyncIterable<ListedDocument> {
    return this.#storage.list()
  }

  [Symbol.asyncDispose](): PromiseLike<void> {
    return this.#storage[Symbol.asyncDispose]()
  }

  async #metered<Value>(operation: StorageOperation, run: () => Promise<Value>): Promise<Value> {
    const ended = this.#meter(operation)
    let isDone = false
    try {
      const value = await run()
      isDone = true
      return value
    } finally {
      ended(isDone)
    }
  }
}
