import { afterEach, describe, expect, it } from 'vitest'
import * as Y from 'yjs'
import { docOf, stateOf, typed, updateOf } from '../../test/replicas.ts'
import { StockClient } from '../../test/stock-client.ts'
import { World } from '../../test/world.ts'
import { limits } from '../limits.ts'
import { encodeYjs } from '../wire/yjs-wire.ts'

const clients: StockClient[] = []

/** Joined, and its timers taken down after the test. */
async function join(...how: Parameters<typeof StockClient.joined>): Promise<StockClient> {
  const client = await StockClient.joined(...how)
  clients.push(client)
  return client
}

async function carry(world: World, ...all: readonly StockClient[]): Promise<void> {
  for (let round = 0; round < 4; round++) {
    await world.pass(200)
    for (const client of all) await client.carry()
  }
}

afterEach(() => {
  for (const client of clients.splice(0)) client.awareness.destroy()
})

describe('[YW1] a stock y-websocket client connects', () => {
  it('[YW1] it is sent step 1 and all presence, unasked; its own step 1 is answered by step 2', async () => {
    const world = new World()
    const { peer } = await world.peer('a', { keeps: true })
    await peer.merge('doc', typed(docOf(50), 'x')[0]!)
    const app = peer.open('doc')
    app.presence.setLocalState({ name: 'app' })
    await world.pass(200)
    const client = new StockClient(peer, 'doc', 70)
    clients.push(client)
    await world.pass(10)
    const kinds = client.link.frames.map((frame) => `${frame[0]} ${frame[0] === 0 ? frame[1] : ''}`.trim())
    expect(kinds.toSorted()).toEqual(['0 0', '0 1', '1'])
    await client.carry()
    expect([client.isSynced, client.text, client.names]).toEqual([true, 'x', ['app']])
  })

  it('[YW1] also for a document of nothing, and when nothing is missing', async () => {
    const world = new World()
    const { peer } = await world.peer('a', { keeps: true })
    const client = await join(peer, 'doc', 70)
    expect(client.isSynced).toBe(true)
    client.raw(Uint8Array.of(0, 0, 1, 0))
    client.isSynced = false
    await carry(world, client)
    expect(client.isSynced).toBe(true)
  })

  it('[YW1] what it has and we lack comes to us, because it was asked', async () => {
    const world = new World()
    const { peer, disk } = await world.peer('a', { keeps: true })
    const client = new StockClient(peer, 'doc', 70)
    clients.push(client)
    Y.applyUpdate(client.doc, Y.encodeStateAsUpdate(docOf(9, ...typed(docOf(51), 'offline'))), client)
    await carry(world, client)
    expect(
      docOf(99, (await peer.read('doc'))!)
        .getText('t')
        .toString(),
    ).toBe('offline')
    expect(disk.records.size).toBe(1)
  })

  it('[YW1] a question for presence is answered', async () => {
    const world = new World()
    const { peer } = await world.peer('a', { keeps: true })
    const app = peer.open('doc')
    app.presence.setLocalState({ name: 'app' })
    const client = await join(peer, 'doc', 70)
    await carry(world, client)
    const before = client.link.frames.length
    client.raw(Uint8Array.of(3))
    await world.pass(10)
    expect(client.link.frames.slice(before).map((frame) => frame[0])).toEqual([1])
  })
})

