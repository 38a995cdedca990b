import { describe, expect, it } from 'vitest'
import { docOf, stateOf, typed } from '../../test/replicas.ts'
import { World } from '../../test/world.ts'
import type { Doc } from '../replica/replica.ts'

const textOf = (doc: Doc): string => doc.getText('t').toString()

async function two() {
  const world = new World()
  const b = await world.peer('b', { keeps: true })
  const a = await world.peer('a', { connect: [b.address] })
  await world.pass(10)
  return { world, a, b }
}

describe("[DS15] an app's own Y.Doc", () => {
  it('[DS15] is left alone after the last close, and the document goes on', async () => {
    const { world, a, b } = await two()
    const doc = docOf(77)
    const [one, other] = [a.peer.open('doc', { doc }), a.peer.open('doc', { doc })]
    const theirs = b.peer.open('doc')
    await world.pass(100)
    one.close()
    await world.pass(100)
    theirs.doc.getText('t').insert(0, 'still open ')
    await world.pass(100)
    expect(textOf(doc)).toBe('still open ')
    doc.getText('t').insert(0, 'the last word, ')
    other.close()
    await world.pass(100)
    // Neither in nor out.
    doc.getText('t').insert(0, 'mine alone ')
    theirs.doc.getText('t').insert(0, 'later ')
    await world.pass(100)
    expect(textOf(theirs.doc)).toBe('later the last word, still open ')
    expect(textOf(doc)).toBe('mine alone the last word, still open ')
    expect(textOf(docOf(99, (await a.peer.read('doc'))!))).toBe('later the last word, still open ')
  })

  it('[DS15] opened again brings what it has got meanwhile, and takes what it lacks', async () => {
    const { world, a, b } = await two()
    const doc = docOf(77)
    const theirs = b.peer.open('doc')
    const first = a.peer.open('doc', { doc })
    await world.pass(100)
    first.close()
    await world.pass(100)
    doc.getText('t').insert(0, 'here ')
    theirs.doc.getText('t').insert(0, 'there ')
    await world.pass(100)
    const again = a.peer.open('doc', { doc })
    expect(again.status.value).toMatchObject({ pending: 1 })
    await world.pass(1_000)
    expect(stateOf(doc)).toBe(stateOf(theirs.doc))
    expect(again.status.value).toMatchObject({ type: 'live', pending: 0 })
  })

  it('[DS15] opened again with nothing new is no edit, and nothing is written', async () => {
    const { world, a } = await two()
    const doc = docOf(77)
    typed(doc, 'some text')
    a.peer.open('doc', { doc }).close()
    await world.pass(1_000)
    const records = JSON.stringify([...a.disk.records.values()])
    for (let count = 0; count < 3; count++) {
      const again = a.peer.open('doc', { doc })
      await world.pass(1_000)
      expect(again.status.value).toMatchObject({ type: 'live', pending: 0 })
      again.close()
      await world.pass(1_000)
    }
    expect(JSON.stringify([...a.disk.records.values()])).toBe(records)
  })

  it('[DS15] closed and opened in one tick, with the same or another one, loses nothing', async () => {
    const { world, a, b } = await two()
    const theirs = b.peer.open('doc')
    let doc = docOf(77)
    let document = a.peer.open('doc', { doc })
    doc.getText('t').insert(0, 'x')
    for (let client = 78; client < 82; client++) {
      document.close()
      if (client % 2 === 0) doc = docOf(client)
      document = a.peer.open('doc', { doc })
      doc.getText('t').insert(0, 'x')
    }
    await world.pass(1_000)
    expect([textOf(doc), textOf(theirs.doc)]).toEqual(['xxxxx', 'xxxxx'])
    theirs.doc.getText('t').insert(0, 'y')
    await world.pass(100)
    expect(textOf(doc)).toBe('yxxxxx')
  })

  it.each(['at rest', 'in the middle of a merge', 'in a transaction of the app'])(
    '[DS15] destroyed %s: the document goes on with all that was in it',
    async (when) => {
      const { world, a, b } = await two()
      const doc = docOf(77)
      a.peer.open('doc', { doc })
      const theirs = b.peer.open('doc')
      await world.pass(100)
      doc.getText('t').insert(0, 'before ')
      await world.pass(100)
      if (when === 'in the middle of a merge') doc.getText('t').observe(() => doc.destroy())
      theirs.doc.getText('t').insert(0, 'theirs ')
      await world.pass(100)
      if (when === 'in a transaction of the app') {
        doc.transact(() => {
          doc.getText('t').insert(0, 'cut short ')
          doc.destroy()
        })
      } else doc.destroy()
      await world.pass(100)
      theirs.doc.getText('t').insert(0, 'after ')
      await world.pass(1_000)
      const wanted = when === 'in a transaction of the app' ? 'after cut short theirs before ' : 'after theirs before '
      expect(textOf(theirs.doc)).toBe(wanted)
      expect(textOf(docOf(98, (await a.peer.read('doc'))!))).toBe(wanted)
      // What its neighbours were told is stored is in its log.
      await a.peer.close()
      const records = [...a.disk.records.values()].flat()
      expect(textOf(docOf(99, ...records))).toBe(wanted)
    },
  )
})

