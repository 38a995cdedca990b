import { describe, expect, it } from 'vitest'
import { docOf, stateOf } from '../../test/replicas.ts'
import { openOf, Stranger } from '../../test/stranger.ts'
import { World } from '../../test/world.ts'
import { limits } from '../limits.ts'
import { decodeMessage } from '../wire/codec.ts'
import type { SharedDocument } from './api.ts'

const { bulkPollMs, bulkQueueBytes, partBytesMax, queueBytesMax, queueBytesMaxForPresence, slowStrikesMax } = limits

function type(document: SharedDocument, text: string): void {
  const root = document.doc.getText('t')
  root.insert(root.length, text)
}

/** A keeps two documents that B has open; the test holds the link between them. */
async function pair() {
  const world = new World()
  const a = await world.peer('a', { keeps: true })
  const b = await world.peer('b', { connect: [a.address] })
  const [atA, atB] = [a.peer.open('doc'), b.peer.open('doc')]
  const [otherAtA, otherAtB] = [a.peer.open('other'), b.peer.open('other')]
  await world.pass(1_000)
  return { world, a, b, atA, atB, otherAtA, otherAtB, link: a.transport.last }
}

describe('[TR8] bulk', () => {
  it('[TR8] [WI6] a big message goes out in parts, a little at a time; presence, acknowledgements and other documents pass', async () => {
    const { world, a, b, atA, atB, otherAtA, otherAtB, link } = await pair()
    const size = 8 * partBytesMax
    link.stuckBytes = bulkQueueBytes
    const before = link.sent.length
    atA.doc.getMap('m').set('k', new Uint8Array(size))
    await world.pass(100)
    // B has heard of it and asked; the answer is ready, in parts, and waits.
    expect(link.types.slice(before)).not.toContain('part')
    type(atA, 'behind the bulk')
    type(otherAtA, 'another document')
    type(otherAtB, '!')
    atA.presence.setLocalState({ name: 'A' })
    await world.pass(200)
    expect(otherAtB.doc.getText('t').toString()).toContain('another document')
    expect([...atB.presence.states.values()]).toEqual([{ name: 'A' }])
    expect(atB.doc.getText('t').toString()).toBe('')
    expect(link.types.slice(before)).toEqual(expect.arrayContaining(['have', 'updates', 'stored', 'presence']))
    link.stuckBytes = 0
    await world.pass(20 * bulkPollMs)
    expect([stateOf(atB.doc), stateOf(otherAtB.doc)]).toEqual([stateOf(atA.doc), stateOf(otherAtA.doc)])
    expect(link.types.filter((one) => one === 'part').length).toBeGreaterThanOrEqual(8)
    expect([a, b].map((one) => one.peer.neighbours.value.length)).toEqual([1, 1])
  })

  it('[TR8] the transport never holds much more than bulkQueueBytes of it', async () => {
    const { world, atA, link } = await pair()
    atA.doc.getMap('m').set('k', new Uint8Array(20 * partBytesMax))
    await world.pass(1_000)
    expect(link.types.filter((one) => one === 'part').length).toBeGreaterThanOrEqual(20)
    expect(link.mostQueuedBytes).toBeLessThanOrEqual(bulkQueueBytes + partBytesMax + 1_000)
  })
})

