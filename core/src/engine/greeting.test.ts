import { describe, expect, it } from 'vitest'
import { joined, varUint } from '../../test/bytes.ts'
import { settled } from '../../test/fake-clock.ts'
import { FakeLink } from '../../test/fake-link.ts'
import { openOf, Stranger } from '../../test/stranger.ts'
import { World } from '../../test/world.ts'
import { peerId } from '../ids.ts'
import { limits } from '../limits.ts'

describe('[TR4] a peer and a stranger', () => {
  it('[TR4] they link, and each is listed as who it has proven to be', async () => {
    const world = new World()
    const { peer } = await world.peer('a', { keeps: true })
    const stranger = await Stranger.linked(world.clock, peer, { features: ['keeps'] })
    expect(stranger.end.peer).toMatchObject({ id: peer.id, features: ['keeps', 'disk'] })
    expect(peer.neighbours.value).toMatchObject([
      {
        id: peerId(stranger.end.identity.publicKey),
        state: 'linked',
        keeps: true,
        address: 'a stranger',
        transport: 'fake',
      },
    ])
  })

  it('[ST6] features: who keeps says so, who writes to disk says so', async () => {
    const world = new World()
    const plain = await Stranger.linked(world.clock, (await world.peer('a', { durability: 'memory' })).peer)
    expect(plain.end.peer?.features).toEqual([])
  })

  it('[TR4] before the proof it is listed without a name, and nothing it says is heard', async () => {
    const world = new World()
    const { peer, storage } = await world.peer('a', { keeps: true })
    const stranger = new Stranger(world.clock, peer, { isSlow: true })
    await stranger.carry()
    expect(peer.neighbours.value).toMatchObject([{ id: null, state: 'greeting' }])
    await stranger.send(Stranger.frame(openOf(1, 'doc')))
    expect([storage.loads, stranger.heard()]).toEqual([[], []])
  })

  it('[TR4] a proof that is not its own closes with 4403', async () => {
    const world = new World()
    const { peer } = await world.peer('a')
    const stranger = new Stranger(world.clock, peer, { isSlow: true })
    await stranger.carry()
    const frame = Stranger.frame({ type: 'prove', signature: new Uint8Array(64), tokenProof: new Uint8Array(0) })
    await stranger.send(frame)
    expect([stranger.link.closedWith?.code, peer.neighbours.value]).toEqual([4403, []])
  })

  it('[TR4] no proof in time closes with 4508', async () => {
    const world = new World()
    const { peer } = await world.peer('a')
    const stranger = new Stranger(world.clock, peer, { isSlow: true })
    await world.pass(limits.helloMs - 1)
    expect(stranger.link.closedWith).toBeNull()
    await world.pass(1)
    expect(stranger.link.closedWith?.code).toBe(4508)
  })

  it('[TR5] a missing or wrong token closes with 4401, the right one links', async () => {
    const world = new World()
    const { peer } = await world.peer('a', { token: 'open sesame' })
    const none = await Stranger.linked(world.clock, peer, { seed: 201 })
    const wrong = await Stranger.linked(world.clock, peer, { seed: 202, token: 'close sesame' })
    const right = await Stranger.linked(world.clock, peer, { seed: 203, token: 'open sesame' })
    expect([none, wrong, right].map((one) => one.link.closedWith?.code)).toEqual([4401, 4401, undefined])
    expect(peer.neighbours.value).toMatchObject([{ id: peerId(right.end.identity.publicKey) }])
  })

  it('[TR5] peers with the same token find one another; one without does not get in', async () => {
    const world = new World()
    const a = await world.peer('a', { token: 'open sesame' })
    const b = await world.peer('b', { token: 'open sesame', connect: [a.address] })
    const c = await world.peer('c', { connect: [a.address] })
    await world.pass(10)
    expect(a.peer.neighbours.value.map((one) => one.id)).toEqual([b.peer.id])
    expect(c.peer.neighbours.value).toMatchObject([{ state: 'waiting', why: expect.stringContaining('token') }])
  })

  it('[WI2] another version is closed with 4426, and says both', async () => {
    const world = new World()
    const { peer } = await world.peer('a')
    const stranger = new Stranger(world.clock, peer)
    await stranger.send(joined([0], varUint(77), new Uint8Array(80)))
    expect(stranger.link.closedWith).toEqual({ code: 4426, reason: expect.stringMatching(/77.*1/) })
  })

  it('[TR3] garbage ends its own link and touches nothing else', async () => {
    const world = new World()
    const { peer } = await world.peer('a', { keeps: true })
    const good = await Stranger.linked(world.clock, peer, { seed: 201 })
    const bad = await Stranger.linked(world.clock, peer, { seed: 202 })
    await bad.send(joined([15, 1, 1], varUint(2 ** 40)))
    expect([bad.link.closedWith?.code, good.link.closedWith]).toEqual([4400, null])
    const { length } = bad.link.frames
    await bad.send(Stranger.frame({ type: 'ping', stamp: 1 }))
    expect(bad.link.frames).toHaveLength(length)
    await good.say({ type: 'ping', stamp: 5 })
    expect(peer.neighbours.value).toHaveLength(1)
  })

  it('[TR3] a close reason fits a close frame, whatever was to be said', async () => {
    const world = new World()
    const { peer } = await world.peer('a')
    const stranger = await Stranger.linked(world.clock, peer)
    await stranger.say(openOf(1, '\u{1f4d3}'.repeat(256)))
    await stranger.send(Uint8Array.of(8, 2, 255, 255, 255, 255, 7))
    const reason = stranger.link.closedWith?.reason ?? ''
    expect(new TextEncoder().encode(reason).byteLength).toBeLessThanOrEqual(limits.closeReasonBytesMax)
    expect(reason.length).toBeGreaterThan(5)
  })

  it('[WI9] a name that is none ends the link with 4400', async () => {
    const world = new World()
    const { peer } = await world.peer('a', { keeps: true })
    const stranger = await Stranger.linked(world.clock, peer)
    await stranger.say(openOf(1, ''))
    expect(stranger.link.closedWith?.code).toBe(4400)
  })

  it('[WI4] words of later versions are skipped', async () => {
    const world = new World()
    const { peer } = await world.peer('a')
    const stranger = await Stranger.linked(world.clock, peer)
    await stranger.send(joined(varUint(200), [1, 2, 3]))
    expect(stranger.link.closedWith).toBeNull()
  })

  it('[TR2] [TR3] who falls silent is closed with 4504 within five seconds; who answers pings stays', async () => {
    const world = new World()
    const { peer } = await world.peer('a')
    const stranger = await Stranger.linked(world.clock, peer)
    for (let ms = 0; ms < 20_000; ms += 500) {
      await world.pass(500)
      await stranger.carry()
    }
    expect(stranger.link.closedWith).toBeNull()
    await world.pass(5_000)
    expect([stranger.link.closedWith?.code, peer.neighbours.value]).toEqual([4504, []])
  })

  it('[TR3] [WI8] above linksMax a link is closed with 4529', async () => {
    const world = new World()
    const { peer } = await world.peer('a')
    for (let count = 0; count < limits.linksMax; count++) peer.accept(new FakeLink())
    const one = new FakeLink()
    peer.accept(one)
    await settled()
    expect(one.closedWith?.code).toBe(4529)
    expect(peer.neighbours.value).toHaveLength(limits.linksMax)
  })
})

