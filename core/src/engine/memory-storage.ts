/**
 * Logs in memory: for peers that store nothing, for pages that may not, and for trying things out. Several storages
 * can be open on one `MemoryDisk`, as tabs are on one origin.
 */
import { KnotworkError } from '../errors.ts'
import type { DocumentName } from '../ids.ts'
import type { ListedDocument, Merge, Storage, StoredDocument, StoredNote } from '../ports/storage.ts'

/** What outlives a `MemoryStorage`. */
export class MemoryDisk {
  readonly records = new Map<DocumentName, Uint8Array[]>()
  readonly notes = new Map<DocumentName, StoredNote>()
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
    const updates = this.#recordsOf(name).map((record) => record.slice())
    return { updates, unreadable: 0, note: this.#noteOf(name) }
  }

  async append(name: DocumentName, updates: readonly Uint8Array[], note?: Uint8Array): Promise<void> {
    const records = this.#recordsOf(name)
    for (const update of updates) records.push(update.slice())
    if (records.length === 0) return
    const { notes } = this.#disk
    const before = notes.get(name)
    if (note !== undefined) notes.set(name, { bytes: note.slice(), isCurrent: true })
    else if (before !== undefined && updates.length > 0) notes.set(name, { ...before, isCurrent: false })
    this.#disk.records.set(name, records)
  }

  async compact(name: DocumentName, merge: Merge): Promise<void> {
    const before = [...this.#recordsOf(name)]
    const compacted = await merge(before)
    if (compacted === null) return
    const now = this.#recordsOf(name)
    if (before.some((record, index) => record !== now[index])) return
    this.#disk.records.set(name, [compacted.snapshot.slice(), ...now.slice(before.length)])
    this.#disk.setAside.set(name, [...(this.#disk.setAside.get(name) ?? []), ...compacted.damaged])
  }

  async *list(): AsyncGenerator<ListedDocument> {
    this.#mustBeOpen()
    for (const name of [...this.#disk.records.keys()]) yield { name, note: this.#noteOf(name) }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isClosed = true
  }

  #noteOf(name: DocumentName): StoredNote | null {
    const note = this.#disk.notes.get(name)
    return note === undefined ? null : { ...note, bytes: note.bytes.slice() }
  }

  #recordsOf(name: DocumentName): Uint8Array[] {
    this.#mustBeOpen()
    return this.#disk.records.get(name) ?? []
  }

  #mustBeOpen(): void {
    if (this.#isClosed) throw new KnotworkError('closed', 'the storage is closed')
  }
}
