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

/** What is used of abstract-level 1, which y-leveldb brings along. */
export interface LevelDatabase {
  readonly status: 'opening' | 'open' | 'closing' | 'closed'
  open(): Promise<void>
  close(): Promise<void>
  /** All of it or nothing. */
  batch(operations: readonly LevelOperation[], options: { readonly sync: boolean }): Promise<void>
  iterator(range: LevelRange): LevelIterator
  /** Undefined where there is nothing. */
  getMany(keys: readonly LevelKey[]): Promise<readonly (Uint8Array | undefined)[]>
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
  const database = await persistence._transact((inner) => Promise.resolve(inner as LevelDatabase))
  // It began to open in its constructor; whoever opens it explicitly is the one who hears why that failed.
  await database.open().catch(() => undefined)
  return database
}

/** Opens a database; a damaged one is repaired once: LevelDB keeps what it can read and moves the rest to `lost/`. */
export async function openLevel(
  database: LevelDatabase,
  location: string,
  repaired: (why: string) => void,
): Promise<void> {
  try {
    await database.open()
  } catch (thrown) {
    if (!isCorruption(thrown)) throw explained(thrown, location)
    await repairLevel(database, location, repaired)
    await database.open().catch((again: unknown) => {
      throw explained(again, location)
    })
  }
}

/** Repairs a closed database. */
export async function repairLevel(
  database: LevelDatabase,
  location: string,
  repaired: (why: string) => void,
): Promise<void> {
  // A static method of the class behind the database: classic-level's, which y-leveldb chose.
  const level = database.constructor as unknown as { repair(location: string): Promise<void> }
  try {
    await level.repair(location)
  } catch (thrown) {
    throw new KnotworkError('storage', `the database at ${location} is damaged beyond repair: ${messageOf(thrown)}`, {
      cause: thrown,
    })
  }
  repaired(
    `the database at ${location} was damaged and has been repaired; what could not be read is in its "lost" folder`,
  )
}

function explained(thrown: unknown, location: string): KnotworkError {
  if (codesOf(thrown).includes('LEVEL_LOCKED')) {
    const advice = 'stop that one, or give this one a data directory of its own'
    return new KnotworkError('in-use', `another process is using the data in ${location}: ${advice}`, { cause: thrown })
  }
  return new KnotworkError('storage', `the database at ${location} does not open: ${rootMessageOf(thrown)}`, {
    cause: thrown,
  })
}

/** LevelDB's own words are in the innermost cause. */
export function rootMessageOf(thrown: unknown): string {
  return thrown instanceof Error && thrown.cause !== undefined ? rootMessageOf(thrown.cause) : messageOf(thrown)
}

function codesOf(thrown: unknown): readonly unknown[] {
  if (!(thrown instanceof Error)) return []
  return [(thrown as { code?: unknown }).code, ...codesOf(thrown.cause)]
}