describe('[TR7] one link per pair of instances', () => {
  it.each([
    [1, 2],
    [2, 1],
  ])(
    '[TR7] where both dialled at once, the link dialled by the smaller one stays (seeds %i and %i)',
    async (seedA, seedB) => {
      const world = new World()
      const a = await world.peer('a', { seed: seedA })
      const b = await world.peer('b', { seed: seedB })
      a.peer.connect(b.address)
      b.peer.connect(a.address)
      await world.pass(20)
      const smaller = a.peer.id < b.peer.id ? a : b
      const larger = smaller === a ? b : a
      const state = (one: typeof a) => one.peer.neighbours.value.filter((neighbour) => neighbour.state === 'linked')
      expect([state(a).length, state(b).length]).toEqual([1, 1])
      // The dialled link is listed by its address, the incoming one by where it came from.
      expect(state(smaller)[0]?.address).toBe(larger.address)
      expect(state(larger)[0]?.address).toBe(`from ${smaller.address}`)
      const codes = [...a.transport.links, ...b.transport.links].map((link) => link.closedWith?.code)
      expect(codes.filter((code) => code !== undefined)).toContain(4409)
    },
  )

  it('[TR7] they go on without another link, and find one another again when it breaks', async () => {
    const world = new World()
    const [a, b] = [await world.peer('a'), await world.peer('b')]
    a.peer.connect(b.address)
    b.peer.connect(a.address)
    await world.pass(200)
    const dials = a.transport.dials.length + b.transport.dials.length
    await world.pass(30_000)
    expect(a.transport.dials.length + b.transport.dials.length).toBe(dials)
    for (const link of a.transport.links) link.close(4504, 'cut by the test')
    await world.pass(2_000)
    expect([a, b].map((one) => one.peer.neighbours.value.filter((each) => each.state === 'linked').length)).toEqual([
      1, 1,
    ])
  })

  it('[TR7] where one side dialled twice, it keeps its older link', async () => {
    const world = new World()
    const [a, b] = [await world.peer('a'), await world.peer('b')]
    a.peer.connect(b.address)
    await world.pass(10)
    world.network.listen('memory://b-too', b.peer.accept)
    a.peer.connect('memory://b-too')
    await world.pass(10)
    expect(a.peer.neighbours.value.map((one) => [one.address, one.state])).toEqual([
      [b.address, 'linked'],
      ['memory://b-too', 'waiting'],
    ])
    expect(a.transport.links.map((link) => link.closedWith?.code)).toEqual([undefined, 4409])
  })

  it('[TR7] an instance that meets itself closes with 4409', async () => {
    const world = new World()
    const a = await world.peer('a')
    a.peer.connect(a.address)
    await world.pass(10)
    expect(a.transport.links.map((link) => link.closedWith?.code)).toContain(4409)
    expect(a.peer.neighbours.value.filter((one) => one.state === 'linked')).toEqual([])
  })

  it('[TR7] two instances of one identity are two peers to a third, and link to one another', async () => {
    const world = new World()
    const a = await world.peer('a')
    const [tab1, tab2] = [
      await world.peer('tab1', { seed: 77, connect: [a.address] }),
      await world.peer('tab2', { seed: 77, connect: [a.address, 'memory://tab1'] }),
    ]
    await world.pass(10)
    expect(tab1.peer.id).toBe(tab2.peer.id)
    expect(a.peer.neighbours.value.filter((one) => one.state === 'linked')).toHaveLength(2)
    expect(tab2.peer.neighbours.value.filter((one) => one.state === 'linked')).toHaveLength(2)
  })
})

