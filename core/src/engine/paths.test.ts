import { describe, expect, it } from 'vitest'
import { TabTransport } from '../../test/tab-transport.ts'
import { World, type WorldPeer, type WorldPeerOptions } from '../../test/world.ts'
import { MemoryNetwork } from '../../../test/doubles/memory-transport.ts'
import { limits } from '../limits.ts'
import type { SharedDocument } from './api.ts'

const textOf = (document: SharedDocument): string => document.doc.getText('text').toString()

async function hubIn(world: World): Promise<WorldPeer> {
  return world.peer('hub', { keeps: true })
}

/** Transports of the links to proven neighbours, the hub's left out. */
const paths = ({ peer }: WorldPeer): readonly string[] =>
  peer.neighbours.value.filter(({ state, keeps }) => state === 'linked' && !keeps).map(({ transport }) => transport)

async function page(world: World, name: string, options: WorldPeerOptions = {}): Promise<WorldPeer> {
  return world.peer(name, { isDirect: true, connect: ['memory://hub'], ...options })
}

async function pages(world: World, count: number): Promise<WorldPeer[]> {
  const made: WorldPeer[] = []
  for (let index = 0; index < count; index++) made.push(await page(world, `page ${index}`))
  return made
}

describe('pages that a node peer introduces', () => {
  it('[OV2] are linked, and an edit goes on without that peer', async () => {
    const world = new World()
    const hub = await hubIn(world)
    const [a, b] = (await pages(world, 2)) as [WorldPeer, WorldPeer]
    const [here, there] = [a.peer.open('doc'), b.peer.open('doc')]
    await world.pass(5_000)
    expect([paths(a), paths(b)]).toEqual([['webrtc'], ['webrtc']])
    await hub.peer.close()
    here.doc.getText('text').insert(0, 'alone')
    await world.pass(500)
    expect([textOf(there), here.status.value.type]).toEqual(['alone', 'live'])
  })

  it('[TR1] [OV2] that lose their own link go on through it, are never wrong about it, and link again', async () => {
    const world = new World()
    await hubIn(world)
    const [a, b] = (await pages(world, 2)) as [WorldPeer, WorldPeer]
    const [here, there] = [a.peer.open('doc'), b.peer.open('doc')]
    await world.pass(5_000)
    const statuses: string[] = []
    there.status.subscribe(({ type }) => statuses.push(type))
    here.doc.getText('text').insert(0, 'on its way')
    a.rtc.last.breaks('cut by the test')
    b.rtc.last.breaks('cut by the test')
    await world.pass(500)
    expect([textOf(there), paths(a)]).toEqual(['on its way', []])
    await here.synced({ peers: 1, stored: true })
    expect(new Set(statuses)).toEqual(new Set(['live']))
    await world.pass(20_000)
    expect([paths(a), paths(b)]).toEqual([['webrtc'], ['webrtc']])
  })

  it('[OV5] let go of their link when no document is open at both ends any more, and link again for the next', async () => {
    const world = new World()
    await hubIn(world)
    const [a, b] = (await pages(world, 2)) as [WorldPeer, WorldPeer]
    a.peer.open('both')
    const only = b.peer.open('both')
    await world.pass(5_000)
    expect(paths(a)).toEqual(['webrtc'])
    only.close()
    await world.pass(limits.idleUnloadMs + limits.directIdleMs + 1_000)
    expect([paths(a), paths(b), a.rtc.living, b.rtc.living]).toEqual([[], [], 0, 0])
    b.peer.open('both')
    await world.pass(60_000)
    expect([paths(a), paths(b)]).toEqual([['webrtc'], ['webrtc']])
  })

  it('[OV1] [TR11] each of 31 holds few links, and an edit of any reaches all when that peer is gone', async () => {
    const world = new World()
    const hub = await hubIn(world)
    const all = await pages(world, 31)
    const most = all.map(() => 0)
    const documents = all.map(({ peer }) => peer.open('doc'))
    for (let second = 0; second < 60; second++) {
      await world.pass(1_000)
      for (const [index, { rtc }] of all.entries()) most[index] = Math.max(most[index] ?? 0, rtc.living)
    }
    expect(Math.max(...most)).toBeLessThanOrEqual(limits.directLinksMaxUrgent)
    expect(Math.min(...all.map((page) => paths(page).length))).toBeGreaterThan(0)
    await hub.peer.close()
    await world.pass(1_000)
    for (const [index, document] of documents.entries()) document.doc.getText('text').insert(0, `${index} `)
    await world.pass(20_000)
    const texts = documents.map(textOf)
    expect(new Set(texts).size).toBe(1)
    expect(texts[0]?.trim().split(' ')).toHaveLength(31)
  })

  it('[OV1] holds no more for many documents than for one, and is in each of them', async () => {
    const world = new World()
    const hub = await hubIn(world)
    const [centre, ...others] = (await pages(world, 21)) as [WorldPeer, ...WorldPeer[]]
    // Ten documents, each with two members beside the one that has all of them open.
    const documents = Array.from({ length: 10 }, (_, index) => ({
      here: centre.peer.open(`doc ${index}`),
      there: others.slice(index * 2, index * 2 + 2).map(({ peer }) => peer.open(`doc ${index}`)),
    }))
    let most = 0
    for (let second = 0; second < 60; second++) {
      await world.pass(1_000)
      most = Math.max(most, centre.rtc.living)
    }
    expect(most).toBeLessThanOrEqual(limits.directLinksMaxUrgent)
    // What has no room is nobody's failure.
    expect(centre.peer.neighbours.value.filter(({ state }) => state !== 'linked')).toEqual([])
    await hub.peer.close()
    await world.pass(1_000)
    for (const { here } of documents) here.doc.getText('text').insert(0, 'hello')
    await world.pass(5_000)
    const reached = documents.filter(({ there }) => there.some((each) => textOf(each) === 'hello')).length
    expect(reached).toBeGreaterThanOrEqual(limits.directLinksMax)
  })
})

