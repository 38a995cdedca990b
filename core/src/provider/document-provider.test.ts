import { afterEach, describe, expect, it } from 'vitest'
import { Awareness } from 'y-protocols/awareness'
import * as Y from 'yjs'
import { World } from '../../test/world.ts'
import type { Peer } from '../engine/api.ts'
import { limits } from '../limits.ts'
import { closeCode } from '../wire/close-code.ts'
import { DocumentProvider } from './document-provider.ts'
import { ownAwareness } from './own-awareness.ts'
import { PeerPool } from './peer-pool.ts'

interface Options {
  readonly connect?: readonly string[]
  readonly token?: string
}

const docs: Y.Doc[] = []
afterEach(() => {
  for (const doc of docs.splice(0)) doc.destroy()
})

function newDoc(): Y.Doc {
  const doc = new Y.Doc()
  docs.push(doc)
  return doc
}

/** A world with a hub that keeps everything, and a program with providers. */
async function stage(hubOptions: { token?: string } = {}) {
  const world = new World()
  const hub = await world.peer('hub', { keeps: true, ...hubOptions })
  const opened: { peer: Peer; isSpare: boolean }[] = []
  let refusals = 0
  const pool = new PeerPool<Options>({
    keyOf: (options) => JSON.stringify(options),
    addressesOf: ({ connect = [] }) => connect,
    async open({ token }, isSpare) {
      if (refusals-- > 0) throw new Error('no storage')
      const { peer } = await world.peer(`own ${opened.length}`, token === undefined ? {} : { token })
      opened.push({ peer, isSpare })
      return peer
    },
  })
  const reported: unknown[] = []
  const provide = (doc: Y.Doc, options: Options & { room?: string; autoConnect?: boolean } = {}) => {
    const { room = 'room', autoConnect = true, ...peerOptions } = { connect: [hub.address], ...options }
    return new DocumentProvider({
      room,
      doc,
      awareness: ownAwareness(doc, (of) => new Awareness(of)),
      ownsAwareness: true,
      autoConnect,
      lease: () => pool.lease(peerOptions, { room, doc }),
      unixTime: () => 1_700_000_000_000,
      report: (thrown) => void reported.push(thrown),
    })
  }
  return { world, hub, pool, opened, provide, reported, refuse: (times: number) => void (refusals = times) }
}

/** Everything a provider says, in order. */
function listen(provider: ReturnType<Awaited<ReturnType<typeof stage>>['provide']>): [string, unknown][] {
  const said: [string, unknown][] = []
  const names = ['status', 'sync', 'synced', 'peers', 'connection-close', 'connection-error', 'closed'] as const
  for (const name of names) provider.on(name, (event: unknown) => void said.push([name, event]))
  return said
}

const text = (doc: Y.Doc): string => doc.getText('t').toString()

