/** Opening a database that may be damaged, and what is done then. */
import { link, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { KnotworkError, messageOf } from '@knotwork/core'
import { isCorruption, levelDatabase, openingError, type LevelDatabase } from './level-database.ts'
import { excludeDamage, hasDamagedTables } from './table-check.ts'
import { readCurrent } from './witness.ts'

type Repaired = (why: string) => void

/**
 * Repairs what LevelDB would stumble over, before it is opened. A database whose file CURRENT is gone looks like none at
 * all to LevelDB, which would begin a new one and remove the files of the old; where it names a file that is not there, it
 * does not open; and some damaged blocks end the process.
 */
export async function prepareLevel(location: string, repaired: Repaired): Promise<void> {
  const files = await readdir(location).catch((): readonly string[] => [])
  const current = readCurrent(location)
  const isDatabase = files.some((file) => /^MANIFEST-|\.(?:ldb|sst|log)$/u.test(file))
  const isHeadless = isDatabase && (current === null || !files.includes(current))
  if (!isHeadless && !(await hasDamagedTables(location))) return
  await locked(location, (other) => repairLevel(other, location, repaired))
}

/**
 * Runs `work` while nobody else can open the database, which is not opened for that: an empty one is, whose lock is the
 * same file. What another process is just writing looks damaged, too; it must be left alone.
 */
async function locked(location: string, work: (other: LevelDatabase) => Promise<void>): Promise<void> {
  const scratch = await mkdtemp(join(location, 'lock-'))
  try {
    const lock = join(location, 'LOCK')
    await writeFile(lock, '', { flag: 'a' })
    await link(lock, join(scratch, 'LOCK'))
    const other = await levelDatabase(scratch)
    try {
      if (other.status !== 'open') await other.open()
      await work(other)
    } catch (thrown) {
      throw openingError(thrown, location)
    } finally {
      await other.close()
    }
  } finally {
    await rm(scratch, { recursive: true, force: true })
  }
}

/** Opens a database; a damaged one is repaired once: LevelDB keeps what it can read and moves the rest to `lost/`. */
export async function openLevel(database: LevelDatabase, location: string, repaired: Repaired): Promise<void> {
  try {
    await database.open()
  } catch (thrown) {
    if (!isCorruption(thrown)) throw openingError(thrown, location)
    await repairLevel(database, location, repaired)
    await database.open().catch((again: unknown) => {
      throw openingError(again, location)
    })
  }
}

/** Repairs a closed database. */
export async function repairLevel(database: LevelDatabase, location: string, repaired: Repaired): Promise<void> {
  try {
    await excludeDamage(location)
    await database.repair(location)
  } catch (thrown) {
    throw new KnotworkError('storage', `the database at ${location} is damaged beyond repair: ${messageOf(thrown)}`, {
      cause: thrown,
    })
  }
  repaired(
    `the database at ${location} was damaged and has been repaired; what could not be read is in its "lost" folder`,
  )
}
