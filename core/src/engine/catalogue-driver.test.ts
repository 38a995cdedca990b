import { describe, expect, it } from 'vitest'
import { docOf, typed } from '../../test/replicas.ts'
import { Stranger } from '../../test/stranger.ts'
import { World, type WorldPeer } from '../../test/world.ts'
import { limits } from '../limits.ts'
import type { MemoryDisk } from './memory-storage.ts'

const { catalogueListMax, catalogueOpenAtOnceMax, idleUnloadMs } = limits

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

  it('[CA1] [CA2] of many documents only those that differ are named, loaded and sent', async () => {
    const world = new World()
    const [b, c] = [await world.peer('b', { keeps: true }), await world.peer('c', { keeps: true })]
    const count = catalogueListMax + 50
    for (let index = 0; index < count; index++) {
      const [first, second] = typed(docOf(50 + index), 'xy')
      for (const one of [b, c]) await one.peer.merge(`d${index}`, first!)
      if (index % 100 === 0) await (index === 100 ? c : b).peer.merge(`d${index}`, second!)
    }
    await world.pass(3 * idleUnloadMs)
    for (const one of [b, c]) one.storage.loads.splice(0)
    c.peer.connect(b.address)
    await world.pass(1_000)
    const changed = ['d0', 'd100', 'd200', 'd300']
    for (const one of [b, c]) {
      expect(one.storage.loads.toSorted()).toEqual(changed)
      const named = one.transport.last.messages.flatMap((message) => (message.type === 'open' ? [message.name] : []))
      expect(named.toSorted()).toEqual(changed)
      for (const each of changed) expect(await textAt(one, each)).toBe('xy')
    }
    const words = [b, c].flatMap((one) => one.transport.last.types)
    expect(words.filter((word) => ['catalogue', 'symbols', 'more', 'differ'].includes(word)).toSorted()).toEqual([
      'differ',
      'symbols',
    ])
  })

  describe('[CA5] after a restart of both', () => {
    const [first, second] = typed(docOf(50), 'xy')

    /** Two keepers that hold the same from before, and what they load when they meet. */
    async function meeting(meanwhile: (disks: readonly MemoryDisk[]) => void) {
      const world = new World()
      const disks: MemoryDisk[] = []
      for (const name of ['b', 'c']) {
        const { peer, disk } = await world.peer(name, { keeps: true })
        await peer.merge('doc', first!)
        const closing = peer.close()
        await world.pass(1)
        await closing
        disks.push(disk)
      }
      meanwhile(disks)
      const b = await world.peer('b again', { keeps: true, disk: disks[0]!, seed: 1 })
      const c = await world.peer('c again', { keeps: true, disk: disks[1]!, seed: 2 })
      c.peer.connect(b.address)
      await world.pass(2_000)
      return { b, c, loads: [b.storage.loads.length, c.storage.loads.length] }
    }

    it('[CA5] digests are known from the notes, and nothing is loaded', async () => {
      expect((await meeting(() => undefined)).loads).toEqual([0, 0])
    })

    it('[CA5] a document without a note is opened, found to be level, and has one from then on', async () => {
      const { b, c, loads } = await meeting((disks) => disks[0]!.notes.clear())
      expect(loads).toEqual([1, 1])
      expect(c.transport.last.types.filter((word) => word === 'missing')).toEqual([])
      expect([...b.disk.notes.values()].map((note) => note.isCurrent)).toEqual([true])
    })

    it('[CA5] a note that is older than what is stored says nothing', async () => {
      const { c, loads } = await meeting(([disk]) => {
        const [[name, records] = []] = disk!.records
        records!.push(second!)
        disk!.notes.set(name!, { ...disk!.notes.get(name!)!, isCurrent: false })
      })
      expect([loads, await textAt(c, 'doc')]).toEqual([[1, 1], 'xy'])
    })

    it('[CA5] a note that cannot be read says nothing', async () => {
      const { loads } = await meeting(([disk]) => {
        for (const name of disk!.records.keys()) disk!.notes.set(name, { bytes: Uint8Array.of(9, 9), isCurrent: true })
      })
      expect(loads).toEqual([1, 1])
    })
  })

  it('[CA2] a link that breaks in the middle: what is level already is not touched again', async () => {
    const world = new World()
    const [b, c] = [await world.peer('b', { keeps: true }), await world.peer('c', { keeps: true })]
    const count = 3 * catalogueOpenAtOnceMax
    for (let index = 0; index < count; index++) await b.peer.merge(`d${index}`, typed(docOf(50), 'x')[0]!)
    await world.pass(3 * idleUnloadMs)
    c.peer.connect(b.address)
    while (c.disk.records.size < catalogueOpenAtOnceMax) await world.pass(10)
    const before = c.disk.records.size
    expect(before).toBeLessThan(count)
    c.transport.last.close(1001, 'cut')
    await world.pass(5_000)
    expect([c.disk.records.size, c.transport.links.length]).toEqual([count, 2])
    // What was level has a fingerprint on both sides, and nobody asked for its content again.
    const missing = b.transport.last.types.filter((word) => word === 'missing')
    expect(missing.length).toBe(count - before)
  })

  it('[CA8] words of the comparison that are lost are said again', async () => {
    const world = new World()
    const [b, c] = [await world.peer('b', { keeps: true }), await world.peer('c', { keeps: true })]
    await b.peer.merge('at b', typed(docOf(51), 'B')[0]!)
    await c.peer.merge('at c', typed(docOf(52), 'C')[0]!)
    await world.pass(3 * idleUnloadMs)
    let lost = 0
    const losesWords = (frame: Uint8Array): boolean => (frame[0] === 24 || frame[0] === 27) && ++lost <= 2
    for (const one of [b, c]) one.transport.loses = losesWords
    c.peer.connect(b.address)
    await world.pass(4 * limits.catalogueWaitMs)
    expect(lost).toBeGreaterThan(2)
    expect([await textAt(c, 'at b'), await textAt(b, 'at c')]).toEqual(['B', 'C'])
  })

  it('[CA1] a document that changes while the sets are compared is told like any other', async () => {
    const world = new World()
    const [b, c] = [await world.peer('b', { keeps: true }), await world.peer('c', { keeps: true })]
    const [first, second] = typed(docOf(50), 'xy')
    for (const one of [b, c]) await one.peer.merge('doc', first!)
    await world.pass(3 * idleUnloadMs)
    c.peer.connect(b.address)
    while (!c.transport.links.at(-1)?.types.some((word) => word === 'catalogue' || word === 'differ'))
      await world.pass(0)
    await b.peer.merge('doc', second!)
    await world.pass(1_000)
    expect(await textAt(c, 'doc')).toBe('xy')
  })

  it('[CA1] a list that could not be read is read again', async () => {
    const world = new World()
    const [b, c] = [await world.peer('b', { keeps: true }), await world.peer('c', { keeps: true })]
    await b.peer.merge('at b', typed(docOf(51), 'B')[0]!)
    await c.peer.merge('at c', typed(docOf(52), 'C')[0]!)
    await world.pass(3 * idleUnloadMs)
    for (const one of [b, c]) one.storage.failsToList = 'no'
    c.peer.connect(b.address)
    await world.pass(10)
    expect([b, c].map((one) => one.logged.some(({ event }) => event === 'catalogue failed'))).toEqual([true, true])
    for (const one of [b, c]) one.storage.failsToList = null
    await world.pass(limits.antiEntropyMaxMs)
    expect([await textAt(c, 'at b'), await textAt(b, 'at c')]).toEqual(['B', 'C'])
  })
})

