import { describe, expect, it } from 'vitest'
import * as Y from 'yjs'
import { FakeLink } from '../../test/fake-link.ts'
import { docOf, typed } from '../../test/replicas.ts'
import { openOf, Stranger } from '../../test/stranger.ts'
import { World } from '../../test/world.ts'
import { limits } from '../limits.ts'
import { decodePresence } from '../presence/presence-codec.ts'

describe('[ME4] a peer that ends', () => {
  it('[ME4] writes its log, closes its links with 1001 and lets go of what it holds', async () => {
    const world = new World()
    const b = await world.peer('b', { keeps: true })
    const a = await world.peer('a', { connect: [b.address] })
    const document = a.peer.open('doc')
    await world.pass(10)
    document.doc.getText('t').insert(0, 'last words')
    await Promise.all([a.peer.close(), world.pass(10)])
    expect(
      docOf(99, ...[...a.disk.records.values()].flat())
        .getText('t')
        .toString(),
    ).toBe('last words')
    expect(a.transport.last.closedWith?.code).toBe(1001)
    expect(
      docOf(99, (await b.peer.read('doc'))!)
        .getText('t')
        .toString(),
    ).toBe('last words')
    expect(b.peer.neighbours.value).toEqual([])
    // No timer is left to wake somebody who is gone.
    await Promise.all([b.peer.close(), world.pass(10)])
    expect(world.clock.waiting).toBe(0)
  })

  it('[ME4] leaves no timer behind for a document that it only keeps, and shares with a neighbour to the last', async () => {
    const world = new World()
    const b = await world.peer('b', { keeps: true })
    const a = await world.peer('a', { connect: [b.address], keeps: true })
    await b.peer.merge('doc', typed(new Y.Doc(), 'k')[0]!)
    await world.pass(500)
    expect(await a.peer.read('doc')).not.toBeNull()
    await Promise.all([b.peer.close(), a.peer.close(), world.pass(10)])
    expect(world.clock.waiting).toBe(0)
  })

  it('[ME4] takes its own presence back, also when that was changed a moment before', async () => {
    const world = new World()
    const { peer } = await world.peer('a')
    const document = peer.open('doc')
    const stranger = await Stranger.linked(world.clock, peer)
    await stranger.say(openOf(1, 'doc'))
    document.presence.setLocalState({ name: 'me' })
    await world.pass(10)
    document.presence.setLocalState({ name: 'still me' })
    await Promise.all([peer.close(), world.pass(500)])
    await stranger.carry()
    const states = stranger.heard().flatMap((message) => {
      if (message.type !== 'document' || message.message.type !== 'presence') return []
      const decoded = decodePresence(message.message.states)
      return decoded.ok ? decoded.value.entries.map((entry) => entry.json) : []
    })
    expect(states.at(-1)).toBe('null')
    expect(stranger.link.closedWith?.code).toBe(1001)
  })

  it('[ME4] waits for a slow storage, and no longer than closeMs for one that never answers', async () => {
    const world = new World()
    const { peer, storage } = await world.peer('a')
    const document = peer.open('doc')
    await document.loaded
    storage.isPaused = true
    document.doc.getText('t').insert(0, 'x')
    let isClosed = false
    const closing = peer.close().then(() => (isClosed = true))
    await world.pass(limits.closeMs - 1)
    expect(isClosed).toBe(false)
    await world.pass(1)
    expect(isClosed).toBe(true)
    await closing
  })

  it('[ME4] tries a storage that failed before once more while it waits', async () => {
    const world = new World()
    const { peer, storage, disk } = await world.peer('a')
    const document = peer.open('doc')
    await document.loaded
    storage.failsToAppend = 'disk full'
    document.doc.getText('t').insert(0, 'x')
    await world.pass(10)
    storage.failsToAppend = null
    await Promise.all([peer.close(), world.pass(limits.storageRetryFirstMs)])
    expect(disk.records.size).toBe(1)
  })

  it('[ME4] closing again is the same closing; afterwards nothing can be opened', async () => {
    const world = new World()
    const { peer } = await world.peer('a', { connect: ['memory://nobody'] })
    const document = peer.open('doc')
    await Promise.all([peer.close(), peer.close(), peer[Symbol.asyncDispose](), world.pass(10)])
    expect(() => peer.open('other')).toThrow(expect.objectContaining({ code: 'closed' }))
    expect(() => peer.connect('memory://b')).toThrow(expect.objectContaining({ code: 'closed' }))
    await expect(peer.read('doc')).rejects.toMatchObject({ code: 'closed' })
    await expect(peer.merge('doc', typed(docOf(50), 'x')[0]!)).rejects.toMatchObject({ code: 'closed' })
    // What an app does with what it still holds harms nobody.
    document.doc.getText('t').insert(0, 'too late')
    document.presence.setLocalState({ name: 'late' })
    document.close()
    await world.pass(100_000)
    expect(world.clock.waiting).toBe(0)
  })

  it('[ME4] links that come while it ends are closed with 1001', async () => {
    const world = new World()
    const { peer } = await world.peer('a')
    await Promise.all([peer.close(), world.pass(10)])
    const [late, stock] = [new FakeLink(), new FakeLink()]
    peer.accept(late)
    peer.attachYjs('doc', stock).received(Uint8Array.of(0, 0, 1, 0))
    expect([late.closedWith?.code, stock.closedWith?.code]).toEqual([1001, 1001])
    expect(stock.frames).toEqual([])
  })

  it('[ME4] a request that was under way is answered', async () => {
    const world = new World()
    const { peer, storage } = await world.peer('a')
    storage.isPaused = true
    const [reading, merging] = [peer.read('doc'), peer.merge('doc', typed(docOf(50), 'x')[0]!)]
    const outcomes = Promise.allSettled([reading, merging])
    await world.pass(10)
    const closing = peer.close()
    await world.pass(limits.closeMs)
    await closing
    expect((await outcomes).map((outcome) => outcome.status)).toEqual(['rejected', 'rejected'])
  })
})