describe('[BR6] updates of a client that follow one another', () => {
  const keyFrames = (client: StockClient): number => client.link.frames.filter(([a, b]) => a === 0 && b === 2).length

  it('[BR6] the first leaves at once, the others together, and everybody ends with the same text', async () => {
    const world = new World()
    const { peer, disk } = await world.peer('a', { keeps: true })
    const [one, two] = [await join(peer, 'doc', 70), await join(peer, 'doc', 71)]
    await carry(world, one, two)
    const before = keyFrames(two)
    for (const letter of 'abcdefghij') one.type(letter)
    await world.pass(0)
    expect([keyFrames(two) - before, disk.records.size]).toEqual([1, 1])
    await world.pass(limits.editsTogetherMs)
    expect(keyFrames(two) - before).toBe(2)
    await carry(world, one, two)
    expect([two.text, stateOf(two.doc)]).toEqual(['abcdefghij', stateOf(one.doc)])
  })

  it('[BR6] after a pause nothing waits', async () => {
    const world = new World()
    const { peer } = await world.peer('a', { keeps: true })
    const [one, two] = [await join(peer, 'doc', 70), await join(peer, 'doc', 71)]
    await carry(world, one, two)
    const before = keyFrames(two)
    for (const [index, letter] of ['a', 'b', 'c'].entries()) {
      one.type(letter)
      await world.pass(0)
      expect(keyFrames(two) - before).toBe(index + 1)
      await world.pass(limits.editsTogetherMs)
    }
  })

  it('[BR6] what it asks for comes behind what it has said before', async () => {
    const world = new World()
    const { peer, disk } = await world.peer('a', { keeps: true })
    const client = await join(peer, 'doc', 70)
    await carry(world, client)
    client.type('a')
    client.type('b')
    // Step 1 of somebody who holds nothing.
    client.raw(Uint8Array.of(0, 0, 1, 0))
    await world.pass(0)
    expect(client.link.frames.findLast(([a]) => a === 0)?.[1]).toBe(1)
    expect(
      docOf(9, ...[...disk.records.values()].flat())
        .getText('t')
        .toString(),
    ).toBe('ab')
  })

  it('[BR6] [ME4] nothing that came before the end is left behind: the client leaves, or the peer is closed', async () => {
    for (const end of ['client', 'peer'] as const) {
      const world = new World()
      const { peer, disk } = await world.peer('a', { keeps: true })
      const client = await join(peer, 'doc', 70)
      await carry(world, client)
      for (const letter of 'abc') client.type(letter)
      if (end === 'client') client.hangUp()
      else void peer.close()
      await world.pass(10)
      expect(
        docOf(9, ...[...disk.records.values()].flat())
          .getText('t')
          .toString(),
      ).toBe('abc')
    }
  })
})

describe('[YW2] updates', () => {
  it('[YW2] reach other clients and peers, as they came, and the log', async () => {
    const world = new World()
    const b = await world.peer('b', { keeps: true })
    const a = await world.peer('a', { connect: [b.address] })
    const atA = a.peer.open('doc')
    const [one, two] = [await join(b.peer, 'doc', 70), await join(b.peer, 'doc', 71)]
    await carry(world, one, two)
    one.type('from a client')
    await carry(world, one, two)
    expect([two.text, atA.doc.getText('t').toString()]).toEqual(['from a client', 'from a client'])
    atA.doc.getText('t').insert(0, 'and an app ')
    await carry(world, one, two)
    expect([one.text, stateOf(one.doc)]).toEqual(['and an app from a client', stateOf(two.doc)])
    const logged = docOf(99, ...[...b.disk.records.values()].flat())
    expect(stateOf(logged)).toBe(stateOf(one.doc))
  })

  it('[YW2] a client is not told its own edits', async () => {
    const world = new World()
    const { peer } = await world.peer('a', { keeps: true })
    const client = await join(peer, 'doc', 70)
    await carry(world, client)
    const before = client.link.frames.length
    client.type('x')
    await world.pass(1_000)
    expect(client.link.frames.slice(before)).toEqual([])
  })

  it('[BR2] [YW2] many clients get the very same bytes', async () => {
    const world = new World()
    const { peer } = await world.peer('a', { keeps: true })
    const [one, two, three] = [await join(peer, 'doc', 70), await join(peer, 'doc', 71), await join(peer, 'doc', 72)]
    await carry(world, one, two, three)
    one.type('x')
    await world.pass(10)
    const [second, third] = [two.link.frames.at(-1), three.link.frames.at(-1)]
    expect(second).toBe(third)
  })

  it('[BR3] [YW2] big ones too: a stock client cannot fetch', async () => {
    const world = new World()
    const { peer } = await world.peer('a', { keeps: true })
    const [one, two] = [await join(peer, 'doc', 70), await join(peer, 'doc', 71)]
    await carry(world, one, two)
    one.doc.getMap('m').set('k', new Uint8Array(limits.forwardBytesMax * 2))
    await carry(world, one, two)
    expect(two.doc.getMap('m').size).toBe(1)
  })

  it('[YW2] [ST2] nothing of them leaves before it is in the log', async () => {
    const world = new World()
    const { peer, storage } = await world.peer('a', { keeps: true })
    const [one, two] = [await join(peer, 'doc', 70), await join(peer, 'doc', 71)]
    await carry(world, one, two)
    storage.isPaused = true
    one.type('x')
    await carry(world, one, two)
    expect(two.text).toBe('')
    storage.resume()
    await carry(world, one, two)
    expect(two.text).toBe('x')
  })

  it('[YW2] [DS7] what builds on something missing is asked for', async () => {
    const world = new World()
    const { peer } = await world.peer('a', { keeps: true })
    const client = await join(peer, 'doc', 70)
    await carry(world, client)
    await world.pass(limits.answerMs)
    // The connection loses one update of the client.
    const lost = docOf(51)
    const [first] = typed(lost, 'a')
    const second = updateOf(lost, () => lost.getText('t').insert(1, 'b'))
    Y.applyUpdate(client.doc, first!, client)
    Y.applyUpdate(client.doc, second)
    await carry(world, client)
    expect(
      docOf(99, (await peer.read('doc'))!)
        .getText('t')
        .toString(),
    ).toBe('ab')
  })
})

