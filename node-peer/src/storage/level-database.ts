/** Opening a LevelDB in y-leveldb's encoding, with errors people can read. */
import { KnotworkError, messageOf } from '@knotwork/core'
import { LeveldbPersistence } from 'y-leveldb'
import type { LevelKey } from './level-keys.ts'

export type LevelOperation =
  | { readonly type: 'put'; readonly key: LevelKey; readonly value: Uint8Array }
  | { readonly type: 'del'; readonly key: LevelKey }

export interface LevelRange {
  readonly gte: LevelKey
  readonly lt: LevelKey
  readonly reverse?: boolean
  readonly values?: boolean
  /** How much `nextv` returns at most. */
  readonly highWaterMarkBytes?: number
}

/** What is used of abstract-level 1, which y-leveldb brings along; with keys and values as bytes. */
export interface LevelDatabase {
  readonly status: 'opening' | 'open' | 'closing' | 'closed'
  open(): Promise<void>
  close(): Promise<void>
  /** Of a closed database. */
  repair(location: string): Promise<void>
  /** All of it or nothing. */
  batch(operations: readonly LevelOperation[], options: { readonly sync: boolean }): Promise<void>
  iterator(range: LevelRange): LevelIterator
  /** Undefined where there is nothing. */
  getMany(keys: readonly LevelKey[]): Promise<readonly (Uint8Array | undefined)[]>
  /** Rewrites what is stored between two keys without what was deleted or replaced. */
  compactRange(from: LevelKey, to: LevelKey): Promise<void>
}

export interface LevelIterator {
  /** No entries: the end. */
  nextv(count: number): Promise<readonly (readonly [LevelKey, Uint8Array])[]>
  close(): Promise<void>
}

/** Has LevelDB itself found damage, so that it must be repaired before it works again? */
export function isCorruption(thrown: unknown): boolean {
  return codesOf(thrown).includes('LEVEL_CORRUPTION')
}

/** The database that y-leveldb makes at `location`, created when missing; not open yet. */
export async function levelDatabase(location: string): Promise<LevelDatabase> {
  const persistence = new LeveldbPersistence(location)
  // y-leveldb's own _transact catches every error, writes it to the console, and resolves with null. It is also the
  // only way to the database, which is why it is called once here.
  const database = asBytes(await persistence._transact((inner) => Promise.resolve(inner as LevelDatabase & Encoded)))
  // It began to open in its constructor; whoever opens it explicitly is the one who hears why that failed.
  await database.open().catch(() => undefined)
  return database
}

/** What abstract-level takes besides. */
interface Encoded {
  batch(operations: readonly LevelOperation[], options: object): Promise<void>
  iterator(range: object): LevelIterator
  getMany(keys: readonly LevelKey[], options: object): Promise<readonly (Uint8Array | undefined)[]>
  compactRange(from: LevelKey, to: LevelKey, options: object): Promise<void>
}

const asBuffers = { keyEncoding: 'buffer', valueEncoding: 'buffer' } as const

/** y-leveldb's database decodes its keys itself, and stumbles over damaged ones. */
function asBytes(database: LevelDatabase & Encoded): LevelDatabase {
  return {
    get status() {
      return database.status
    },
    repair: (location) => (database.constructor as unknown as Repairing).repair(location),
    open: () => database.open(),
    close: () => database.close(),
    batch: (operations, options) => database.batch(operations, { ...options, ...asBuffers }),
    iterator: (range) => database.iterator({ ...range, ...asBuffers }),
    getMany: (keys) => database.getMany(keys, asBuffers),
    compactRange: (from, to) => database.compactRange(from, to, asBuffers),
  }
}

/** A static method of the class behind the database: classic-level's, which y-leveldb chose. */
interface Repairing {
  repair(location: string): Promise<void>
}

/** LevelDB's errors on opening, in words. */
export function openingError(thrown: unknown, location: string): KnotworkError {
  if (thrown instanceof KnotworkError) return thrown
  if (codesOf(thrown).includes('LEVEL_LOCKED')) return inUse(location, thrown)
  return new KnotworkError('storage', `the database at ${location} does not open: ${rootMessageOf(thrown)}`, {
    cause: thrown,
  })
}

export function inUse(location: string, cause?: unknown): KnotworkError {
  const advice = 'stop that one, or give this one a data directory of its own'
  return new KnotworkError('in-use', `another process is using the data in ${location}: ${advice}`, { cause })
}

/** LevelDB's own words are in the innermost cause. */
export function rootMessageOf(thrown: unknown): string {
  return thrown instanceof Error && thrown.cause !== undefined ? rootMessageOf(thrown.cause) : messageOf(thrown)
}

function codesOf(thrown: unknown): readonly unknown[] {
  if (!(thrown instanceof Error)) return []
  return [(thrown as { code?: unknown }).code, ...codesOf(thrown.cause)]
}