describe('[TR6] addresses', () => {
  it('[TR6] an address that no transport knows throws, with a name of its own', async () => {
    const world = new World()
    const { peer } = await world.peer('a')
    for (const address of ['ws://x', '', 'memory']) {
      expect(() => peer.connect(address)).toThrow(expect.objectContaining({ code: 'bad-address' }))
    }
    await expect(world.peer('b', { connect: ['nope://x'] })).rejects.toMatchObject({ code: 'bad-address' })
  })

  it('[TR6] a neighbour that is not there yet is found when it comes', async () => {
    const world = new World()
    const { peer } = await world.peer('a', { connect: ['memory://b'] })
    await world.pass(3_000)
    expect(peer.neighbours.value).toMatchObject([
      { id: null, state: 'waiting', why: expect.stringContaining('nobody') },
    ])
    await world.peer('b')
    await world.pass(limits.redialMaxMs)
    expect(peer.neighbours.value).toMatchObject([{ state: 'linked', why: null }])
  })

  it('[TR6] an address is let go of when it is not wanted any more', async () => {
    const world = new World()
    const [a, b] = [await world.peer('a'), await world.peer('b')]
    const stop = a.peer.connect(b.address)
    await world.pass(10)
    stop()
    await world.pass(120_000)
    expect([a.peer.neighbours.value, b.peer.neighbours.value, a.transport.dials.length]).toEqual([[], [], 1])
  })

  it('[TR2] a neighbour behind a black hole is given up and dialled again', async () => {
    const world = new World()
    const a = await world.peer('a')
    const b = await world.peer('b', { connect: [a.address] })
    await world.pass(10)
    for (const link of [...a.transport.links, ...b.transport.links]) link.isHole = true
    await world.pass(limits.silenceMs + 2_000)
    expect(b.transport.dials.length).toBeGreaterThanOrEqual(2)
    expect(b.peer.neighbours.value).toMatchObject([{ state: 'linked' }])
  })

  it('[TR2] the round trip and the bytes of a link are shown', async () => {
    const world = new World()
    const a = await world.peer('a')
    const b = await world.peer('b', { connect: [a.address] })
    await world.pass(5_000)
    const [neighbour] = b.peer.neighbours.value
    expect(neighbour?.roundTripMs).toBe(0)
    const sent = b.transport.last.sent.reduce((sum, frame) => sum + frame.byteLength, 0)
    expect([neighbour!.bytesOut > 100, neighbour!.bytesOut <= sent, neighbour!.bytesIn > 100]).toEqual([
      true,
      true,
      true,
    ])
  })
})
