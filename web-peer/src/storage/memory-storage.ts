/** Logs of updates in memory, for pages that may not store anything: gone with the tab, and `durability` says so. */
import { KnotworkError, type Compacted, type DocumentName, type Storage, type StoredDocument } from '@knotwork/core'

export class MemoryStorage implements Storage {
  readonly durability = 'memory'
  readonly #logs = new Map<DocumentName, Uint8Array[]>()
  #isClosed = false

  async load(name: DocumentName): Promise<StoredDocument> {
    this.#mustBeOpen()
    return { updates: [...(this.#logs.get(name) ?? [])], unreadable: 0 }
  }

  async append(name: DocumentName, updates: readonly Uint8Array[]): Promise<void> {
    this.#mustBeOpen()
    if (updates.length === 0) return
    const log = this.#logs.get(name) ?? []
    for (const update of updates) log.push(update.slice())
    this.#logs.set(name, log)
  }

  async compact(name: DocumentName, merge: (updates: readonly Uint8Array[]) => Compacted | null): Promise<void> {
    this.#mustBeOpen()
    const log = this.#logs.get(name)
    const compacted = log === undefined ? null : merge(log)
    if (compacted !== null) this.#logs.set(name, [compacted.snapshot])
  }

  async *list(): AsyncIterable<DocumentName> {
    this.#mustBeOpen()
    yield* [...this.#logs.keys()]
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isClosed = true
    this.#logs.clear()
  }

  #mustBeOpen(): void {
    if (this.#isClosed) throw new KnotworkError('closed', 'this storage is closed')
  }
}
