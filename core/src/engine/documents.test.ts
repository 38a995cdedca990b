import { describe, expect, it } from 'vitest'
import { docOf, stateOf, typed } from '../../test/replicas.ts'
import { settled } from '../../test/fake-clock.ts'
import { World } from '../../test/world.ts'
import type { DocumentName } from '../ids.ts'
import { limits } from '../limits.ts'
import type { SharedDocument } from './api.ts'
import { MemoryDisk } from './memory-storage.ts'

const { idleUnloadMs, storageRetryFirstMs } = limits

function type(document: SharedDocument, text: string): void {
  const root = document.doc.getText('t')
  root.insert(root.length, text)
}

const textOf = (document: SharedDocument): string => document.doc.getText('t').toString()

describe('[ME1] opening and closing', () => {
  it('[ME1] a document is there at once; what is stored comes into it', async () => {
    const world = new World()
    const disk = new MemoryDisk()
    const before = await world.peer('a', { disk })
    await before.peer.merge('doc', typed(docOf(50), 's')[0]!)
    await before.peer.close()
    const { peer } = await world.peer('a', { disk })
    const document = peer.open('doc')
    expect([document.name, textOf(document), document.status.value.type]).toEqual(['doc', '', 'loading'])
    type(document, '!')
    await document.loaded
    expect(textOf(document).split('').toSorted()).toEqual(['!', 's'])
    await world.pass(10)
    expect(document.status.value).toMatchObject({ type: 'offline', saved: 'disk' })
  })

  it('[ME1] two handles share one document, its presence and its status', async () => {
    const world = new World()
    const { peer } = await world.peer('a')
    const [one, two] = [peer.open('doc'), peer.open('doc')]
    expect([one.doc === two.doc, one.presence === two.presence, one.status === two.status]).toEqual([true, true, true])
    type(one, 'x')
    expect(textOf(two)).toBe('x')
    one.close()
    one.close()
    await world.pass(3 * idleUnloadMs)
    // The other one has it open still, and is served.
    type(two, 'y')
    await two.stored()
    expect(await peer.read('doc')).not.toBeNull()
    expect(peer.open('doc').doc).toBe(two.doc)
  })

  it('[ME3] closed, idle and opened again: another Y.Doc, the same content, a fresh client id', async () => {
    const world = new World()
    const { peer } = await world.peer('a')
    const first = peer.open('doc')
    type(first, 'x')
    await first.stored()
    first.close()
    await world.pass(2 * idleUnloadMs)
    const again = peer.open('doc')
    await again.loaded
    expect([again.doc === first.doc, textOf(again), again.doc.clientID === first.doc.clientID]).toEqual([
      false,
      'x',
      false,
    ])
    // What is done to the old one concerns nobody any more.
    type(first, 'lost')
    await world.pass(10)
    expect(textOf(again)).toBe('x')
  })

  it('[ME1] opened again before it was idle: the same Y.Doc', async () => {
    const world = new World()
    const { peer } = await world.peer('a')
    const first = peer.open('doc')
    first.close()
    await world.pass(1_000)
    expect(peer.open('doc').doc).toBe(first.doc)
  })

  it('[DS11] every start takes fresh random client ids, of 32 bits', async () => {
    const world = new World()
    const disk = new MemoryDisk()
    const ids = new Set<number>()
    for (let start = 0; start < 5; start++) {
      const { peer } = await world.peer('a', { disk, freshClientId: undefined } as never)
      for (const name of ['one', 'two']) ids.add(peer.open(name).doc.clientID)
      await peer.close()
    }
    expect(ids.size).toBe(10)
    for (const id of ids) expect(Number.isInteger(id) && id >= 0 && id < 2 ** 32).toBe(true)
  })

  it('[DS13] what an own Y.Doc brings is pending from the first word that is said of it', async () => {
    const world = new World()
    const b = await world.peer('b', { keeps: true })
    const a = await world.peer('a', { connect: [b.address] })
    const first = a.peer.open('doc')
    await world.pass(1_000)
    expect(first.status.value).toMatchObject({ type: 'live', pending: 0 })
    first.close()
    const doc = docOf(77)
    typed(doc, 'mine')
    const again = a.peer.open('doc', { doc })
    expect(again.status.value).toMatchObject({ pending: 1, storedOn: 0 })
    await world.pass(1_000)
    expect(again.status.value).toMatchObject({ type: 'live', pending: 0, storedOn: 1 })
  })

  it('[DS9] an app brings its own Y.Doc, with content', async () => {
    const world = new World()
    const doc = docOf(77)
    typed(doc, 'mine')
    const { peer, disk } = await world.peer('a')
    const document = peer.open('doc', { doc })
    expect(document.doc).toBe(doc)
    await document.stored()
    expect(stateOf(docOf(99, ...(disk.records.values().next().value ?? [])))).toBe(stateOf(doc))
    expect(() => peer.open('doc', { doc: docOf(78) })).toThrow(expect.objectContaining({ code: 'in-use' }))
  })

  it('[WI9] what is no name throws, whatever is asked', async () => {
    const world = new World()
    const { peer } = await world.peer('a')
    expect(() => peer.open('')).toThrow(expect.objectContaining({ code: 'bad-name' }))
    await expect(peer.read('x'.repeat(2_000))).rejects.toMatchObject({ code: 'bad-name' })
    await expect(peer.merge('\ud800', new Uint8Array(2))).rejects.toMatchObject({ code: 'bad-name' })
  })

  it.each(['__proto__', 'constructor', '..', '%2F', 'a\nb', '\0'])(
    '[WI9] %j is a document like any other',
    async (name) => {
      const world = new World()
      const b = await world.peer('b', { keeps: true })
      const a = await world.peer('a', { connect: [b.address] })
      await world.pass(10)
      const atA = a.peer.open(name)
      type(atA, 'x')
      await world.pass(10)
      expect(await b.peer.read(name)).not.toBeNull()
      const names: string[] = []
      for await (const one of b.peer.documents()) names.push(one)
      expect(names).toEqual([name])
    },
  )
})

