/** A storage that forgets with its `MemoryDisk`; several can be open on one disk at once, as tabs on one origin. */
import type { Compacted, DocumentName, Storage, StoredDocument } from '@knotwork/core'

/** What outlives a `MemoryStorage`. */
export class MemoryDisk {
  readonly records = new Map<DocumentName, Uint8Array[]>()
  readonly setAside = new Map<DocumentName, Uint8Array[]>()

  open(): MemoryStorage {
    return new MemoryStorage(this)
  }
}

export class MemoryStorage implements Storage {
  readonly durability = 'memory'
  readonly #disk: MemoryDisk
  #isClosed = false

  constructor(disk: MemoryDisk = new MemoryDisk()) {
    this.#disk = disk
  }

  async load(name: DocumentName): Promise<StoredDocument> {
    this.#mustBeOpen()
    return { updates: this.#recordsOf(name).map((record) => record.slice()), unreadable: 0 }
  }

  async append(name: DocumentName, updates: readonly Uint8Array[]): Promise<void> {
    this.#mustBeOpen()
    if (updates.length === 0) return
    this.#disk.records.set(name, [...this.#recordsOf(name), ...updates.map((update) => update.slice())])
  }

  async compact(name: DocumentName, merge: (updates: readonly Uint8Array[]) => Compacted | null): Promise<void> {
    this.#mustBeOpen()
    const compacted = merge(this.#recordsOf(name))
    if (compacted === null) return
    this.#disk.records.set(name, [compacted.snapshot.slice()])
    this.#disk.setAside.set(name, [...(this.#disk.setAside.get(name) ?? []), ...compacted.damaged])
  }

  async *list(): AsyncGenerator<DocumentName> {
    this.#mustBeOpen()
    yield* [...this.#disk.records.keys()]
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isClosed = true
  }

  #recordsOf(name: DocumentName): readonly Uint8Array[] {
    return this.#disk.records.get(name) ?? []
  }

  #mustBeOpen(): void {
    if (this.#isClosed) throw new Error('the storage is closed')
  }
}
