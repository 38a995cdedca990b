/**
 * Logs in memory: for peers that store nothing, for pages that may not, and for trying things out. Several storages
 * can be open on one `MemoryDisk`, as tabs are on one origin.
 */
import { KnotworkError } from '../errors.ts'
import type { DocumentName } from '../ids.ts'
import type {
  DatedRecord,
  HistoryStorage,
  NewSegment,
  Past,
  Retention,
  Seconds,
  StoredSegment,
} from '../ports/history-storage.ts'
import type { Compacted, ListedDocument, Merge, Storage, StoredDocument, StoredNote } from '../ports/storage.ts'

/** What outlives a `MemoryStorage`. */
export class MemoryDisk {
  readonly records = new Map<DocumentName, Uint8Array[]>()
  readonly notes = new Map<DocumentName, StoredNote>()
  readonly setAside = new Map<DocumentName, Uint8Array[]>()
  /** When each record was appended. */
  readonly dates = new WeakMap<Uint8Array, DatedRecord['at']>()
  readonly segments = new Map<DocumentName, readonly MemorySegment[]>()
  readonly retentions = new Map<DocumentName, Retention>()
  /** Segments made so far. */
  lastSegment = 0
}

type MemorySegment = NewSegment & StoredSegment

export interface MemoryHistoryOptions {
  /** How long histories are kept, where a document says nothing else. */
  readonly retention: Retention
  readonly now: () => Seconds
}

export class MemoryStorage implements Storage {
  readonly durability = 'memory'
  readonly #disk: MemoryDisk
  readonly #history: MemoryHistoryOptions | null
  #isClosed = false

  /** Without `history` none is kept. */
  constructor(disk: MemoryDisk = new MemoryDisk(), history: MemoryHistoryOptions | null = null) {
    this.#disk = disk
    this.#history = history
  }

  get history(): HistoryStorage | undefined {
    const options = this.#history
    return options === null ? undefined : this.#historyWith(options)
  }

  #historyWith(options: MemoryHistoryOptions): HistoryStorage {
    const { retentions, segments } = this.#disk
    return {
      past: async (name) => this.#pastOf(name, options, this.#recordsOf(name)),
      outline: async (name) => ({
        retention: retentions.get(name) ?? options.retention,
        segments: segments.get(name) ?? [],
      }),
      retain: async (name, retention) => {
        if (this.#recordsOf(name).length === 0) throw new KnotworkError('storage', 'no such document is stored here')
        if (retention === null) retentions.delete(name)
        else retentions.set(name, retention)
        if ((retention ?? options.retention) === 'none') segments.delete(name)
      },
    }
  }

  #pastOf(name: DocumentName, options: MemoryHistoryOptions, records: readonly Uint8Array[]): Past {
    const segments = this.#disk.segments.get(name) ?? []
    return {
      retention: this.#disk.retentions.get(name) ?? options.retention,
      segments,
      records: records.map((update) => ({ update: update.slice(), at: this.#disk.dates.get(update) ?? null })),
      isDamaged: false,
      now: options.now(),
      read: async (id) => segments.find((segment) => segment.id === id)?.update ?? null,
    }
  }

  async load(name: DocumentName): Promise<StoredDocument> {
    const updates = this.#recordsOf(name).map((record) => record.slice())
    return { updates, unreadable: 0, note: this.#noteOf(name) }
  }

  async append(name: DocumentName, updates: readonly Uint8Array[], note?: Uint8Array): Promise<void> {
    const records = this.#recordsOf(name)
    for (const update of updates) {
      const record = update.slice()
      records.push(record)
      if (this.#history !== null) this.#disk.dates.set(record, this.#history.now())
    }
    if (records.length === 0) return
    const { notes } = this.#disk
    const before = notes.get(name)
    if (note !== undefined) notes.set(name, { bytes: note.slice(), isCurrent: true })
    else if (before !== undefined && updates.length > 0) notes.set(name, { ...before, isCurrent: false })
    this.#disk.records.set(name, records)
  }

  async compact(name: DocumentName, merge: Merge): Promise<void> {
    const before = [...this.#recordsOf(name)]
    const compacted = await merge(
      before,
      this.#history === null ? undefined : this.#pastOf(name, this.#history, before),
    )
    if (compacted === null) return
    const now = this.#recordsOf(name)
    if (before.some((record, index) => record !== now[index])) return
    const snapshot = compacted.snapshot.slice()
    if (compacted.segments !== undefined) this.#disk.dates.set(snapshot, 'folded')
    this.#disk.records.set(name, [snapshot, ...now.slice(before.length)])
    this.#keepSegments(name, compacted)
    this.#disk.setAside.set(name, [...(this.#disk.setAside.get(name) ?? []), ...compacted.damaged])
  }

  #keepSegments(name: DocumentName, { segments }: Compacted): void {
    if (segments === undefined) return
    const before = this.#disk.segments.get(name) ?? []
    const after = segments.flatMap((segment): readonly MemorySegment[] =>
      'update' in segment
        ? [{ ...segment, id: ++this.#disk.lastSegment, sizeBytes: segment.update.byteLength }]
        : before.filter(({ id }) => id === segment.id),
    )
    this.#disk.segments.set(name, after)
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