describe('[KP1] synced', () => {
  it('[KP1] [KP2] is true once a neighbour holds the same, and says so under every name', async () => {
    const { world, hub, provide } = await stage()
    await hub.peer.merge('room', Y.encodeStateAsUpdate(withText('from before')))
    const doc = newDoc()
    const provider = provide(doc)
    const said = listen(provider)
    const statuses: string[] = []
    provider.on('sync-status', ({ type }) => void statuses.push(type))
    expect([provider.synced, provider.connected, provider.status, provider.syncStatus.type]).toEqual([
      false,
      false,
      'connecting',
      'loading',
    ])
    let isSynced = false
    void provider.whenSynced.then(() => (isSynced = true))
    await world.pass(1_000)
    expect([isSynced, provider.synced, provider.connected, text(doc)]).toEqual([true, true, true, 'from before'])
    expect(said.map(([name]) => name)).toEqual(['status', 'peers', 'synced', 'sync'])
    expect(said[0]).toEqual(['status', { status: 'connected', connected: true }])
    expect(said[2]).toEqual(['synced', true])
    expect(statuses.at(-1)).toBe('live')
    await provider.whenSynced
    await provider[Symbol.asyncDispose]()
  })

  it('[KP1] is never true with nobody there', async () => {
    const { world, provide } = await stage()
    const [alone, unreachable] = [
      provide(newDoc(), { connect: [] }),
      provide(newDoc(), { connect: ['memory://nowhere'] }),
    ]
    const said = listen(unreachable)
    alone.doc.getText('t').insert(0, 'x')
    await world.pass(60_000)
    expect([alone.synced, unreachable.synced, alone.syncStatus.type]).toEqual([false, false, 'offline'])
    expect(said[0]).toEqual(['status', { status: 'disconnected', connected: false }])
    expect(said.find(([name]) => name === 'connection-error')?.[1]).toMatchObject({
      address: 'memory://nowhere',
      reason: expect.any(String),
      code: null,
    })
    alone.destroy()
    unreachable.destroy()
  })

  it('[KP1] [KP2] ends with the last link, and comes back with it', async () => {
    const { world, hub, provide } = await stage()
    const provider = provide(newDoc())
    await world.pass(1_000)
    const said = listen(provider)
    const id = hub.peer.id
    await Promise.all([hub.peer.close(), world.pass(1_000)])
    expect([provider.synced, provider.connected]).toEqual([false, false])
    expect(said.slice(0, 5)).toEqual([
      ['synced', false],
      ['sync', false],
      ['connection-close', { address: hub.address, reason: 'this peer is closing', code: null }],
      ['status', { status: 'disconnected', connected: false }],
      ['peers', { added: [], removed: [id], webrtcPeers: [], bcPeers: [], addressedPeers: [] }],
    ])
    said.length = 0
    const again = provider.whenSynced
    await world.peer('hub', { keeps: true })
    await world.pass(60_000)
    await again
    expect(said.filter(([name]) => name === 'sync')).toEqual([['sync', true]])
    provider.destroy()
  })

  it('[KP2] a refusal is told: status, reason and code', async () => {
    const { world, hub, provide } = await stage({ token: 'secret' })
    const provider = provide(newDoc(), { token: 'wrong' })
    const said = listen(provider)
    await world.pass(1_000)
    const refusal = { code: closeCode.token, reason: expect.any(String) }
    expect(said).toContainEqual(['closed', refusal])
    expect(said).toContainEqual(['connection-error', { address: hub.address, ...refusal }])
    expect([provider.synced, provider.status]).toEqual([false, 'disconnected'])
    provider.destroy()
  })

  it('[KP2] what is no address is told to every provider, and costs the others nothing', async () => {
    const { world, hub, provide } = await stage()
    const providers = ['a', 'b'].map((room) => provide(newDoc(), { room, connect: ['gopher://x', hub.address] }))
    const said = providers.map(listen)
    await world.pass(1_000)
    const trouble = { address: 'gopher://x', reason: expect.stringContaining('gopher'), code: null }
    for (const events of said) expect(events).toContainEqual(['connection-error', trouble])
    expect(providers.map(({ synced }) => synced)).toEqual([true, true])
    for (const provider of providers) provider.destroy()
  })

  it('[KP2] a listener that throws keeps nothing from the others', async () => {
    const { world, provide, reported } = await stage()
    const provider = provide(newDoc())
    provider.on('sync', () => {
      throw new Error('boom')
    })
    const said = listen(provider)
    await world.pass(1_000)
    expect([said.some(([name]) => name === 'sync'), reported]).toEqual([true, [new Error('boom')]])
    provider.destroy()
  })
})

