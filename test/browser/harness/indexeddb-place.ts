import { openOwnDatabase } from '../../../web-peer/src/own-database.ts'
import { IndexedDbStorage } from '../../../web-peer/src/storage/indexeddb-storage.ts'
import type { StorageSubject } from '@knotwork/core/contracts'

/** The databases of this origin, empty at first. */
export async function indexedDbPlace(): Promise<StorageSubject> {
  await deleteAllDatabases()
  return {
    shareable: true,
    open: openStorage,
    [Symbol.asyncDispose]: async () => undefined,
  }
}

export async function openStorage(): Promise<IndexedDbStorage> {
  return new IndexedDbStorage(await openOwnDatabase(), (level, event, details) => console.log(level, event, details))
}

export async function deleteAllDatabases(): Promise<void> {
  const databases = await indexedDB.databases()
  await Promise.all(databases.map(({ name = '' }) => deleteDatabase(name)))
}

export function deleteDatabase(name: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const request = indexedDB.deleteDatabase(name)
    request.addEventListener('success', () => resolve())
    request.addEventListener('error', () => reject(request.error ?? new Error('not deleted')))
    request.addEventListener('blocked', () => reject(new Error(`"${name}" is held open`)))
  })
}
