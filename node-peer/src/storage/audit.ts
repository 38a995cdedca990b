/** What a freshly opened database is worth: compares root, heads, list of documents and witness (PROTOCOL.md [ST10], [ST11]). */
import type { LevelDatabase } from './level-database.ts'
import { entryRange, headRange, lastTextOf, rootKey } from './level-keys.ts'
import { readEntries } from './level-log.ts'
import { decodeHead, decodeRoot, type Head, type Root } from './level-values.ts'
import { emptyRoot, sumOf } from './ledger.ts'
import type { Testimony } from './witness.ts'

export interface Audit {
  /** As the next write should find it. */
  readonly root: Root
  /** Names of documents that have a head but are not on the list. */
  readonly unlisted: readonly string[]
  /** Sentences for the operator about what is gone. */
  readonly damage: readonly string[]
  /** Whether another program opened the database since we last did, or nobody can tell. */
  readonly isForeign: boolean
  /** Whether the database on disk says something else than `root`. */
  readonly isNews: boolean
}

export async function audit(
  database: LevelDatabase,
  witness: Testimony | null,
  currentBefore: string | null,
): Promise<Audit> {
  const [rootValue] = await database.getMany([rootKey])
  const stored = rootValue === undefined ? null : decodeRoot(rootValue)
  const heads = await readHeads(database)
  const unlisted = await readUnlisted(database, heads)
  const damage: string[] = []
  if (rootValue !== undefined && stored === null) damage.push('its root was altered')
  // Nothing is said of a database that never had a root: it is y-leveldb's, or of an older format, or new.
  const before = stored ?? emptyRoot
  const gone = witness === null ? 0 : witness.batch - before.batch
  if (gone > 0) damage.push(`its last ${gone} writes are gone`)
  const sums = sumOf([...heads].map(([, { key, head }]) => [key, head]))
  if (stored !== null && (sums[0] !== stored.sums[0] || sums[1] !== stored.sums[1])) {
    damage.push('writes in the middle of it are gone or altered')
  }
  const isForeign = stored === null || witness === null || witness.current !== currentBefore
  const isDamaged = damage.length > 0
  const epochs = [...heads.values()].map(({ head }) => head.epoch)
  const batch = epochs.reduce((most, epoch) => Math.max(most, epoch), Math.max(before.batch, witness?.batch ?? 0))
  const root: Root = {
    batch,
    sums,
    epoch: isForeign ? batch + 1 : before.epoch,
    trust: isForeign || isDamaged ? batch + 1 : before.trust,
  }
  return { root, unlisted, damage, isForeign, isNews: isForeign || isDamaged }
}

type Heads = ReadonlyMap<string, { readonly key: Buffer; readonly head: Head }>

async function readHeads(database: LevelDatabase): Promise<Heads> {
  const heads = new Map<string, { readonly key: Buffer; readonly head: Head }>()
  const { entries } = await readEntries(database, headRange)
  for (const [key, value] of entries) {
    const name = lastTextOf(key)
    const head = decodeHead(key, value)
    if (name !== null && head !== null) heads.set(name, { key, head })
  }
  return heads
}

async function readUnlisted(database: LevelDatabase, heads: Heads): Promise<readonly string[]> {
  const { entries } = await readEntries(database, { ...entryRange, values: false })
  const listed = new Set(entries.map(([key]) => lastTextOf(key)))
  return [...heads.keys()].filter((name) => !listed.has(name))
}