describe('[YW5] what is stored', () => {
  const markOf = (n: number): Uint8Array => Uint8Array.of(102, 1, n)
  const marks = (client: StockClient): number[] =>
    client.link.frames.flatMap((one) => (one[0] === 102 ? [one[2]!] : []))

  it('[YW5] a mark comes back when everything before it is in the log, and not before', async () => {
    const world = new World()
    const { peer, storage } = await world.peer('a', { keeps: true })
    const told: number[] = []
    const client = new StockClient(peer, 'doc', 70, { stored: (updates) => void told.push(updates) })
    clients.push(client)
    await carry(world, client)
    const before = told.at(-1) ?? 0
    client.raw(markOf(1))
    expect(marks(client)).toEqual([1])
    storage.isPaused = true
    client.type('a')
    client.raw(markOf(2))
    client.type('b')
    client.type('c')
    client.raw(markOf(3))
    await carry(world, client)
    expect([marks(client), told.at(-1) ?? 0]).toEqual([[1], before])
    storage.resume()
    await carry(world, client)
    expect([marks(client), told.at(-1)]).toEqual([[1, 2, 3], before + 3])
    // What was known is stored, too.
    client.raw(Uint8Array.of(0, 2, 2, 0, 0))
    client.raw(markOf(4))
    await carry(world, client)
    expect([marks(client), told.at(-1)]).toEqual([[1, 2, 3, 4], before + 4])
  })

  it('[YW5] what could not be taken counts as stored when it came with all that the client has, and no sooner', async () => {
    const world = new World()
    const { peer } = await world.peer('a', { keeps: true })
    const told: number[] = []
    const client = new StockClient(peer, 'doc', 70, { stored: (updates) => void told.push(updates) })
    clients.push(client)
    await carry(world, client)
    const before = told.at(-1) ?? 0
    await world.pass(limits.answerMs)
    const lost = docOf(51)
    const [first] = typed(lost, 'a')
    const second = updateOf(lost, () => lost.getText('t').insert(1, 'b'))
    const [other] = typed(docOf(52), 'x')
    const update = (bytes: Uint8Array): Uint8Array => encodeYjs({ type: 'update', update: bytes })
    // Builds on one that never came; the one after it does not, and must not speak for it.
    client.raw(update(second))
    client.raw(update(other!))
    client.raw(markOf(9))
    await world.pass(200)
    expect([told.at(-1) ?? 0, marks(client)]).toEqual([before, []])
    Y.applyUpdate(client.doc, first!, client)
    Y.applyUpdate(client.doc, second, client)
    await carry(world, client)
    expect([told.at(-1), marks(client)]).toEqual([before + 3, [9]])
  })

  it('[YW6] what a reader writes is dropped, and it hears everything', async () => {
    const world = new World()
    const { peer } = await world.peer('a', { keeps: true })
    const writer = await join(peer, 'doc', 70)
    const reader = await join(peer, 'doc', 71, { isReadOnly: true })
    const asked = (): number => reader.link.frames.filter(([a, b]) => a === 0 && b === 0).length
    reader.type('no')
    writer.type('yes')
    await carry(world, writer, reader)
    expect(writer.text).toBe('yes')
    expect(reader.text).toContain('yes')
    await world.pass(limits.antiEntropyMaxMs)
    expect([asked(), writer.text]).toEqual([1, 'yes'])
  })
})