describe('two paths between the same two', () => {
  /** How many neighbours a document's status ever counted. */
  function mostCounted({ status }: SharedDocument): () => number {
    let most = 0
    status.subscribe((now) => {
      if (now.type === 'live') most = Math.max(most, now.neighbours)
    })
    return () => most
  }

  it('[TR10] [OV1] tabs of one browser are linked as tabs, and open no data channel to each other', async () => {
    const world = new World()
    await hubIn(world)
    const [network, tabs] = [new MemoryNetwork(), [] as string[]]
    const all: WorldPeer[] = []
    for (const name of ['left', 'right', 'third']) {
      all.push(await page(world, name, { seed: 77, also: new TabTransport(network, tabs) }))
    }
    const stranger = await page(world, 'stranger')
    const documents = [...all, stranger].map(({ peer }) => peer.open('doc'))
    await world.pass(60_000)
    for (const tab of all) expect([...paths(tab)].toSorted()).toEqual(['tab', 'tab', 'webrtc'])
    // One connection each, to the stranger.
    expect(all.map(({ rtc }) => rtc.made.length)).toEqual([1, 1, 1])
    documents[0]?.doc.getText('text').insert(0, 'to all')
    await world.pass(500)
    expect(documents.map(textOf)).toEqual(['to all', 'to all', 'to all', 'to all'])
  })

  it('[TR7] of a data channel and a link between tabs the latter stays, at both ends, and nobody counts twice', async () => {
    const world = new World()
    await hubIn(world)
    const [network, tabs] = [new MemoryNetwork(), [] as string[]]
    const a = await page(world, 'a', { also: new TabTransport(network, tabs) })
    // Of another key, so that it is dialled; and the two meet in their browser only later.
    const late = new TabTransport(network, tabs, true)
    const b = await page(world, 'b', { also: late })
    const [here, there] = [a.peer.open('doc'), b.peer.open('doc')]
    await world.pass(5_000)
    expect([paths(a), paths(b)]).toEqual([['webrtc'], ['webrtc']])
    const counts = [mostCounted(here), mostCounted(there)]
    late.meet()
    here.doc.getText('text').insert(0, 'meanwhile')
    await world.pass(100)
    expect([paths(a), paths(b), textOf(there)]).toEqual([['tab'], ['tab'], 'meanwhile'])
    await world.pass(60_000)
    // The hub and the other: two, never three.
    expect(counts.map((most) => most())).toEqual([2, 2])
    // The lost channel was not taken for a lost member.
    expect([a.rtc.made.length, b.rtc.made.length, a.rtc.living, b.rtc.living]).toEqual([1, 1, 0, 0])
    await here.synced({ peers: 2 })
  })

  it('[TR7] of a data channel and a link by address the latter stays; when it is lost, there is a channel again', async () => {
    const world = new World()
    await hubIn(world)
    const [a, b] = (await pages(world, 2)) as [WorldPeer, WorldPeer]
    const [here, there] = [a.peer.open('doc'), b.peer.open('doc')]
    await world.pass(5_000)
    const counts = [mostCounted(here), mostCounted(there)]
    const disconnect = a.peer.connect(b.address)
    await world.pass(60_000)
    expect([paths(a), paths(b), a.rtc.living, b.rtc.living]).toEqual([['memory'], ['memory'], 0, 0])
    disconnect()
    here.doc.getText('text').insert(0, 'between two links')
    await world.pass(60_000)
    expect([paths(a), paths(b), textOf(there)]).toEqual([['webrtc'], ['webrtc'], 'between two links'])
    expect(counts.map((most) => most())).toEqual([2, 2])
  })

  it('[TR7] a peer that is linked is not dialled over its other address, and is when that link is gone', async () => {
    const world = new World()
    const hub = await hubIn(world)
    const [a, b] = (await pages(world, 2)) as [WorldPeer, WorldPeer]
    await world.pass(1_000)
    const [direct = ''] = b.peer.addresses.filter((address) => address.startsWith('direct:'))
    const disconnect = a.peer.connect(b.address)
    await world.pass(1_000)
    a.peer.connect(direct)
    await world.pass(5 * limits.redialRefusedMs)
    expect([a.rtc.made.length, paths(a), a.peer.neighbours.value.length]).toEqual([0, ['memory'], 2])
    disconnect()
    await world.pass(5_000)
    expect([paths(a), paths(b)]).toEqual([['webrtc'], ['webrtc']])
    await hub.peer.close()
    await world.pass(60_000)
    expect([paths(a), paths(b)]).toEqual([['webrtc'], ['webrtc']])
  })

  it('[OV2] nobody dials a member that is linked already and opens the document a little later', async () => {
    const world = new World()
    await hubIn(world)
    const [a, b] = (await pages(world, 2)) as [WorldPeer, WorldPeer]
    a.peer.connect(b.address)
    await world.pass(2_000)
    for (const { peer } of [a, b]) peer.open('doc')
    await world.pass(60_000)
    expect([paths(a), paths(b), a.rtc.made.length, b.rtc.made.length]).toEqual([['memory'], ['memory'], 0, 0])
  })
})