describe('[ME6] taken offline', () => {
  it('[ME6] a document is edited and stored, and shared with nobody until it is taken back', async () => {
    const { world, a, b } = await two()
    const [mine, theirs] = [a.peer.open('doc'), b.peer.open('doc')]
    mine.presence.setLocalState({ name: 'A' })
    await world.pass(1_000)
    expect([mine.status.value.type, theirs.presence.states.size]).toEqual(['live', 1])
    mine.disconnect()
    expect(mine.status.value.type).not.toBe('failed')
    await world.pass(1_000)
    expect([mine.status.value.type, theirs.status.value.type, theirs.presence.states.size]).toEqual([
      'offline',
      'looking',
      0,
    ])
    mine.doc.getText('t').insert(0, 'here ')
    theirs.doc.getText('t').insert(0, 'there ')
    await mine.stored()
    await world.pass(60_000)
    expect([textOf(mine.doc), textOf(theirs.doc)]).toEqual(['here ', 'there '])
    expect(mine.status.value).toMatchObject({ type: 'offline', pending: 1, saved: 'disk' })
    mine.connect()
    await world.pass(1_000)
    expect(stateOf(mine.doc)).toBe(stateOf(theirs.doc))
    expect([mine.status.value, theirs.presence.states.size]).toMatchObject([{ type: 'live', pending: 0 }, 1])
  })

  it('[ME6] another handle that is connected goes on sharing; the last one that is not ends it', async () => {
    const { world, a, b } = await two()
    const [one, other, theirs] = [a.peer.open('doc'), a.peer.open('doc'), b.peer.open('doc')]
    await world.pass(100)
    one.disconnect()
    one.disconnect()
    theirs.doc.getText('t').insert(0, '1')
    await world.pass(100)
    expect(textOf(one.doc)).toBe('1')
    other.close()
    await world.pass(100)
    theirs.doc.getText('t').insert(0, '2')
    await world.pass(100)
    expect(textOf(one.doc)).toBe('1')
    const third = a.peer.open('doc')
    await world.pass(1_000)
    expect(textOf(third.doc)).toBe('21')
    third.close()
    one.close()
    one.connect()
    const fourth = a.peer.open('doc')
    await world.pass(1_000)
    expect(fourth.status.value.type).toBe('live')
  })

  it('[ME6] a link that comes later hears nothing of it, and what it opens is declined', async () => {
    const world = new World()
    const b = await world.peer('b', { keeps: true })
    const a = await world.peer('a', { keeps: true })
    const [mine, theirs] = [a.peer.open('doc'), b.peer.open('doc')]
    mine.disconnect()
    mine.doc.getText('t').insert(0, 'here')
    a.peer.connect(b.address)
    await world.pass(60_000)
    expect([mine.status.value.type, theirs.status.value.type, textOf(theirs.doc)]).toEqual(['offline', 'looking', ''])
    mine.connect()
    await world.pass(1_000)
    expect([mine.status.value.type, textOf(theirs.doc)]).toEqual(['live', 'here'])
  })
})
