import { describe, expect, it } from 'vitest'
import { docOf } from '../../test/replicas.ts'
import { World } from '../../test/world.ts'
import { limits } from '../limits.ts'
import type { SharedDocument, SyncedOptions } from './api.ts'

function type(document: SharedDocument, text: string): void {
  const root = document.doc.getText('t')
  root.insert(root.length, text)
}

/** What has become of a wait: `waiting`, `true`, or the code of its failure. */
function watch(document: SharedDocument, options?: SyncedOptions): { readonly outcome: () => string } {
  let outcome = 'waiting'
  document.synced(options).then(
    () => (outcome = 'true'),
    (thrown: unknown) => (outcome = (thrown as { code?: string }).code ?? 'thrown'),
  )
  return { outcome: () => outcome }
}

async function pair(durability: 'disk' | 'memory' = 'disk') {
  const world = new World()
  const b = await world.peer('b', { keeps: true, durability })
  const a = await world.peer('a', { connect: [b.address] })
  const document = a.peer.open('doc')
  await world.pass(100)
  return { world, a, b, document }
}

describe('[DS13] synced', () => {
  it('[DS13] never resolves alone', async () => {
    const world = new World()
    const { peer } = await world.peer('a')
    const document = peer.open('doc')
    const nothingToSay = watch(document)
    type(document, 'x')
    const waiting = watch(document)
    await world.pass(3_600_000)
    expect([nothingToSay.outcome(), waiting.outcome()]).toEqual(['waiting', 'waiting'])
  })

  it('[DS13] resolves when a neighbour has every edit made until now in its log, not before', async () => {
    const { world, b, document } = await pair()
    b.storage.isPaused = true
    type(document, 'x')
    const waiting = watch(document)
    await world.pass(3_000)
    expect(waiting.outcome()).toBe('waiting')
    b.storage.resume()
    await world.pass(100)
    expect([waiting.outcome(), b.disk.records.size]).toEqual(['true', 1])
  })

  it('[DS13] [ST2] not while the own log does not hold it', async () => {
    const { world, a, document } = await pair()
    a.storage.isPaused = true
    type(document, 'x')
    const waiting = watch(document)
    await world.pass(60_000)
    expect(waiting.outcome()).toBe('waiting')
    a.storage.resume()
    await world.pass(10_000)
    expect(waiting.outcome()).toBe('true')
  })

  it('[DS13] edits made after it was asked for do not hold it up', async () => {
    const { world, b, document } = await pair()
    type(document, 'x')
    const waiting = watch(document)
    await world.pass(10)
    b.storage.isPaused = true
    type(document, 'y')
    await world.pass(10)
    expect([waiting.outcome(), watch(document).outcome()]).toEqual(['true', 'waiting'])
  })

  it('[DS13] in the same breath as the edit', async () => {
    const { world, b, document } = await pair()
    b.storage.isPaused = true
    await document.loaded
    type(document, 'x')
    const waiting = watch(document)
    await world.pass(5_000)
    expect(waiting.outcome()).toBe('waiting')
  })

  it('[DS13] needs as many peers as were asked for; two links to one peer are one', async () => {
    const { world, b, document } = await pair()
    type(document, 'x')
    const [one, two, none] = [watch(document), watch(document, { peers: 2 }), watch(document, { peers: 0 })]
    await world.pass(10_000)
    expect([one.outcome(), two.outcome(), none.outcome()]).toEqual(['true', 'waiting', 'true'])
    const c = await world.peer('c', { keeps: true })
    b.peer.connect(c.address)
    await world.pass(1_000)
    // C holds it, but is nobody's neighbour here.
    expect(two.outcome()).toBe('waiting')
  })

  it('[DS13] and is true when a second neighbour has it', async () => {
    const { world, a, document } = await pair()
    type(document, 'x')
    const two = watch(document, { peers: 2 })
    await world.pass(1_000)
    const c = await world.peer('c', { keeps: true })
    a.peer.connect(c.address)
    await world.pass(1_000)
    expect(two.outcome()).toBe('true')
  })

  it('[DS13] [ST6] on disk means on disk: a neighbour in memory does not count for that', async () => {
    const { world, document } = await pair('memory')
    type(document, 'x')
    const [anywhere, onDisk] = [watch(document), watch(document, { stored: true })]
    await world.pass(10_000)
    expect([anywhere.outcome(), onDisk.outcome()]).toEqual(['true', 'waiting'])
    expect(document.status.value).toMatchObject({ type: 'live', pending: 1, receivedOn: 1, storedOn: 0 })
  })

  it('[ST6] another tab shares our disk: it is no other disk', async () => {
    const world = new World()
    const a = await world.peer('a', { seed: 77 })
    const b = await world.peer('b', { seed: 77, connect: [a.address] })
    const [atA, atB] = [a.peer.open('doc'), b.peer.open('doc')]
    type(atA, 'x')
    const onDisk = watch(atA, { stored: true })
    await world.pass(10_000)
    expect([onDisk.outcome(), atB.doc.getText('t').toString()]).toEqual(['waiting', 'x'])
  })

  it('[DS13] a neighbour that left does not count any more', async () => {
    const { world, b, document } = await pair()
    type(document, 'x')
    await world.pass(100)
    expect(watch(document).outcome()).toBe('waiting')
    await Promise.all([b.peer.close(), world.pass(100)])
    const alone = watch(document)
    await world.pass(100)
    expect(alone.outcome()).toBe('waiting')
    expect(document.status.value).toMatchObject({ type: 'offline', pending: 0 })
  })

  it('[DS13] ends with `aborted` when its signal is, also when that was before', async () => {
    const { world, b, document } = await pair()
    b.storage.isPaused = true
    type(document, 'x')
    const controller = new AbortController()
    const waiting = watch(document, { signal: controller.signal })
    await world.pass(1_000)
    expect(waiting.outcome()).toBe('waiting')
    controller.abort()
    await world.pass(1)
    expect(waiting.outcome()).toBe('aborted')
    const late = watch(document, { signal: controller.signal })
    b.storage.resume()
    await world.pass(1_000)
    expect(late.outcome()).toBe('aborted')
  })

  it('[DS13] aborted while the log was still being read', async () => {
    const world = new World()
    const { peer, storage } = await world.peer('a')
    storage.isPaused = true
    const document = peer.open('doc')
    const controller = new AbortController()
    const waiting = watch(document, { peers: 0, signal: controller.signal })
    await world.pass(10)
    controller.abort()
    await world.pass(10)
    expect(waiting.outcome()).toBe('aborted')
  })

  it('[DS13] a signal that is aborted afterwards changes nothing, and nobody listens to it any more', async () => {
    const { world, document } = await pair()
    const listeners = new Set<() => void>()
    const signal = {
      aborted: false,
      reason: undefined,
      addEventListener: (_type: 'abort', listener: () => void) => void listeners.add(listener),
      removeEventListener: (_type: 'abort', listener: () => void) => void listeners.delete(listener),
    }
    type(document, 'x')
    const waiting = watch(document, { signal })
    await world.pass(1_000)
    expect([waiting.outcome(), listeners.size]).toEqual(['true', 0])
  })

  it('[ME4] ends with `closed` when the peer is closed before', async () => {
    const world = new World()
    const { peer } = await world.peer('a')
    const document = peer.open('doc')
    type(document, 'x')
    const waiting = watch(document)
    await world.pass(10)
    await Promise.all([peer.close(), world.pass(10)])
    expect(waiting.outcome()).toBe('closed')
    expect(watch(document).outcome()).toBe('waiting')
  })

  it('[DS13] [BR5] is not fooled by a lost message: what was lost is not acknowledged', async () => {
    const { world, a, b, document } = await pair()
    const link = a.transport.last
    link.isHole = true
    type(document, 'lost')
    await world.pass(10)
    link.isHole = false
    type(document, ' and then some')
    const waiting = watch(document)
    await world.pass(limits.editsTogetherMs)
    expect(waiting.outcome()).toBe('true')
    // It was true: the gap was asked for and closed first.
    expect(link.types).toContain('missing')
    expect(
      docOf(99, (await b.peer.read('doc'))!)
        .getText('t')
        .toString(),
    ).toBe('lost and then some')
  })

  it('[DS13] [BR5] nor by messages that are all lost', async () => {
    const { world, a, document } = await pair()
    const link = a.transport.last
    link.isHole = true
    type(document, 'lost')
    const waiting = watch(document)
    await world.pass(1_000)
    expect(waiting.outcome()).toBe('waiting')
    link.isHole = false
    await world.pass(10_000)
    expect(waiting.outcome()).toBe('true')
  })
})
