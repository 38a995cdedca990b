import { describe, expect, it } from 'vitest'
import { World, type WorldPeer } from '../../test/world.ts'
import { limits } from '../limits.ts'
import { messageType } from '../wire/message-type.ts'
import type { SharedDocument } from './api.ts'

const { presenceEveryMs, presenceGoneMs, presenceRenewMs, silenceMs } = limits

const namesAt = (document: SharedDocument): readonly string[] =>
  [...document.presence.states.values()].map((state) => String(state['name'])).toSorted()

/** Apps at A, C and where asked at B: A - B - C. */
async function line() {
  const world = new World()
  const b = await world.peer('b', { keeps: true })
  const a = await world.peer('a', { connect: [b.address] })
  const c = await world.peer('c', { connect: [b.address] })
  const [atA, atC] = [a.peer.open('doc'), c.peer.open('doc')]
  await world.pass(10)
  atA.presence.setLocalState({ name: 'A' })
  atC.presence.setLocalState({ name: 'C' })
  await world.pass(1_000)
  return { world, a, b, c, atA, atC }
}

describe('[PR1] presence through a line', () => {
  it('[PR1] each sees the other, through B where no app has the document open', async () => {
    const { world, b, atA, atC } = await line()
    expect([namesAt(atA), namesAt(atC)]).toEqual([
      ['A', 'C'],
      ['A', 'C'],
    ])
    const atB = b.peer.open('doc')
    await world.pass(10)
    expect(namesAt(atB)).toEqual(['A', 'C'])
  })

  it('[PR1] a latecomer sees who was there', async () => {
    const { world, b } = await line()
    const d = await world.peer('d', { connect: [b.address] })
    const atD = d.peer.open('doc')
    await world.pass(100)
    expect(namesAt(atD)).toEqual(['A', 'C'])
  })

  it('[PR5] it stays as long as its owner does, for an hour without a move', async () => {
    const { world, atA, atC } = await line()
    for (let ms = 0; ms < 3_600_000; ms += 600_000) {
      await world.pass(600_000)
      expect([namesAt(atA), namesAt(atC)]).toEqual([
        ['A', 'C'],
        ['A', 'C'],
      ])
    }
  })

  it('[PR6] a caret that moves all the time is at most one message in presenceEveryMs', async () => {
    const { world, a, atA, atC } = await line()
    const before = a.transport.last.types.filter((type) => type === 'presence').length
    for (let at = 0; at < 2_000; at += 20) {
      atA.presence.setLocalStateField('caret', at)
      await world.pass(20)
    }
    await world.pass(presenceEveryMs)
    const count = a.transport.last.types.filter((type) => type === 'presence').length - before
    expect(count).toBeLessThanOrEqual(2_000 / presenceEveryMs + 2)
    expect(atC.presence.states.get(atA.presence.clientID)).toMatchObject({ caret: 1_980 })
  })
})

describe('[PR2] [PR3] leaving', () => {
  it('[PR2] an app that closes the document has left, for everybody', async () => {
    const { world, atA, atC } = await line()
    atA.close()
    await world.pass(500)
    expect(namesAt(atC)).toEqual(['C'])
  })

  it('[PR2] and is there again under its new state', async () => {
    const { world, a, atA, atC } = await line()
    atA.close()
    await world.pass(500)
    const again = a.peer.open('doc')
    again.presence.setLocalState({ name: 'A2' })
    await world.pass(500)
    expect(namesAt(atC)).toEqual(['A2', 'C'])
  })

  it('[PR3] when the middle ends, both ends know at once that the other is out of sight', async () => {
    const { world, b, atA, atC } = await line()
    await Promise.all([b.peer.close(), world.pass(100)])
    expect([namesAt(atA), namesAt(atC)]).toEqual([['A'], ['C']])
  })

  it('[PR3] when the middle dies without a word, as soon as the links are silent', async () => {
    const { world, b, atA, atC } = await line()
    b.transport.vanish()
    await world.pass(silenceMs + 500)
    expect([namesAt(atA), namesAt(atC)]).toEqual([['A'], ['C']])
  })

  it('[PR3] when an end dies without a word, the other end hears it from the middle', async () => {
    const { world, a, atC } = await line()
    await world.pass(100)
    a.transport.vanish()
    for (const link of a.transport.links) link.close(1006, 'gone')
    await world.pass(500)
    expect(namesAt(atC)).toEqual(['C'])
  })

  it('[PR3] they see one another again when the middle is back', async () => {
    const { world, b, atA, atC } = await line()
    await Promise.all([b.peer.close(), world.pass(1_000)])
    await world.peer('b', { keeps: true })
    await world.pass(limits.redialMaxMs + presenceEveryMs)
    expect([namesAt(atA), namesAt(atC)]).toEqual([
      ['A', 'C'],
      ['A', 'C'],
    ])
  })

  it('[PR4] a second way around keeps a state in sight when the first one breaks', async () => {
    const { world, a, b, c, atA, atC } = await line()
    const e = await world.peer('e', { keeps: true })
    a.peer.connect(e.address)
    c.peer.connect(e.address)
    await world.pass(presenceRenewMs + 1_000)
    await Promise.all([b.peer.close(), world.pass(presenceRenewMs + 1_000)])
    expect([namesAt(atA), namesAt(atC)]).toEqual([
      ['A', 'C'],
      ['A', 'C'],
    ])
  })

  it('[PR5] what nobody renews is gone after presenceGoneMs', async () => {
    const { world, b, a, atC } = await line()
    // A's link to B is a hole in one direction only: B never learns that A is gone, but hears nothing more of it.
    a.transport.last.loses = (frame) => frame[0] === messageType.presence
    await world.pass(presenceGoneMs + presenceRenewMs + 1_000)
    expect([namesAt(atC), b.peer.neighbours.value.length]).toEqual([['C'], 2])
  })
})

describe('[PR8] [PR2] rings', () => {
  it('[PR8] in a ring, presence comes to rest, and a state and its null do not chase each other', async () => {
    const world = new World()
    const names = ['a', 'b', 'c', 'd']
    const peers: WorldPeer[] = []
    for (const name of names) peers.push(await world.peer(name, { keeps: true }))
    for (const [index, one] of peers.entries()) one.peer.connect(`memory://${names[(index + 1) % 4]}`)
    const documents = peers.map((one) => one.peer.open('doc'))
    await world.pass(100)
    documents[0]!.presence.setLocalState({ name: 'A' })
    await world.pass(1_000)
    const count = (): number =>
      peers
        .flatMap((one) => one.transport.links)
        .flatMap((link) => link.types)
        .filter((type) => type === 'presence').length
    const before = count()
    await world.pass(presenceRenewMs - 2_000)
    expect(count() - before).toBe(0)
    peers[0]!.transport.vanish()
    await world.pass(60_000)
    expect(documents.slice(1).map(namesAt)).toEqual([[], [], []])
    const rest = count()
    await world.pass(60_000)
    expect(count() - rest).toBeLessThan(12)
  })
})
