/** What IndexedDB storage does beyond the contract, told as plain values that a test can compare. */
import { documentName, type DocumentName } from '@knotwork/core'
import { openOwnDatabase, ownDatabaseName } from '../../../web-peer/src/own-database.ts'
import { deleteAllDatabases, deleteDatabase, openStorage } from './indexeddb-place.ts'

const bytes = (...values: number[]) => new Uint8Array(values)

export function nameOf(text: string): DocumentName {
  const name = documentName(text)
  if (!name.ok) throw new Error(name.error)
  return name.value
}

async function messageOfRejection(promise: Promise<unknown>): Promise<string> {
  return promise.then(
    () => 'it resolved',
    (thrown: unknown) => (thrown instanceof Error ? thrown.message : String(thrown)),
  )
}

export const storageFeats = {
  /** The own database's name is no document's, and the browser takes it. */
  async ownDatabase() {
    await deleteAllDatabases()
    const database = await openOwnDatabase()
    const stores = [...database.objectStoreNames]
    database.close()
    const names = (await indexedDB.databases()).map(({ name }) => name)
    return { isDocumentName: documentName(ownDatabaseName).ok, isThere: names.includes(ownDatabaseName), stores }
  },

  /** The longest document name is far from it, and asking for a document does not create its database. */
  async databasesAfterAsking() {
    await deleteAllDatabases()
    const storage = await openStorage()
    await storage.load(nameOf('never stored'))
    await storage.compact(nameOf('never stored'), () => null)
    await storage[Symbol.asyncDispose]()
    return (await indexedDB.databases()).map(({ name }) => (name === ownDatabaseName ? 'own' : name))
  },

  /** Records that are no bytes, and bytes that are no updates. */
  async damagedRecords() {
    await deleteAllDatabases()
    const [storage, name] = [await openStorage(), nameOf('damaged')]
    await storage.append(name, [bytes(1), bytes(2), bytes(3)])
    await put(name, 'not bytes at all')
    const loaded = await storage.load(name)
    await storage.compact(name, (updates) => ({ snapshot: bytes(9), damaged: updates.slice(0, 1) }))
    const compacted = await storage.load(name)
    const aside = await allOf(name, 'custom')
    await storage[Symbol.asyncDispose]()
    const shown = (record: unknown) => (record instanceof Uint8Array ? [...record] : record)
    return {
      loaded: { updates: loaded.updates.map(shown), unreadable: loaded.unreadable },
      compacted: { updates: compacted.updates.map(shown), unreadable: compacted.unreadable },
      // When they were appended lies there, too.
      aside: aside.filter((record) => typeof record !== 'number').map(shown),
    }
  },

  /** Somebody deletes the database of a document in use; nobody may write edits that nothing can read. */
  async deletedMeanwhile() {
    await deleteAllDatabases()
    const [storage, name] = [await openStorage(), nameOf('deleted')]
    await storage.append(name, [bytes(1)])
    await deleteDatabase(name)
    const append = await messageOfRejection(storage.append(name, [bytes(2)]))
    const again = await messageOfRejection(storage.append(name, [bytes(2)]))
    const loaded = (await storage.load(name)).updates.length
    await storage.append(name, [bytes(3)])
    const after = (await storage.load(name)).updates.map((update) => [...update])
    await storage[Symbol.asyncDispose]()
    return { append, again, loaded, after }
  },

  /** A database of some other program with the name of a document. */
  async foreignDatabase() {
    await deleteAllDatabases()
    await new Promise<void>((resolve) => {
      const request = indexedDB.open('taken', 7)
      request.addEventListener('upgradeneeded', () => request.result.createObjectStore('things'))
      request.addEventListener('success', () => {
        request.result.close()
        resolve()
      })
    })
    const storage = await openStorage()
    const load = await messageOfRejection(storage.load(nameOf('taken')))
    const append = await messageOfRejection(storage.append(nameOf('taken'), [bytes(1)]))
    await storage.append(nameOf('free'), [bytes(1)])
    const names: string[] = []
    for await (const { name } of storage.list()) names.push(name)
    await storage[Symbol.asyncDispose]()
    return { load, append, names }
  },

  /** Appends so many bytes; why it was refused, or null. */
  async appendBytes(text: string, count: number) {
    const storage = await openStorage()
    // Random, so that nothing can make them smaller.
    const large = new Uint8Array(count)
    for (let at = 0; at < count; at += 65_536) crypto.getRandomValues(large.subarray(at, at + 65_536))
    const why = await storage.append(nameOf(text), [large]).then(
      () => null,
      (thrown: unknown) => String(thrown),
    )
    const sizes = (await storage.load(nameOf(text))).updates.map((update) => update.length)
    await storage[Symbol.asyncDispose]()
    return { why, sizes }
  },

  /** More documents than connections are kept open. */
  async manyDocuments(count: number) {
    await deleteAllDatabases()
    const storage = await openStorage()
    for (let i = 0; i < count; i++) await storage.append(nameOf(`many ${i}`), [bytes(i % 256)])
    let right = 0
    for (let i = 0; i < count; i++) {
      const { updates } = await storage.load(nameOf(`many ${i}`))
      if (updates.length === 1 && updates[0]?.[0] === i % 256) right++
    }
    let listed = 0
    for await (const { name } of storage.list()) if (name.startsWith('many ')) listed++
    await storage[Symbol.asyncDispose]()
    await deleteAllDatabases()
    return { right, listed }
  },

  /** Whether two tabs lose anything when one compacts while the other appends; run in both at once. */
  async appendManyTimes(text: string, from: number, count: number) {
    const [storage, name] = [await openStorage(), nameOf(text)]
    for (let i = from; i < from + count; i++) await storage.append(name, [bytes(i % 256, i >> 8)])
    await storage[Symbol.asyncDispose]()
  },

  async compactManyTimes(text: string, count: number) {
    const [storage, name] = [await openStorage(), nameOf(text)]
    for (let i = 0; i < count; i++) {
      // Not Yjs: all records joined, each two bytes.
      await storage.compact(name, (updates) => ({ snapshot: joined(updates), damaged: [] }))
    }
    await storage[Symbol.asyncDispose]()
  },

  async numbersIn(text: string) {
    const storage = await openStorage()
    const all = joined((await storage.load(nameOf(text))).updates)
    await storage[Symbol.asyncDispose]()
    return Array.from({ length: all.length / 2 }, (_, index) => (all[2 * index] ?? 0) + 256 * (all[2 * index + 1] ?? 0))
  },
}

function joined(updates: readonly Uint8Array[]): Uint8Array {
  return new Uint8Array(updates.flatMap((update) => [...update]))
}

function withStore<Result>(
  name: string,
  store: string,
  work: (store: IDBObjectStore) => IDBRequest<Result>,
): Promise<Result> {
  return new Promise((resolve, reject) => {
    const opening = indexedDB.open(name)
    opening.addEventListener('error', () => reject(opening.error ?? new Error('not opened')))
    opening.addEventListener('success', () => {
      const transaction = opening.result.transaction(store, 'readwrite')
      const request = work(transaction.objectStore(store))
      transaction.addEventListener('complete', () => {
        opening.result.close()
        resolve(request.result)
      })
    })
  })
}

function put(name: string, value: unknown): Promise<IDBValidKey> {
  return withStore(name, 'updates', (store) => store.add(value))
}

function allOf(name: string, store: string): Promise<unknown[]> {
  return withStore(name, store, (opened) => opened.getAll())
}