describe('[KP3] peers behind providers', () => {
  it('[KP3] documents with the same options share one; the last provider closes it', async () => {
    const { world, pool, opened, provide } = await stage()
    const providers = ['a', 'b', 'c'].map((room) => provide(newDoc(), { room }))
    await world.pass(1_000)
    expect([opened.length, providers.every(({ synced }) => synced)]).toEqual([1, true])
    for (const provider of providers.slice(1)) await provider[Symbol.asyncDispose]()
    expect([pool.size, providers[0]?.synced]).toEqual([1, true])
    const done = providers[0]?.[Symbol.asyncDispose]()
    await world.pass(1_000)
    await done
    expect(pool.size).toBe(0)
    expect(() => opened[0]?.peer.open('a')).toThrow(expect.objectContaining({ code: 'closed' }))
  })

  it('[KP3] a second provider for a room, with the same Y.Doc, shares everything', async () => {
    const { world, opened, provide } = await stage()
    const doc = newDoc()
    const [one, other] = [provide(doc), provide(doc)]
    await world.pass(1_000)
    expect([opened.length, one.synced, other.synced]).toEqual([1, true, true])
    one.destroy()
    await world.pass(1_000)
    expect([other.synced, other.connected]).toEqual([true, true])
    other.destroy()
  })

  it('[KP3] a second provider for a room, with another Y.Doc, has a peer of its own, and the two meet', async () => {
    const { world, opened, provide } = await stage()
    const [doc, other] = [newDoc(), newDoc()]
    const providers = [provide(doc), provide(other)]
    await world.pass(1_000)
    expect(opened.map(({ isSpare }) => isSpare)).toEqual([false, true])
    doc.getText('t').insert(0, 'both')
    await world.pass(1_000)
    expect(text(other)).toBe('both')
    for (const provider of providers) provider.destroy()
  })

  it.each(['the same Y.Doc', 'another Y.Doc'])(
    '[KP3] destroyed and made again in one tick with %s, three times over: one peer, nothing thrown, nothing left',
    async (which) => {
      const { world, hub, pool, opened, provide, reported } = await stage()
      let doc = newDoc()
      let provider = provide(doc)
      const again = (): void => {
        provider.destroy()
        provider.destroy()
        if (which === 'another Y.Doc') doc = newDoc()
        provider = provide(doc)
      }
      again()
      await world.pass(1_000)
      doc.getText('t').insert(0, '1')
      await world.pass(1_000)
      again()
      again()
      doc.getText('t').insert(0, '2')
      await world.pass(1_000)
      expect([provider.synced, text(doc), opened.length, pool.size]).toEqual([
        true,
        expect.stringMatching(/^(12|21)$/u),
        1,
        1,
      ])
      const atHub = hub.peer.open('room')
      await world.pass(1_000)
      expect(text(atHub.doc)).toBe(text(doc))
      provider.destroy()
      await world.pass(1_000)
      expect([pool.size, reported]).toEqual([0, []])
    },
  )

  it('[KP2] [KP3] a peer that cannot be opened is told, and tried again by connect()', async () => {
    const { world, provide, refuse } = await stage()
    refuse(1)
    const provider = provide(newDoc())
    const said = listen(provider)
    await world.pass(1_000)
    expect(said).toEqual([
      ['status', { status: 'disconnected', connected: false }],
      ['connection-error', { address: '', reason: 'no storage', code: null }],
    ])
    provider.connect()
    await world.pass(1_000)
    expect(provider.synced).toBe(true)
    provider.destroy()
  })
})

describe('[KP4] destroy', () => {
  it('[KP4] leaves no listener, no timer and no link behind, whenever it comes', async () => {
    for (const afterMs of [null, 0, 1, 1_000]) {
      const { world, hub, provide } = await stage()
      await world.pass(10)
      const timers = world.clock.waiting
      const doc = new Y.Doc()
      const listeners = countListeners(doc)
      const provider = provide(doc)
      if (afterMs !== null) await world.pass(afterMs)
      provider.awareness.setLocalState({ name: 'A' })
      const done = provider[Symbol.asyncDispose]()
      await world.pass(1_000)
      await done
      expect([countListeners(doc), provider._observers.size, provider.awareness._observers.size]).toEqual([
        listeners,
        0,
        0,
      ])
      expect(provider.awareness.getStates().size).toBe(0)
      expect(hub.peer.neighbours.value).toEqual([])
      await world.pass(3 * limits.idleUnloadMs)
      expect(world.clock.waiting).toBe(timers)
      // Later calls are answered by nothing.
      provider.connect()
      provider.disconnect()
      provider.destroy()
      await world.pass(1_000)
      expect([provider.connected, world.clock.waiting]).toEqual([false, timers])
    }
  })

  it('[KP4] what was typed right before is stored and sent', async () => {
    const { world, hub, provide } = await stage()
    const doc = newDoc()
    const provider = provide(doc)
    await world.pass(1_000)
    doc.getText('t').insert(0, 'the last word')
    provider.destroy()
    await world.pass(1_000)
    const atHub = hub.peer.open('room')
    await world.pass(1_000)
    expect(text(atHub.doc)).toBe('the last word')
  })

  it('[KP4] comes by itself with the end of the Y.Doc', async () => {
    const { world, pool, provide } = await stage()
    const doc = newDoc()
    const provider = provide(doc)
    await world.pass(1_000)
    doc.destroy()
    await world.pass(1_000)
    expect([pool.size, provider.connected, provider.synced]).toEqual([0, false, false])
  })
})

