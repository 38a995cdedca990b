import { describe, expect, it } from 'vitest'
import { docOf, typed } from '../../test/replicas.ts'
import { Stranger } from '../../test/stranger.ts'
import { World, type WorldPeer } from '../../test/world.ts'
import { digestFrom } from '../ids.ts'
import { limits } from '../limits.ts'

const { catalogueOpenAtOnceMax, cataloguePageMax, idleUnloadMs } = limits

async function textAt(one: WorldPeer, name: string): Promise<string | null> {
  const records = [...one.disk.records].find(([each]) => each === name)?.[1]
  return records === undefined
    ? null
    : docOf(99, ...records)
        .getText('t')
        .toString()
}

describe('[CA1] [CA2] catching up on documents nobody has open', () => {
  it('[CA1] [CA2] a keeper that was down gets what was made meanwhile, and gives what the other lacks', async () => {
    const world = new World()
    const [b, c] = [await world.peer('b', { keeps: true }), await world.peer('c', { keeps: true })]
    await b.peer.merge('old', typed(docOf(50), 'old')[0]!)
    for (const update of typed(docOf(51), 'made at B')) await b.peer.merge('at b', update)
    for (const update of typed(docOf(52), 'made at C')) await c.peer.merge('at c', update)
    await world.pass(3 * idleUnloadMs)
    c.peer.connect(b.address)
    await world.pass(1_000)
    expect([await textAt(c, 'at b'), await textAt(b, 'at c'), await textAt(c, 'old')]).toEqual([
      'made at B',
      'made at C',
      'o',
    ])
  })

  it('[CA2] differences in documents both keep are found by their digests, deletes too', async () => {
    const world = new World()
    const [b, c] = [await world.peer('b', { keeps: true }), await world.peer('c', { keeps: true })]
    const shared = docOf(50)
    for (const update of typed(shared, 'shared')) await Promise.all([b, c].map((one) => one.peer.merge('doc', update)))
    const deletion = new Promise<Uint8Array>((resolve) => shared.once('update', resolve))
    shared.getText('t').delete(0, 5)
    await b.peer.merge('doc', await deletion)
    await world.pass(3 * idleUnloadMs)
    c.peer.connect(b.address)
    await world.pass(1_000)
    expect(await textAt(c, 'doc')).toBe('d')
  })

  it('[CA2] more than may be opened at once: a few at a time, until all are level', async () => {
    const world = new World()
    const [b, c] = [await world.peer('b', { keeps: true }), await world.peer('c', { keeps: true })]
    const count = 3 * catalogueOpenAtOnceMax
    for (let index = 0; index < count; index++) await b.peer.merge(`d${index}`, typed(docOf(50), 'x')[0]!)
    await world.pass(3 * idleUnloadMs)
    c.peer.connect(b.address)
    await world.pass(1)
    expect(c.storage.loads.length).toBeLessThanOrEqual(catalogueOpenAtOnceMax)
    await world.pass(2_000)
    expect(c.disk.records.size).toBe(count)
  })

  it('[CA2] what is equal is not opened when digests are known', async () => {
    const world = new World()
    const [b, c] = [await world.peer('b', { keeps: true }), await world.peer('c', { keeps: true })]
    const update = typed(docOf(50), 'x')[0]!
    for (const one of [b, c]) await one.peer.merge('doc', update)
    await world.pass(3 * idleUnloadMs)
    const loads = b.storage.loads.length + c.storage.loads.length
    c.peer.connect(b.address)
    await world.pass(1_000)
    expect(b.storage.loads.length + c.storage.loads.length).toBe(loads)
  })

  it('[CA1] [WI8] many names come in pages that fit a message', async () => {
    const world = new World()
    const { peer, disk } = await world.peer('a', { keeps: true })
    const [update] = typed(docOf(50), 'x')
    await peer.merge('d0', update!)
    const [first] = disk.records.keys()
    for (let index = 1; index <= cataloguePageMax; index++)
      disk.records.set(`d${index}` as typeof first & string, [update!])
    const stranger = await Stranger.linked(world.clock, peer, { features: ['keeps'] })
    const pages = stranger.heard().flatMap((message) => (message.type === 'catalogue' ? [message.entries] : []))
    expect(pages.map((page) => page.length)).toEqual([cataloguePageMax, 1])
    expect(new Set(pages.flat().map((entry) => entry.name)).size).toBe(cataloguePageMax + 1)
  })
})

describe('[CA3] who keeps nothing', () => {
  it('[CA3] is sent no catalogue', async () => {
    const world = new World()
    const { peer } = await world.peer('a', { keeps: true })
    await peer.merge('secret', typed(docOf(50), 'x')[0]!)
    await world.pass(10)
    const guest = await Stranger.linked(world.clock, peer, { seed: 201 })
    expect(guest.heardTypes()).toEqual([])
    const keeper = await Stranger.linked(world.clock, peer, { seed: 202, features: ['keeps'] })
    expect(keeper.heardTypes()).toContain('catalogue')
  })

  it('[CA3] sends none, and uses none', async () => {
    const world = new World()
    const { peer, storage } = await world.peer('a')
    await peer.merge('doc', typed(docOf(50), 'x')[0]!)
    const { length } = storage.loads
    const keeper = await Stranger.linked(world.clock, peer, { features: ['keeps'] })
    await keeper.say({ type: 'catalogue', entries: [{ name: 'unheard of', digest: digestFrom(new Uint8Array(8)) }] })
    await world.pass(1_000)
    await keeper.carry()
    expect([keeper.heardTypes(), storage.loads.length]).toEqual([[], length])
  })

  it('[CA2] names in a catalogue that are none are left out', async () => {
    const world = new World()
    const { peer, storage } = await world.peer('a', { keeps: true })
    const keeper = await Stranger.linked(world.clock, peer, { features: ['keeps'] })
    await keeper.say({
      type: 'catalogue',
      entries: [
        { name: '', digest: null },
        { name: 'good', digest: null },
      ],
    })
    await world.pass(10)
    await keeper.carry()
    expect([storage.loads, keeper.link.closedWith]).toEqual([['good'], null])
  })
})