describe('[ST1] what is stored', () => {
  it('[ST1] merge resolves when the update is in the log, and says what became of it', async () => {
    const world = new World()
    const { peer, storage, disk } = await world.peer('a')
    const [a, b, c] = typed(docOf(50), 'abc')
    storage.isPaused = true
    let outcome: string | null = null
    void peer.merge('doc', a!).then((merged) => (outcome = merged.type))
    await world.pass(1_000)
    expect(outcome).toBeNull()
    storage.resume()
    await world.pass(10)
    expect([outcome, disk.records.size]).toEqual(['stored', 1])
    expect(await peer.merge('doc', a!)).toEqual({ type: 'known' })
    expect(await peer.merge('doc', c!)).toEqual({ type: 'waiting' })
    expect(await peer.merge('doc', Uint8Array.of(1, 2, 3))).toMatchObject({ type: 'refused', why: expect.any(String) })
    expect(await peer.merge('doc', b!)).toEqual({ type: 'stored' })
  })

  it('[ST1] stored() resolves when every edit made until now is in the log, and not by others', async () => {
    const world = new World()
    const { peer, storage, disk } = await world.peer('a')
    const document = peer.open('doc')
    await document.loaded
    storage.isPaused = true
    type(document, 'x')
    let isStored = false
    void document.stored().then(() => (isStored = true))
    await world.pass(60_000)
    expect([isStored, document.status.value]).toMatchObject([false, { saved: 'writing' }])
    storage.resume()
    await world.pass(10)
    expect([isStored, disk.records.size]).toEqual([true, 1])
    expect(document.status.value).toMatchObject({ saved: 'disk' })
  })

  it('[ST3] a storage that fails is shown and tried again; nothing is lost', async () => {
    const world = new World()
    const { peer, storage, logged } = await world.peer('a')
    const document = peer.open('doc')
    await document.loaded
    storage.failsToAppend = 'disk full'
    type(document, 'x')
    await world.pass(10)
    expect(document.status.value).toEqual({ type: 'failed', why: 'disk full' })
    const failing = { code: 'storage', message: 'doc: the own storage fails: disk full' }
    await expect(document.stored()).rejects.toMatchObject(failing)
    await expect(document.synced()).rejects.toMatchObject(failing)
    expect(logged).toContainEqual({
      level: 'error',
      event: 'append failed',
      details: { document: 'doc', why: 'disk full' },
    })
    storage.failsToAppend = null
    await world.pass(storageRetryFirstMs)
    expect(document.status.value).toMatchObject({ type: 'offline', saved: 'disk' })
    await Promise.all([document.stored(), world.pass(10)])
    expect(await peer.read('doc')).not.toBeNull()
  })

  it('[ST5] a log that cannot be read: the app can go on, the status says why, and it heals', async () => {
    const world = new World()
    const { peer, storage } = await world.peer('a')
    storage.failsToLoad = 'no such disk'
    const document = peer.open('doc')
    type(document, 'x')
    await world.pass(10)
    expect(document.status.value).toEqual({ type: 'failed', why: 'no such disk' })
    await expect(
      Promise.race([peer.read('other').catch((thrown: unknown) => thrown), world.pass(10)]),
    ).resolves.toMatchObject({
      code: 'storage',
    })
    storage.failsToLoad = null
    await world.pass(10_000)
    await document.loaded
    expect(document.status.value.type).toBe('offline')
  })

  it('[ST5] [DS13] what is damaged in the own log is shown', async () => {
    const world = new World()
    const { disk, peer } = await world.peer('a')
    const [first = new Uint8Array()] = typed(docOf(50), 'x')
    disk.records.set('doc' as DocumentName, [first, Uint8Array.of(255, 255)])
    const document = peer.open('doc')
    await world.pass(10)
    expect(document.status.value).toMatchObject({ type: 'offline', damaged: 1 })
  })

  it('[ST6] [DS13] a peer in memory says so', async () => {
    const world = new World()
    const { peer } = await world.peer('a', { durability: 'memory' })
    const document = peer.open('doc')
    type(document, 'x')
    await world.pass(10)
    expect(document.status.value).toMatchObject({ saved: 'memory', pending: 1 })
  })

  it('[ST2] two tabs on one disk: what one writes while the other compacts is kept', async () => {
    const world = new World()
    const disk = new MemoryDisk()
    const [one, two] = [await world.peer('a', { disk }), await world.peer('b', { disk })]
    const document = one.peer.open('doc')
    await document.loaded
    for (const update of typed(docOf(50), 'x'.repeat(limits.compactRecordsMin))) await two.peer.merge('doc', update)
    type(document, 'mine')
    await world.pass(100)
    const third = await world.peer('c', { disk })
    const update = await third.peer.read('doc')
    const text = docOf(99, update!).getText('t').toString()
    expect([text.includes('mine'), text.length]).toEqual([true, limits.compactRecordsMin + 4])
  })

  it('[ME1] read finds what a neighbour keeps, and does not wait long for what nobody has', async () => {
    const world = new World()
    const b = await world.peer('b', { keeps: true })
    await b.peer.merge('doc', typed(docOf(50), 'x')[0]!)
    const a = await world.peer('a', { keeps: true, connect: [b.address] })
    await world.pass(10)
    const reading = a.peer.read('doc')
    await world.pass(100)
    expect(await reading).not.toBeNull()
    let missing: unknown = 'waiting'
    void a.peer.read('nowhere').then((update) => (missing = update))
    await world.pass(limits.readElsewhereMs)
    expect(missing).toBeNull()
  })
})