describe('a page behind a wall', () => {
  it('[OV4] is reached through the node peer, and why is told all the time, also while it is dialled again', async () => {
    const world = new World()
    await hubIn(world)
    const [a, b] = (await pages(world, 2)) as [WorldPeer, WorldPeer]
    for (const { rtc } of [a, b]) rtc.isWalled = true
    const [here, there] = [a.peer.open('doc'), b.peer.open('doc')]
    await world.pass(20_000)
    const told = new Set<string | null>()
    const states = new Set<string>()
    for (let second = 0; second < 60; second++) {
      await world.pass(1_000)
      const row = a.peer.neighbours.value.find(({ transport }) => transport === 'direct')
      if (row !== undefined) states.add(row.state)
      told.add(row?.whyNotDirect ?? null)
    }
    expect([...states].toSorted()).toEqual(['dialling', 'waiting'])
    expect([...told]).toEqual(['could not connect: no answer in time'])
    here.doc.getText('text').insert(0, 'all the same')
    await world.pass(500)
    expect([textOf(there), here.status.value.type]).toEqual(['all the same', 'live'])
  })
})

describe('peers that dial nobody by themselves', () => {
  it('[OV1] are dialled, and do not dial each other', async () => {
    const world = new World()
    await hubIn(world)
    const bots = [
      await page(world, 'bot 1', { dialsMembers: false }),
      await page(world, 'bot 2', { dialsMembers: false }),
    ]
    for (const { peer } of bots) peer.open('doc')
    await world.pass(60_000)
    expect(bots.map(paths)).toEqual([[], []])
    const browser = await page(world, 'browser')
    browser.peer.open('doc')
    await world.pass(10_000)
    expect(paths(browser)).toEqual(['webrtc', 'webrtc'])
    expect(bots.map(paths)).toEqual([['webrtc'], ['webrtc']])
  })
})