describe('[KP5] disconnect and connect', () => {
  it('[KP5] it stores on, shares nothing, and catches up', async () => {
    const { world, hub, provide, opened } = await stage()
    const doc = newDoc()
    const provider = provide(doc, { autoConnect: false })
    const said = listen(provider)
    await world.pass(1_000)
    expect([said, provider.status, provider.syncStatus.type, hub.peer.neighbours.value]).toEqual([
      [],
      'disconnected',
      'offline',
      [],
    ])
    doc.getText('t').insert(0, 'offline ')
    await world.pass(1_000)
    expect([await opened[0]?.peer.read('room'), await hub.peer.read('room')]).toEqual([expect.any(Uint8Array), null])
    provider.connect()
    await world.pass(5_000)
    expect([provider.synced, await hub.peer.read('room')]).toEqual([true, expect.any(Uint8Array)])
    said.length = 0
    provider.disconnect()
    expect(said.map(([name]) => name)).toEqual(['connection-close', 'synced', 'sync', 'status', 'peers'])
    await world.pass(1_000)
    expect([provider.shouldConnect, hub.peer.neighbours.value]).toEqual([false, []])
    provider.destroy()
  })

  it('[KP5] another provider of the same peer stays linked', async () => {
    const { world, provide } = await stage()
    const [one, other] = [provide(newDoc(), { room: 'one' }), provide(newDoc(), { room: 'other' })]
    await world.pass(1_000)
    one.disconnect()
    await world.pass(1_000)
    expect([one.connected, one.synced, other.connected, other.synced]).toEqual([false, false, true, true])
    one.connect()
    await world.pass(1_000)
    expect([one.connected, one.synced]).toEqual([true, true])
    one.destroy()
    other.destroy()
  })
})

describe('[KP6] awareness', () => {
  it('[KP6] goes both ways, with its events, and leaves with whoever leaves', async () => {
    const { world, hub, provide } = await stage()
    const doc = newDoc()
    const { awareness, ...provider } = { ...pick(provide(doc)) }
    awareness.setLocalStateField('user', { name: 'A' })
    await world.pass(1_000)
    const theirs = hub.peer.open('room')
    await world.pass(1_000)
    expect(theirs.presence.states.get(doc.clientID)).toEqual({ user: { name: 'A' } })
    const heard: unknown[] = []
    awareness.on('change', (change: unknown, origin: unknown) => heard.push(change, origin))
    theirs.presence.setLocalState({ user: { name: 'B' } })
    await world.pass(1_000)
    const id = theirs.doc.clientID
    expect(awareness.getStates().get(id)).toEqual({ user: { name: 'B' } })
    expect(awareness.meta.get(id)).toMatchObject({ lastUpdated: 1_700_000_000_000 })
    expect(heard).toEqual([{ added: [id], updated: [], removed: [] }, provider.self])
    theirs.presence.setLocalState({ user: { name: 'B' }, cursor: 1 })
    await world.pass(1_000)
    theirs.presence.setLocalState(null)
    await world.pass(1_000)
    expect(heard.slice(2)).toEqual([
      { added: [], updated: [id], removed: [] },
      provider.self,
      { added: [], updated: [], removed: [id] },
      provider.self,
    ])
    provider.self.disconnect()
    await world.pass(1_000)
    expect([theirs.presence.states.size, awareness.getLocalState()]).toEqual([0, { user: { name: 'A' } }])
    provider.self.connect()
    await world.pass(1_000)
    expect(theirs.presence.states.size).toBe(1)
    provider.self.destroy()
    await world.pass(1_000)
    expect(theirs.presence.states.size).toBe(0)
  })

  it('[KP6] a state that is too big is reported, and costs nobody anything', async () => {
    const { world, provide, reported } = await stage()
    const provider = provide(newDoc())
    await world.pass(1_000)
    provider.awareness.setLocalState({ picture: 'x'.repeat(10_000) })
    await world.pass(1_000)
    expect([reported.length, provider.synced]).toEqual([1, true])
    provider.destroy()
  })
})

function pick(provider: ReturnType<Awaited<ReturnType<typeof stage>>['provide']>) {
  return { awareness: provider.awareness, self: provider }
}

function countListeners(doc: Y.Doc): number {
  return [...doc._observers.values()].reduce((sum, listeners: Set<unknown>) => sum + listeners.size, 0)
}

function withText(words: string): Y.Doc {
  const doc = newDoc()
  doc.getText('t').insert(0, words)
  return doc
}
