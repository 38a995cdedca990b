/** `KnotworkProvider` in a page: what it picks up, whom it meets, what it leaves behind. */
import { KnotworkProvider } from '@knotwork/web-peer'
import { IndexeddbPersistence } from 'y-indexeddb'
import * as Y from 'yjs'
import { deleteAllDatabases } from './indexeddb-place.ts'

/** Counts what is made and not yet ended, from now on. */
function watchResources() {
  const open = { timeouts: new Set<number>(), intervals: new Set<number>(), sockets: 0, channels: 0, connections: 0 }
  const setTimeout = window.setTimeout.bind(window)
  const clearTimeout = window.clearTimeout.bind(window)
  const setInterval = window.setInterval.bind(window)
  const clearInterval = window.clearInterval.bind(window)
  const before = {
    setTimeout,
    clearTimeout,
    setInterval,
    clearInterval,
    WebSocket,
    BroadcastChannel,
    RTCPeerConnection,
  }
  window.setTimeout = ((run: () => void, ms?: number) => {
    const id: number = setTimeout(() => {
      open.timeouts.delete(id)
      run()
    }, ms)
    open.timeouts.add(id)
    return id
  }) as typeof setTimeout
  window.clearTimeout = (id) => {
    open.timeouts.delete(Number(id))
    clearTimeout(id)
  }
  window.setInterval = ((run: () => void, ms?: number) => {
    const id: number = setInterval(run, ms)
    open.intervals.add(id)
    return id
  }) as typeof setInterval
  window.clearInterval = (id) => {
    open.intervals.delete(Number(id))
    clearInterval(id)
  }
  window.WebSocket = class extends before.WebSocket {
    constructor(...parameters: ConstructorParameters<typeof WebSocket>) {
      super(...parameters)
      open.sockets++
      this.addEventListener('close', () => open.sockets--)
    }
  }
  window.BroadcastChannel = class extends before.BroadcastChannel {
    constructor(name: string) {
      super(name)
      open.channels++
    }
    override close(): void {
      open.channels--
      super.close()
    }
  }
  window.RTCPeerConnection = class extends before.RTCPeerConnection {
    constructor(configuration?: RTCConfiguration) {
      super(configuration)
      open.connections++
    }
    override close(): void {
      if (this.signalingState !== 'closed') open.connections--
      super.close()
    }
  }
  return {
    count: () => ({ ...open, timeouts: open.timeouts.size, intervals: open.intervals.size }),
    end: () => void Object.assign(window, before),
  }
}

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
      // A socket that was told to close takes its time.
      while (resources.count().sockets > 0) await new Promise((resolve) => requestAnimationFrame(resolve))
      return resources.count()
    } finally {
      resources.end()
    }
  },
}
