/** Where a peer keeps its identity and its documents. */
import { mkdir, stat } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { KnotworkError } from '@knotwork/core'
import envPaths from 'env-paths'

/** The platform's place for data of programs, such as `~/.local/share/knotwork`. */
export function defaultDataDirectory(): string {
  return envPaths('knotwork', { suffix: '' }).data
}

export interface DataDirectory {
  readonly path: string
  /** The directory of the LevelDB. */
  readonly documents: string
}

/** Makes the directory when it is missing. A directory that y-leveldb has written is taken as it is. */
export async function dataDirectory(given: string): Promise<DataDirectory> {
  const path = resolve(given)
  try {
    await mkdir(path, { recursive: true, mode: 0o700 })
  } catch (thrown) {
    throw new KnotworkError('storage', `the data directory ${path} cannot be made`, { cause: thrown })
  }
  // LevelDB has such a file in every database.
  const isDatabase = await stat(join(path, 'CURRENT')).then(
    () => true,
    () => false,
  )
  return { path, documents: isDatabase ? path : join(path, 'documents') }
}
