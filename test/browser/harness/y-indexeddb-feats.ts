/** The stock y-indexeddb and our storage on the same databases. */
import { compactUpdates } from '@knotwork/core'
import { IndexeddbPersistence } from 'y-indexeddb'
import * as Y from 'yjs'
import { deleteAllDatabases, openStorage } from './indexeddb-place.ts'
import { nameOf } from './storage-feats.ts'

/** Opens a document with y-indexeddb, changes it, and closes it as its own apps do. */
async function withStock(name: string, change: (text: Y.Text) => void = () => undefined): Promise<string> {
  const doc = new Y.Doc()
  const persistence = new IndexeddbPersistence(name, doc)
  await persistence.whenSynced
  change(doc.getText('body'))
  // It resolves nothing for writes: a read in a later transaction waits for them.
  await persistence.get('flush')
  const text = doc.getText('body').toString()
  await persistence.destroy()
  return text
}

async function withOurs(name: string, change: (text: Y.Text) => void = () => undefined): Promise<string> {
  const [storage, key] = [await openStorage(), nameOf(name)]
  const doc = new Y.Doc()
  for (const update of (await storage.load(key)).updates) Y.applyUpdate(doc, update)
  const made: Uint8Array[] = []
  doc.on('update', (update: Uint8Array) => made.push(update))
  change(doc.getText('body'))
  await storage.append(key, made)
  await storage[Symbol.asyncDispose]()
  return doc.getText('body').toString()
}

async function compactOurs(name: string): Promise<number> {
  const [storage, key] = [await openStorage(), nameOf(name)]
  await storage.compact(key, compactUpdates)
  const { length } = (await storage.load(key)).updates
  await storage[Symbol.asyncDispose]()
  return length
}

export const yIndexedDbFeats = {
  /** Ours, theirs, ours compacted, theirs, ours again: everybody reads everything, under any name. */
  async takeTurns(name: string) {
    await deleteAllDatabases()
    const texts = [
      await withStock(name, (text) => text.insert(0, 'stock ')),
      await withOurs(name, (text) => text.insert(text.length, 'ours ')),
      await withStock(name, (text) => text.delete(0, 3)),
    ]
    const records = await compactOurs(name)
    texts.push(await withStock(name, (text) => text.insert(text.length, 'again')), await withOurs(name))
    const storage = await openStorage()
    const names: string[] = []
    for await (const each of storage.list()) names.push(each.name)
    await storage[Symbol.asyncDispose]()
    return { texts, records, isListed: names.includes(name) }
  },

  /** A stock provider that stays open while we compact under it, and trims at 500 records itself. */
  async compactUnderStock(name: string) {
    await deleteAllDatabases()
    const doc = new Y.Doc()
    const persistence = new IndexeddbPersistence(name, doc)
    await persistence.whenSynced
    const text = doc.getText('body')
    for (let i = 0; i < 600; i++) {
      text.insert(text.length, String(i % 10))
      if (i === 300) await compactOurs(name)
    }
    // Its own trimming comes a second after the last write.
    await new Promise((resolve) => setTimeout(resolve, 1_500))
    await persistence.destroy()
    return { expected: text.toString(), ours: await withOurs(name), stock: await withStock(name) }
  },
}
