/**
 * The one database that belongs to the peer and not to a document: its key, and the names of its documents.
 * Every other database of the peer is called exactly as its document, so this name must not be one a document can have.
 */
import { limits } from '@knotwork/core'
import { openDatabase } from './storage/indexeddb-request.ts'

/** Readable in the browser's tools, and longer than any document's name (PROTOCOL.md [WI9]). Never change it. */
export const ownDatabaseName = 'knotwork: the key of this peer and the names of its documents'.padEnd(1_100, ' ')

export const ownStore = {
  /** `identity` -> this peer's key pair. */
  identity: 'identity',
  /** Document name -> `announced` (about to be written) or `held` (has records). */
  documents: 'documents',
} as const

/** Opens the peer's own database; rejects where the browser refuses to store anything. */
export async function openOwnDatabase(): Promise<IDBDatabase> {
  if (ownDatabaseName.length <= limits.documentNameBytesMax)
    throw new Error('a document could have the name of the own database')
  const database = await openDatabase(ownDatabaseName, (request) => {
    request.result.createObjectStore(ownStore.identity)
    request.result.createObjectStore(ownStore.documents)
  })
  // Let others delete it: "clear site data" must not wait for this page.
  database.addEventListener('versionchange', () => database.close())
  return database
}
