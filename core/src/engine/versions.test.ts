import { describe, expect, it } from 'vitest'
import * as Y from 'yjs'
import { World } from '../../test/world.ts'
import { documentName, type DocumentName } from '../ids.ts'
import { limits } from '../limits.ts'
import { renderText } from '../replica/rendering.ts'
import type { SharedDocument } from './api.ts'
import { compactInSlices } from './slices.ts'

const nameOf = (text: string): DocumentName => {
  const name = documentName(text)
  if (!name.ok) throw new Error(name.error)
  return name.value
}

const pauseMs = limits.sessionPauseS * 1_000
const body = (update: Uint8Array): string => renderText(update, 'body')

/** Time goes on until it is settled. */
async function meanwhile<Value>(world: World, promise: Promise<Value>): Promise<Value> {
  let isSettled = false
  const over = (): void => void (isSettled = true)
  promise.then(over, over)
  for (let turn = 0; turn < 500 && !isSettled; turn++) await world.pass(20)
  return promise
}

/** Types the texts into the body, a pause after each. */
async function type(world: World, document: SharedDocument, texts: readonly string[]): Promise<void> {
  const text = document.doc.getText('body')
  for (const each of texts) {
    text.delete(0, text.length)
    text.insert(0, each)
    await world.pass(pauseMs)
  }
}

async function compact(world: World, { storage }: Awaited<ReturnType<World['peer']>>, name: string): Promise<void> {
  const merging = storage.compact(nameOf(name), (updates, past) => compactInSlices(updates, world.clock, past))
  await meanwhile(world, merging)
}

describe('sessions', () => {
  it.each([
    ['in the log', []],
    ['in segments', [2]],
    ['in both', [1]],
    ['compacted after each', [0, 1, 2]],
  ])('[HI3] what was deleted can be seen again, %s', async (_where, compactions) => {
    const world = new World()
    const a = await world.peer('a')
    const document = a.peer.open('n')
    for (const [turn, text] of ['first', 'second', 'third'].entries()) {
      await type(world, document, [text])
      if ((compactions as readonly number[]).includes(turn)) await compact(world, a, 'n')
    }
    const { sessions, since, retention } = await meanwhile(world, document.versions.list())
    expect(retention).toEqual({ days: 30 })
    expect(sessions.map(({ edits }) => edits)).toEqual([1, 2, 2])
    expect(since).toBe(sessions[0]?.from)
    const texts = []
    for (const { id } of sessions) texts.push(body(await meanwhile(world, document.versions.read(id))))
    expect(texts).toEqual(['first', 'second', 'third'])
    expect(await meanwhile(world, document.versions.diff(sessions[0]!.id, sessions[1]!.id))).toMatchObject({
      body: { type: 'text' },
    })
    await expect(meanwhile(world, document.versions.read('1970-01-01T00:00:00Z'))).rejects.toMatchObject({
      code: 'no-version',
    })
    await expect(meanwhile(world, document.versions.read('first'))).rejects.toMatchObject({ code: 'no-version' })
  })

  it('[HI2] what is older than the retention becomes the one state it begins with, without what was deleted', async () => {
    const world = new World()
    const a = await world.peer('a')
    const document = a.peer.open('n')
    await type(world, document, ['secret', 'old'])
    await world.pass(31 * 86_400_000)
    await type(world, document, ['new'])
    await compact(world, a, 'n')
    const { sessions } = await meanwhile(world, document.versions.list())
    expect(sessions.map(({ edits }) => edits)).toEqual([0, 2])
    expect(body(await meanwhile(world, document.versions.read(sessions[0]!.id)))).toBe('old')
    const segments = [...a.disk.segments.values()].flat().map(({ update }) => Buffer.from(update).toString('latin1'))
    expect(segments.some((bytes) => bytes.includes('old'))).toBe(true)
    expect(segments.some((bytes) => bytes.includes('secret'))).toBe(false)
    await world.pass(31 * 86_400_000)
    await compact(world, a, 'n')
    expect(await meanwhile(world, document.versions.list())).toMatchObject({ sessions: [], since: null, sizeBytes: 0 })
  })

  it('[HI2] with none nothing is kept, and what is kept from then on begins with the state it finds', async () => {
    const world = new World()
    const a = await world.peer('a')
    const document = a.peer.open('n')
    await type(world, document, ['first', 'second'])
    await document.versions.retain('none')
    await compact(world, a, 'n')
    expect(await meanwhile(world, document.versions.list())).toMatchObject({ retention: 'none', sessions: [] })
    expect([...a.disk.segments.values()].flat()).toEqual([])
    await document.versions.retain('all')
    await type(world, document, ['third'])
    await compact(world, a, 'n')
    const { sessions } = await meanwhile(world, document.versions.list())
    expect(sessions.map(({ edits }) => edits)).toEqual([0, 2])
    expect(body(await meanwhile(world, document.versions.read(sessions[0]!.id)))).toBe('second')
  })

  it('[HI3] a peer that joins later has a history from then on, and says so', async () => {
    const world = new World()
    const [a, b] = [await world.peer('a', { keeps: true }), await world.peer('b', { keeps: true })]
    await type(world, a.peer.open('n'), ['first', 'second'])
    b.peer.connect(a.address)
    await world.pass(2_000)
    const [first, later] = [
      await meanwhile(world, a.peer.versions('n').list()),
      await meanwhile(world, b.peer.versions('n').list()),
    ]
    expect(first.sessions).toHaveLength(2)
    expect(later.sessions).toHaveLength(1)
    expect(later.since! > first.since!).toBe(true)
  })
})

