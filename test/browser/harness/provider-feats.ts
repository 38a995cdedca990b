/** `KnotworkProvider` in a page: what it picks up, whom it meets, what it leaves behind. */
import { KnotworkProvider } from '@knotwork/web-peer'
import { IndexeddbPersistence } from 'y-indexeddb'
import * as Y from 'yjs'
import { deleteAllDatabases } from './indexeddb-place.ts'
import { watchResources } from './resources.ts'

const text = (doc: Y.Doc): Y.Text => doc.getText('body')

/** Resolves when it is so, looked at after each change of the Y.Doc. */
function until(doc: Y.Doc, isSo: () => boolean): Promise<void> {
  return new Promise((resolve) => {
    const look = (): void => {
      if (!isSo()) return
      doc.off('update', look)
      resolve()
    }
    doc.on('update', look)
    look()
  })
}

export const providerFeats = {
  /** What y-indexeddb stored under a name, in hex, and what a provider for that room has without any network. */
  async pickUp(name: string) {
    await deleteAllDatabases()
    const doc = new Y.Doc()
    const persistence = new IndexeddbPersistence(name, doc)
    await persistence.whenSynced
    for (const word of ['one ', 'two ', 'three ']) text(doc).insert(0, word)
    text(doc).delete(2, 5)
    doc.getMap('facts').set('deep', new Y.Map([['bytes', Uint8Array.of(0, 255)]]))
    await persistence.get('flush')
    await persistence.destroy()
    const fresh = new Y.Doc()
    await using provider = new KnotworkProvider(name, fresh, { tabs: false, direct: false })
    await provider.whenLoaded
    const hex = (of: Y.Doc): string => Y.encodeStateAsUpdate(of).join(' ')
    return { stored: hex(doc), pickedUp: hex(fresh), isSynced: provider.synced, status: provider.syncStatus.type }
  },

  /** Two Y.Docs of one room in one page, without any network. */
  async meetInOnePage() {
    await deleteAllDatabases()
    const [one, two] = [new Y.Doc(), new Y.Doc()]
    await using first = new KnotworkProvider('room', one, { direct: false })
    await using second = new KnotworkProvider('room', two, { direct: false })
    first.awareness.setLocalStateField('user', { name: 'Ada' })
    const peers: string[] = []
    second.on('peers', ({ bcPeers }) => peers.push(...bcPeers))
    await Promise.all([first.whenSynced, second.whenSynced])
    text(one).insert(0, 'from one')
    await until(two, () => text(two).toString() === 'from one')
    return { synced: [first.synced, second.synced], tabs: peers.length }
  },

  /** Providers destroyed at every moment, and made again in the same tick: what is left of them. */
  async comeAndGo(address: string) {
    await deleteAllDatabases()
    const resources = watchResources()
    try {
      for (const moment of ['at once', 'loaded', 'synced'] as const) {
        const doc = new Y.Doc()
        const options = { connect: [address] }
        new KnotworkProvider(moment, doc, options).destroy()
        await using provider = new KnotworkProvider(moment, doc, options)
        if (moment === 'loaded') await provider.whenLoaded
        if (moment === 'synced') await provider.whenSynced
        text(doc).insert(0, 'x')
      }
      return await resources.settled()
    } finally {
      resources.end()
    }
  },
}