describe('[DS10] listeners of an app', () => {
  it('[DS10] that throw keep nothing from being stored, sent and shown; they are reported', async () => {
    const world = new World()
    const b = await world.peer('b')
    const a = await world.peer('a', { connect: [b.address] })
    const [atA, atB] = [a.peer.open('doc'), b.peer.open('doc')]
    const boom = (): never => {
      throw new Error('boom')
    }
    atA.doc.on('update', boom)
    atA.doc.on('afterTransactionCleanup', boom)
    atA.doc.getText('t').observe(boom)
    atA.status.subscribe(boom)
    atA.presence.on('change', boom)
    await world.pass(10)
    expect(() => type(atA, 'x')).toThrow('boom')
    type(atB, 'y')
    atA.presence.setLocalState({ name: 'A' })
    await world.pass(1_000)
    expect([textOf(atB).length, textOf(atA).length, atB.presence.states.size]).toEqual([2, 2, 1])
    expect(a.logged.filter(({ event }) => event === 'listener threw').length).toBeGreaterThan(3)
    expect(a.disk.records.size).toBe(1)
  })

  it('[DS9] an edit inside an observer, in the middle of a merge, reaches the others', async () => {
    const world = new World()
    const b = await world.peer('b')
    const a = await world.peer('a', { connect: [b.address] })
    const [atA, atB] = [a.peer.open('doc'), b.peer.open('doc')]
    await world.pass(10)
    atA.doc.getText('t').observe(() => {
      if (atA.doc.getMap('seen').size === 0) atA.doc.getMap('seen').set('by', 'A')
    })
    type(atB, 'x')
    await world.pass(10)
    expect([atB.doc.getMap('seen').get('by'), stateOf(atA.doc)]).toEqual(['A', stateOf(atB.doc)])
    await atA.stored()
    expect(stateOf(docOf(99, (await a.peer.read('doc'))!))).toBe(stateOf(atB.doc))
  })

  it('[DS9] changes that came from others are told from own ones by their origin: the peer', async () => {
    const world = new World()
    const b = await world.peer('b')
    const a = await world.peer('a', { connect: [b.address] })
    const [atA, atB] = [a.peer.open('doc'), b.peer.open('doc')]
    await world.pass(10)
    const origins: unknown[] = []
    atA.doc.on('update', (_update: Uint8Array, origin: unknown) => origins.push(origin))
    type(atB, 'x')
    await world.pass(10)
    atA.doc.transact(() => type(atA, 'y'), 'mine')
    expect(origins).toEqual([a.peer, 'mine'])
    await settled()
  })
})
