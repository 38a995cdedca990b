/**
 * Logs in memory: for peers that store nothing, for pages that may not, and for trying things out. Several storages
 * can be open on one `MemoryDisk`, as tabs are on one origin.
 */
import { KnotworkError } from '../errors.ts'
import type { DocumentName } from '../ids.ts'
import type { Compacted, Storage, StoredDocument } from '../ports/storage.ts'

/** What outlives a `MemoryStorage`. */
export class MemoryDisk {
  readonly records = new Map<DocumentName, Uint8Array[]>()
  readonly setAside = new Map<DocumentName, Uint8Array[]>()
}

export class MemoryStorage implements Storage {
  readonly durability = 'memory'
  readonly #disk: MemoryDisk
  #isClosed = false

  constructor(disk: MemoryDisk = new MemoryDisk()) {
    this.#disk = disk
  }

  async load(name: DocumentName): Promise<StoredDocument> {
    return { updates: this.#recordsOf(name).map((record) => record.slice()), unreadable: 0 }
  }

  async append(name: DocumentName, updates: readonly Uint8Array[]): Promise<void> {
    const records = this.#recordsOf(name)
    if (updates.length === 0) return
    for (const update of updates) records.push(update.slice())
    this.#disk.records.set(name, records)
  }

  async compact(name: DocumentName, merge: (updates: readonly Uint8Array[]) => Compacted | null): Promise<void> {
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

  #recordsOf(name: DocumentName): Uint8Array[] {
    this.#mustBeOpen()
    return this.#disk.records.get(name) ?? []
  }

  #mustBeOpen(): void {
    if (this.#isClosed) throw new KnotworkError('closed', 'the storage is closed')
  }
}
