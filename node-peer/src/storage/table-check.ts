/** Looks at every block of every table before LevelDB does (PROTOCOL.md [ST5]). */
import { copyFile, mkdir, open, readdir, readFile, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { tablesIn } from './level-manifest.ts'
import { damageOf, type TableDamage } from './level-table.ts'
import { readCurrent } from './witness.ts'

interface DamagedTable {
  readonly file: string
  readonly damage: TableDamage
}

/** Whether a table that LevelDB will read is damaged. What a killed process left half written is none of them. */
export async function hasDamagedTables(location: string): Promise<boolean> {
  const manifest = await readFile(join(location, readCurrent(location) ?? '')).catch(() => null)
  const tables = manifest === null ? null : tablesIn(manifest)
  const damaged = await damagedTables(location, (number) => tables === null || tables.has(number))
  return damaged.length > 0
}

async function damagedTables(
  location: string,
  isWanted: (number: number) => boolean,
): Promise<readonly DamagedTable[]> {
  const files = await readdir(location).catch((): readonly string[] => [])
  const damaged: DamagedTable[] = []
  for (const file of files) {
    if (!/^\d+\.(?:ldb|sst)$/u.test(file) || !isWanted(Number.parseInt(file, 10))) continue
    // Another process may have removed it meanwhile; then opening will say that it holds the database.
    const bytes = await readFile(join(location, file)).catch(() => null)
    const damage = bytes === null ? null : damageOf(bytes)
    if (damage !== null) damaged.push({ file, damage })
  }
  return damaged
}

/**
 * Replaces damaged tables of a closed database, also those that nobody reads (a repair takes whatever is there), by what is
 * sound in them; the originals are kept in its folder `lost`, as LevelDB keeps what it gives up. The database must then be repaired: it does not know the new ones.
 */
export async function excludeDamage(location: string): Promise<void> {
  for (const { file, damage } of await damagedTables(location, () => true)) {
    const path = join(location, file)
    const lost = join(location, 'lost')
    await mkdir(lost, { recursive: true })
    await copyFile(path, join(lost, `${Date.now()}-${file}`))
    if (damage.rest === null) await rm(path)
    else await replace(path, damage.rest)
  }
}

async function replace(path: string, bytes: Uint8Array): Promise<void> {
  const temporary = `${path}.tmp`
  const file = await open(temporary, 'w')
  try {
    await file.writeFile(bytes)
    await file.sync()
  } finally {
    await file.close()
  }
  await rename(temporary, path)
}
