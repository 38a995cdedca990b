/** The heads and the root as they are on disk, and as one more write will make them (PROTOCOL.md [ST10]). No IO. */
import type { DocumentName } from '@knotwork/core'
import type { LevelOperation } from './level-database.ts'
import { rootKey, type DocumentKeys } from './level-keys.ts'
import { encodeHead, encodeRoot, minus, plus, weightOf, type Head, type Root, type Sums } from './level-values.ts'

/** Documents whose head is remembered, about 150 bytes each; that of others is read before the next write. */
const rememberedMax = 10_000

export const emptyRoot: Root = { batch: 0, sums: [0, 0], epoch: 0, trust: 0 }

/** What a document's head is known to be; null: it has none. */
export interface KnownDocument {
  readonly keys: DocumentKeys
  readonly head: Head | null
}

export class Ledger {
  #root: Root = emptyRoot
  /** Least recently written first; null for one that has no head. */
  readonly #heads = new Map<DocumentName, Head | null>()

  get root(): Root {
    return this.#root
  }

  /** The database was opened, or opened again: only this is known of it. */
  reset(root: Root): void {
    this.#root = root
    this.#heads.clear()
  }

  /** Undefined: it has to be read. */
  head(name: DocumentName): Head | null | undefined {
    return this.#heads.get(name)
  }

  /** After a write that succeeded. */
  commit(batch: LedgerBatch): void {
    this.#root = batch.root
    for (const { keys, head } of batch.documents) {
      this.#heads.delete(keys.name)
      this.#heads.set(keys.name, head)
    }
    for (const name of this.#heads.keys()) {
      if (this.#heads.size <= rememberedMax) break
      this.#heads.delete(name)
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
  #ended: { readonly root: Root; readonly operations: readonly LevelOperation[] } | null = null
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

  /** The heads and the root that it leads to, as it is when first asked for them: nothing is put into it after that. */
  get #end(): { readonly root: Root; readonly operations: readonly LevelOperation[] } {
    return (this.#ended ??= this.#conclude())
  }

  get root(): Root {
    return this.#end.root
  }

  get operations(): readonly LevelOperation[] {
    return this.#end.operations
  }

  #conclude(): { readonly root: Root; readonly operations: readonly LevelOperation[] } {
    let { sums } = this.before
    const operations = [...this.#operations]
    for (const { before, after } of this.#documents.values()) {
      if (after.head === before.head) continue
      const key = after.keys.head
      if (before.head !== null) sums = minus(sums, weightOf(key, encodeHead(key, before.head)))
      if (after.head === null) {
        operations.push({ type: 'del', key })
        continue
      }
      const value = encodeHead(key, after.head)
      sums = plus(sums, weightOf(key, value))
      operations.push({ type: 'put', key, value })
    }
    const root = { ...this.before, batch: this.before.batch + 1, sums }
    operations.push({ type: 'put', key: rootKey, value: encodeRoot(root) })
    return { root, operations }
  }
}

export function sumOf(heads: Iterable<readonly [Buffer, Head]>): Sums {
  let sums: Sums = [0, 0]
  for (const [key, head] of heads) sums = plus(sums, weightOf(key, encodeHead(key, head)))
  return sums
}