describe('[BR4] a slow reader', () => {
  it('[BR4] above queueBytesMax updates for it are dropped, and replaced by one resync when it has drained', async () => {
    const { world, atA, atB, link } = await pair()
    link.stuckBytes = queueBytesMax + 1
    const before = link.types.length
    for (let edit = 0; edit < 50; edit++) {
      type(atA, 'x')
      await world.pass(20)
    }
    expect(link.types.slice(before).filter((one) => one === 'updates')).toEqual([])
    expect(atB.doc.getText('t').toString()).toBe('')
    link.stuckBytes = 0
    await world.pass(1_000)
    expect([stateOf(atB.doc), link.closedWith]).toEqual([stateOf(atA.doc), null])
    expect(link.types.slice(before).filter((one) => one === 'missing')).toHaveLength(1)
    type(atA, 'y')
    await world.pass(10)
    expect(atB.doc.getText('t').toString().endsWith('y')).toBe(true)
  })

  it('[BR4] presence is dropped first', async () => {
    const { world, atA, atB, link } = await pair()
    link.stuckBytes = queueBytesMaxForPresence + 1
    atA.presence.setLocalState({ name: 'A' })
    type(atA, 'x')
    await world.pass(500)
    expect([atB.presence.states.size, atB.doc.getText('t').toString()]).toEqual([0, 'x'])
    link.stuckBytes = 0
    await world.pass(1_000)
    expect([...atB.presence.states.values()]).toEqual([{ name: 'A' }])
  })

  it('[BR4] [DS13] while it is behind nothing is claimed of it', async () => {
    const { world, atA, link } = await pair()
    link.stuckBytes = queueBytesMax + 1
    type(atA, 'x')
    let isSynced = false
    void atA.synced().then(() => (isSynced = true))
    await world.pass(3_000)
    expect([isSynced, atA.status.value.type]).toEqual([false, 'syncing'])
    link.stuckBytes = 0
    await world.pass(1_000)
    expect([isSynced, atA.status.value.type]).toEqual([true, 'live'])
  })

  it('[BR4] [TR3] after slowStrikesMax times the link is closed with 4513; a fresh one makes it good', async () => {
    const { world, atA, atB, link } = await pair()
    for (let strike = 0; strike <= slowStrikesMax; strike++) {
      expect(link.closedWith).toBeNull()
      link.stuckBytes = queueBytesMax + 1
      type(atA, 'x')
      await world.pass(100)
      link.stuckBytes = 0
      await world.pass(100)
    }
    expect(link.closedWith?.code).toBe(4513)
    await world.pass(5_000)
    expect(stateOf(atB.doc)).toBe(stateOf(atA.doc))
  })
})

describe('[BR2] [WI8] what a stranger can make a peer do', () => {
  it('[BR2] an update for many links is encoded once: the frames differ in their first bytes only', async () => {
    const world = new World()
    const a = await world.peer('a', { keeps: true })
    const atA = a.peer.open('doc')
    const strangers = await Promise.all([201, 202, 203].map((seed) => Stranger.linked(world.clock, a.peer, { seed })))
    for (const one of strangers) await one.say(openOf(1, 'doc'))
    type(atA, 'x'.repeat(1_000))
    await world.pass(10)
    const bodies = strangers.map((one) => one.link.frames.at(-1)!.subarray(3).join())
    expect(new Set(bodies).size).toBe(1)
    expect(decodeMessage(strangers[0]!.link.frames.at(-1)!)).toMatchObject({ value: { message: { type: 'updates' } } })
  })

  it('[DS8] one that reads nothing and asks for everything without end costs one answer', async () => {
    const world = new World()
    const a = await world.peer('a', { keeps: true })
    const atA = a.peer.open('doc')
    atA.doc.getMap('m').set('k', new Uint8Array(200_000))
    const stranger = await Stranger.linked(world.clock, a.peer)
    stranger.link.isStuck = true
    const question = openOf(1, 'doc')
    if (question.type !== 'open') throw new Error('no open')
    await stranger.say(question)
    for (let count = 0; count < 500; count++) await stranger.tell(1, { type: 'have', have: question.have })
    expect(stranger.link.queuedBytes).toBeLessThan(2 * 200_000)
  })

  it('[WI8] one that names documents without end is declined, and costs nobody anything', async () => {
    const world = new World()
    const a = await world.peer('a')
    const stranger = await Stranger.linked(world.clock, a.peer)
    const count = 2_000
    await stranger.say(...Array.from({ length: count }, (_, index) => openOf(index + 1, `d${index}`)))
    const declines = stranger.heard().filter((message) => message.type === 'decline')
    expect([declines.length, a.disk.records.size, docOf(1).store.clients.size]).toEqual([count, 0, 0])
  })
})