describe('restoring', () => {
  it('[HI5] is a new change that reaches everybody, and that undo takes back', async () => {
    const world = new World()
    const [a, b] = [await world.peer('a'), await world.peer('b')]
    b.peer.connect(a.address)
    const [one, other] = [a.peer.open('n'), b.peer.open('n')]
    await type(world, one, ['first', 'second'])
    const { sessions } = await meanwhile(world, one.versions.list())
    const undo = new Y.UndoManager(one.doc.getText('body'))
    expect(await meanwhile(world, one.versions.restore(sessions[0]!.id))).toBe(true)
    await world.pass(1_000)
    expect([one, other].map(({ doc }) => doc.getText('body').toString())).toEqual(['first', 'first'])
    expect(await meanwhile(world, one.versions.restore(sessions[0]!.id))).toBe(false)
    undo.undo()
    await world.pass(1_000)
    expect([one, other].map(({ doc }) => doc.getText('body').toString())).toEqual(['second', 'second'])
  })

  it('[HI5] without an app at the document', async () => {
    const world = new World()
    const [a, b] = [await world.peer('a', { keeps: true }), await world.peer('b', { keeps: true })]
    b.peer.connect(a.address)
    const document = a.peer.open('n')
    await type(world, document, ['first', 'second'])
    const [first] = (await meanwhile(world, document.versions.list())).sessions
    document.close()
    await world.pass(2 * limits.idleUnloadMs)
    expect(await meanwhile(world, a.peer.versions('n').restore(first!.id))).toBe(true)
    await world.pass(2_000)
    expect(body((await meanwhile(world, b.peer.read('n')))!)).toBe('first')
  })
})

describe('named versions', () => {
  it('[HI4] are seen by every peer, whatever history it keeps, and are on no list of documents', async () => {
    const world = new World()
    const [a, b, c] = [await world.peer('a'), await world.peer('b', { keeps: true }), await world.peer('c')]
    a.peer.connect(b.address)
    c.peer.connect(b.address)
    const document = a.peer.open('n')
    await type(world, document, ['first'])
    const made = await meanwhile(world, document.versions.create('  the first '))
    await type(world, document, ['second'])
    const seen = c.peer.open('n')
    await world.pass(2_000)
    const { named } = await meanwhile(world, seen.versions.list())
    expect(named).toEqual([made])
    expect(made).toMatchObject({ name: 'the first', by: a.peer.id })
    expect(body(await meanwhile(world, seen.versions.read('the first')))).toBe('first')
    expect(body(await meanwhile(world, seen.versions.read(made.id)))).toBe('first')
    expect(await meanwhile(world, seen.versions.diff(made.id))).toMatchObject({ body: { type: 'text' } })
    expect(await meanwhile(world, seen.versions.restore(made.id))).toBe(true)
    await world.pass(2_000)
    expect(document.doc.getText('body').toString()).toBe('first')
    const names: string[] = []
    for await (const name of b.peer.documents()) names.push(name)
    expect(names).toEqual(['n'])
    await meanwhile(world, document.versions.remove(made.id))
    await world.pass(2_000)
    expect((await meanwhile(world, seen.versions.list())).named).toEqual([])
    await expect(meanwhile(world, seen.versions.remove(made.id))).rejects.toMatchObject({ code: 'no-version' })
  })

  it('[HI4] can be given to a moment of the past, and stay when that is over', async () => {
    const world = new World()
    const a = await world.peer('a')
    const document = a.peer.open('n')
    await type(world, document, ['first', 'second'])
    const [first] = (await meanwhile(world, document.versions.list())).sessions
    await meanwhile(world, document.versions.create('kept', { of: first!.id }))
    await document.versions.retain('none')
    expect(body(await meanwhile(world, document.versions.read('kept')))).toBe('first')
  })

  it('[HI4] what is no name, no version or no document is refused', async () => {
    const world = new World()
    const a = await world.peer('a')
    const document = a.peer.open('n')
    await type(world, document, ['first'])
    await expect(meanwhile(world, document.versions.create(' '))).rejects.toMatchObject({ code: 'bad-name' })
    await expect(meanwhile(world, document.versions.create('x'.repeat(257)))).rejects.toMatchObject({
      code: 'bad-name',
    })
    await expect(meanwhile(world, a.peer.versions('nothing').create('a'))).rejects.toMatchObject({ code: 'no-version' })
    const long = a.peer.open('x'.repeat(limits.documentNameBytesMax))
    await expect(meanwhile(world, long.versions.list())).rejects.toMatchObject({ code: 'bad-name' })
  })

  it('[HI4] what others put among them that is none is not shown', async () => {
    const world = new World()
    const a = await world.peer('a')
    await type(world, a.peer.open('n'), ['first'])
    const companion = a.peer.open('knotwork:versions:n').doc
    companion.getMap('versions').set('bad', { name: 1 })
    companion.getMap('versions').set('worse', { name: 'worse', at: 5, by: 'nobody' })
    companion.getMap('states').set('worse', Uint8Array.of(255, 255, 255))
    const versions = a.peer.versions('n')
    expect((await meanwhile(world, versions.list())).named).toMatchObject([{ id: 'worse' }])
    await expect(meanwhile(world, versions.read('worse'))).rejects.toMatchObject({ code: 'storage' })
  })
})
