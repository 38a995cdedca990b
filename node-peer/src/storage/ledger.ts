/** The heads and the root as they are on disk, and as one more write will make them (PROTOCOL.md [ST10]). No IO. */
import type { DocumentName } from '@knotwork/core'
import type { LevelOperation } from './level-database.ts'
import { rootKey, type DocumentKeys } from './level-keys.ts'
import { encodeHead, encodeRoot, minus, plus, weightOf, type Head, type Root, type Sums } from './level-values.ts'

/** Documents whose head is remembered, about 600 bytes each; that of others is read before the next write. */
const rememberedMax = 10_000

export const emptyRoot: Root = { batch: 0, sums: [0, 0], epoch: 0, trust: 0 }

/** What a document's head is known to be; null: it has none. */
export interface KnownDocument {
  readonly keys: DocumentKeys
  readonly head: Head | null
}

export class Ledger {
  #root: Root = emptyRoot
  /** Least recently written first. */
  readonly #documents = new Map<DocumentName, KnownDocument>()

  get root(): Root {
    return this.#root
  }

  /** The database was opened, or opened again: only this is known of it. */
  reset(root: Root): void {
    this.#root = root
    this.#documents.clear()
  }

  get(name: DocumentName): KnownDocument | undefined {
    return this.#documents.get(name)
  }

  /** After a write that succeeded. */
  commit(batch: LedgerBatch): void {
    this.#root = batch.root
    for (const known of batch.documents) {
      this.#documents.delete(known.keys.name)
      this.#documents.set(known.keys.name, known)
    }
    for (const name of this.#documents.keys()) {
      if (this.#documents.size <= rememberedMax) break
      this.#documents.delete(name)
    }
  }
}

/** One atomic write: its operations, with the heads they lead to and the root over all. */
export class LedgerBatch {
  /** The root it starts from. */
  readonly before: Root
  /** Records are replaced or removed, not only added. */
  isRewrite = false
  readonly #operations: LevelOperation[] = []
  /** Documents of this batch as they were on disk, and as they will be. */
  readonly #documents = new Map<DocumentName, { readonly before: KnownDocument; after: KnownDocument }>()

  constructor(before: Root) {
    this.before = before
  }

  get isEmpty(): boolean {
    return this.#operations.length === 0 && ![...this.#documents.values()].some(({ before, after }) => before !== after)
  }

  put(key: Buffer, value: Uint8Array): void {
    this.#operations.push({ type: 'put', key, value })
  }

  del(key: Buffer): void {
    this.#operations.push({ type: 'del', key })
  }

  /** As this batch leaves it so far. */
  get(name: DocumentName): KnownDocument | undefined {
    return this.#documents.get(name)?.after
  }

  /** A document that this batch is about. */
  begin(known: KnownDocument): void {
    this.#documents.set(known.keys.name, { before: known, after: known })
  }

  setHead(name: DocumentName, head: Head | null): void {
    const document = this.#documents.get(name)
    if (document !== undefined) document.after = { keys: document.after.keys, head }
  }

  get documents(): Iterable<KnownDocument> {
    return [...this.#documents.values()].map(({ after }) => after)
  }

  get root(): Root {
    let { sums } = this.before
    for (const { before, after } of this.#documents.values()) {
      if (before.head !== null) sums = minus(sums, weightOf(before.keys.head, before.head))
      if (after.head !== null) sums = plus(sums, weightOf(after.keys.head, after.head))
    }
    return { ...this.before, batch: this.before.batch + 1, sums }
  }

  get operations(): readonly LevelOperation[] {
    const heads = [...this.#documents.values()].flatMap(({ before, after }): LevelOperation[] => {
      if (after.head === before.head) return []
      if (after.head === null) return [{ type: 'del', key: after.keys.head }]
      return [{ type: 'put', key: after.keys.head, value: encodeHead(after.keys.head, after.head) }]
    })
    return [...this.#operations, ...heads, { type: 'put', key: rootKey, value: encodeRoot(this.root) }]
  }
}

export function sumOf(heads: Iterable<readonly [Buffer, Head]>): Sums {
  let sums: Sums = [0, 0]
  for (const [key, head] of heads) sums = plus(sums, weightOf(key, head))
  return sums
}