describe('[YW4] leaving', () => {
  it('[YW4] when it leaves, its presence leaves with it', async () => {
    const world = new World()
    const b = await world.peer('b', { keeps: true })
    const a = await world.peer('a', { connect: [b.address] })
    const atA = a.peer.open('doc')
    const [one, two] = [await join(b.peer, 'doc', 70), await join(b.peer, 'doc', 71)]
    one.awareness.setLocalState({ name: 'one' })
    two.awareness.setLocalState({ name: 'two' })
    await carry(world, one, two)
    expect([one.names, two.names]).toEqual([
      ['one', 'two'],
      ['one', 'two'],
    ])
    expect([...atA.presence.states.values()]).toHaveLength(2)
    one.hangUp()
    await carry(world, two)
    expect([two.names, [...atA.presence.states.values()]]).toEqual([['two'], [{ name: 'two' }]])
  })

  it('[YW4] garbage closes its connection with 4400 and nothing else', async () => {
    const world = new World()
    const { peer } = await world.peer('a', { keeps: true })
    const [bad, good] = [await join(peer, 'doc', 70), await join(peer, 'doc', 71)]
    await carry(world, bad, good)
    for (const garbage of [
      new Uint8Array(0),
      Uint8Array.of(0, 2, 200),
      Uint8Array.of(0, 2, 3, 1, 2, 3),
      Uint8Array.of(1, 2, 9, 9),
    ]) {
      const one = await join(peer, 'doc', 72)
      one.raw(garbage)
      await world.pass(limits.editsTogetherMs)
      expect(one.link.closedWith?.code).toBe(4400)
      const { length } = one.link.frames
      one.raw(Uint8Array.of(0, 0, 1, 0))
      await world.pass(10)
      expect(one.link.frames).toHaveLength(length)
    }
    good.type('still here')
    await carry(world, bad, good)
    expect([good.link.closedWith, bad.text]).toEqual([null, 'still here'])
  })

  it('[YW4] what is no name closes with 4400 at once', async () => {
    const world = new World()
    const { peer } = await world.peer('a')
    const client = new StockClient(peer, '', 70)
    clients.push(client)
    expect(client.link.closedWith?.code).toBe(4400)
  })

  it('[TR3] while its log cannot be read it is closed with 4503: come back', async () => {
    const world = new World()
    const { peer, storage } = await world.peer('a', { keeps: true })
    storage.failsToLoad = 'no such disk'
    const client = await join(peer, 'doc', 70)
    await world.pass(10)
    expect(client.link.closedWith?.code).toBe(4503)
  })

  it('[ME3] a document stays in memory while a client is there, and leaves it afterwards', async () => {
    const world = new World()
    const { peer, storage } = await world.peer('a', { keeps: true })
    const client = await join(peer, 'doc', 70)
    client.awareness.setLocalState(null)
    await world.pass(3 * limits.idleUnloadMs)
    const { length } = storage.loads
    await peer.read('doc')
    expect(storage.loads).toHaveLength(length)
    client.hangUp()
    await world.pass(3 * limits.idleUnloadMs)
    await peer.read('doc')
    expect(storage.loads).toHaveLength(length + 1)
  })

  it('[BR4] one that reads too slowly gets a resync when it has drained', async () => {
    const world = new World()
    const { peer } = await world.peer('a', { keeps: true })
    const [slow, fast] = [await join(peer, 'doc', 70), await join(peer, 'doc', 71)]
    await carry(world, slow, fast)
    slow.link.queuedBytes = limits.queueBytesMax + 1
    for (const text of ['a', 'b', 'c']) {
      fast.type(text)
      await carry(world, slow, fast)
    }
    expect(slow.text).toBe('')
    slow.link.queuedBytes = 0
    await carry(world, slow, fast)
    expect([slow.text, slow.link.closedWith]).toEqual(['abc', null])
  })
})
