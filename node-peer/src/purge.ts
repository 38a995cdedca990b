/** Deleted text out of the files for good (PROTOCOL.md [ST12]). */
import { readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { compactInSlices, documentName, KnotworkError, versionsNameOf, type DocumentName } from '@knotwork/core'
import { dataDirectory, defaultDataDirectory } from './data-directory.ts'
import { nodeClock } from './platform/clock.ts'
import { LevelStorage } from './storage/level-storage.ts'

export interface PurgeOptions {
  /** The data directory of a peer that does not run. Default: as for `openPeer`. */
  readonly data?: string
}

export interface PurgeReport {
  /** Bytes of the document's records, before and after. */
  readonly before: number
  readonly after: number
  /** Files with what could not be read when the database was damaged: nobody knows what is in them. */
  readonly lostFiles: readonly string[]
}

/**
 * Removes what was deleted from a document, its history, and what was set aside of it, from a peer's files. Other peers keep what they
 * have until they have heard of the deletion and compacted or purged their own logs.
 *
 * @throws KnotworkError `in-use` while the peer runs, `bad-name`, `storage` when it fails or there is no such document.
 */
export async function purgeDocument(name: string, { data }: PurgeOptions = {}): Promise<PurgeReport> {
  const checked = documentName(name)
  if (!checked.ok) throw new KnotworkError('bad-name', checked.error)
  const path = data ?? defaultDataDirectory()
  await stat(path).catch(() => {
    throw new KnotworkError('storage', `there is no data in ${path}`)
  })
  const { documents } = await dataDirectory(path)
  await using storage = await LevelStorage.open(documents)
  return purgeIn(storage, checked.value)
}

/** The same in a storage that is in use. */
export async function purgeIn(storage: LevelStorage, name: DocumentName): Promise<PurgeReport> {
  const before = await sizeOf(storage, name)
  if (before === 0) throw new KnotworkError('storage', `${JSON.stringify(name)} is not stored in ${storage.location}`)
  await purgeOne(storage, name)
  // Versions that were named and taken away again.
  const versions = versionsNameOf(name)
  if (versions.ok && (await sizeOf(storage, versions.value)) > 0) await purgeOne(storage, versions.value)
  return { before, after: await sizeOf(storage, name), lostFiles: await lostFilesOf(storage.location) }
}

function purgeOne(storage: LevelStorage, name: DocumentName): Promise<void> {
  return storage.purge(name, async (updates) => {
    const { snapshot, damaged } = await compactInSlices(updates, nodeClock)
    return { snapshot, damaged, segments: [] }
  })
}

async function sizeOf(storage: LevelStorage, name: DocumentName): Promise<number> {
  return (await storage.load(name)).updates.reduce((sum, { byteLength }) => sum + byteLength, 0)
}

async function lostFilesOf(documents: string): Promise<readonly string[]> {
  const lost = join(documents, 'lost')
  return (await readdir(lost).catch((): readonly string[] => [])).map((file) => join(lost, file))
}
