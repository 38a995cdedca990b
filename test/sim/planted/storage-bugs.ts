/** Bugs in how a peer uses its storage, or in a storage that lies to it. */
import type { DocumentName, ListedDocument, Merge, Storage, StoredDocument } from '@knotwork/core'
import type { PlantedBug } from './planted-bug.ts'

/** Passes everything on; each bug overrides one thing. */
class PassingStorage implements Storage {
  readonly durability: Storage['durability']
  protected readonly inner: Storage

  constructor(inner: Storage) {
    this.inner = inner
    this.durability = inner.durability
  }

  load(name: DocumentName): Promise<StoredDocument> {
    return this.inner.load(name)
  }

  append(name: DocumentName, updates: readonly Uint8Array[], note?: Uint8Array): Promise<void> {
    return this.inner.append(name, updates, note)
  }

  compact(name: DocumentName, merge: Merge): Promise<void> {
    return this.inner.compact(name, merge)
  }

  list(): AsyncIterable<ListedDocument> {
    return this.inner.list()
  }

  [Symbol.asyncDispose](): PromiseLike<void> {
    return this.inner[Symbol.asyncDispose]()
  }
}

class HastyStorage extends PassingStorage {
  override append(...append: Parameters<Storage['append']>): Promise<void> {
    void this.inner.append(...append).catch(() => undefined)
    return Promise.resolve()
  }
}

class SwallowingStorage extends PassingStorage {
  override append(...append: Parameters<Storage['append']>): Promise<void> {
    return this.inner.append(...append).catch(() => undefined)
  }
}

class TearingStorage extends PassingStorage {
  override async append(name: DocumentName, updates: readonly Uint8Array[], note?: Uint8Array): Promise<void> {
    const half = Math.floor(updates.length / 2)
    const last = this.inner.append(name, updates.slice(half), note)
    await Promise.all([last, half === 0 ? last : this.inner.append(name, updates.slice(0, half))])
  }
}

class ForgetfulStorage extends PassingStorage {
  override compact(name: DocumentName, merge: Merge): Promise<void> {
    return this.inner.compact(name, (updates) => merge(updates.slice(1)))
  }
}

class ShortSightedStorage extends PassingStorage {
  override async load(name: DocumentName): Promise<StoredDocument> {
    const stored = await this.inner.load(name)
    return { ...stored, updates: stored.updates.slice(0, -1) }
  }
}

const graft = (Faulty: new (inner: Storage) => Storage): ReturnType<PlantedBug['plant']> => ({
  graft: { storage: (storage) => new Faulty(storage) },
})

export const storageBugs: readonly PlantedBug[] = [
  {
    name: 'send-before-durable',
    what: 'acknowledges and sends what is still on its way to the disk',
    plant: () => graft(HastyStorage),
    caughtBy: ['durable-first', 'acknowledged-truly'],
    seeds: [1, 3],
  },
  {
    name: 'swallow-write-errors',
    what: 'takes a write that failed on a full disk for done, as y-leveldb does',
    plant: () => graft(SwallowingStorage),
    caughtBy: ['durable-first', 'acknowledged-truly', 'stored-truly'],
    seeds: [1, 3],
  },
  {
    name: 'tear-appends',
    what: 'writes a batch in two halves, the later one first',
    plant: () => graft(TearingStorage),
    caughtBy: ['log-whole'],
    seeds: [1, 3],
  },
  {
    name: 'forget-in-compaction',
    what: 'leaves the first record out when it compacts',
    plan: { smallLimits: { compactRecordsMin: 6 } },
    plant: () => graft(ForgetfulStorage),
    caughtBy: ['log-whole'],
    seeds: [1, 8],
  },
  {
    name: 'load-short',
    what: 'overlooks the last record of a log',
    plant: () => graft(ShortSightedStorage),
    caughtBy: ['converged', 'status-true'],
    seeds: [5, 3],
  },
]