describe('[CA9] what is in memory', () => {
  async function inMemory() {
    const world = new World()
    const [b, c] = [await world.peer('b', { keeps: true }), await world.peer('c', { keeps: true })]
    const docs = [docOf(50), docOf(51)]
    for (const [index, doc] of docs.entries()) {
      const [update] = typed(doc, 'x')
      for (const one of [b, c]) await one.peer.merge(`d${index}`, update!)
    }
    return { world, b, c, docs }
  }

  it('[CA9] is not opened where it is equal', async () => {
    const { world, b, c } = await inMemory()
    c.peer.connect(b.address)
    await world.pass(1_000)
    const words = [b, c].flatMap((one) => one.transport.last.types)
    expect(words.toSorted()).toEqual(expect.arrayContaining(['catalogue', 'differ']))
    expect(words.filter((word) => word === 'open')).toEqual([])
  })

  it('[CA9] [ME3] is opened at its first change, and only that', async () => {
    const { world, b, c, docs } = await inMemory()
    c.peer.connect(b.address)
    await world.pass(1_000)
    await b.peer.merge('d1', typed(docs[1]!, 'y')[0]!)
    await world.pass(1_000)
    expect(await textAt(c, 'd1')).toBe('xy')
    for (const one of [b, c]) {
      const named = one.transport.last.messages.flatMap((message) => (message.type === 'open' ? [message.name] : []))
      expect(named).toEqual(['d1'])
    }
  })

  it('[CA9] a change between comparison and outcome is told', async () => {
    const { world, b, c, docs } = await inMemory()
    const changes = docs.map((doc) => typed(doc, 'y')[0]!)
    c.peer.connect(b.address)
    for (let step = 0; step < 40; step++) {
      await Promise.resolve()
      if (step === 10) void b.peer.merge('d0', changes[0]!)
      if (step === 30) void c.peer.merge('d1', changes[1]!)
    }
    await world.pass(1_000)
    for (const one of [b, c]) expect([await textAt(one, 'd0'), await textAt(one, 'd1')]).toEqual(['xy', 'xy'])
  })

  it('[CA9] [DS13] counts as level: what was typed here is known to be on their disk', async () => {
    const { world, b, c } = await inMemory()
    const open = b.peer.open('d0')
    c.peer.connect(b.address)
    await world.pass(1_000)
    expect(open.status.value).toMatchObject({ type: 'live', pending: 0 })
    open.close()
  })

  it('[CA9] a neighbour that does not compare is told of everything after a while', async () => {
    const world = new World()
    const { peer } = await world.peer('a', { keeps: true })
    await peer.merge('doc', typed(docOf(50), 'x')[0]!)
    const keeper = await Stranger.linked(world.clock, peer, { features: ['keeps'] })
    const before = keeper.heardTypes()
    await world.pass(limits.catalogueWaitMs - 1)
    await keeper.say({ type: 'ping', stamp: 1 })
    expect([...before, ...keeper.heardTypes()]).not.toContain('open')
    await world.pass(10)
    await keeper.carry()
    expect(keeper.heardTypes()).toContain('open')
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
    await keeper.say({ type: 'catalogue', fingerprints: [] })
    expect(keeper.heardTypes()).toContain('differ')
    // The guest that pretends to hold nothing learns nothing by it.
    await guest.say({ type: 'catalogue', fingerprints: [] })
    expect(guest.heardTypes()).toEqual([])
  })

  it('[CA3] sends none, and uses none', async () => {
    const world = new World()
    const { peer, storage } = await world.peer('a')
    await peer.merge('doc', typed(docOf(50), 'x')[0]!)
    const { length } = storage.loads
    const keeper = await Stranger.linked(world.clock, peer, { features: ['keeps'] })
    await keeper.say({ type: 'catalogue', fingerprints: [] })
    await world.pass(1_000)
    await keeper.carry()
    expect([keeper.heardTypes(), storage.loads.length]).toEqual([[], length])
  })
})
