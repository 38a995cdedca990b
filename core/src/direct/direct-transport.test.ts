import { describe, expect, it } from 'vitest'
import { DirectWorld, type DirectPeer } from '../../test/direct-world.ts'
import { peerAddress } from '../ids.ts'
import { limits } from '../limits.ts'

async function pair(): Promise<{ world: DirectWorld; a: DirectPeer; b: DirectPeer }> {
  const world = new DirectWorld()
  return { world, a: await world.peer(), b: await world.peer() }
}

async function linkedPair(): Promise<{ world: DirectWorld; a: DirectPeer; b: DirectPeer }> {
  const made = await pair()
  await made.a.dial(made.b)
  await made.world.deliverAll()
  return made
}

/** Every order of so many numbers. */
function orders(count: number): readonly (readonly number[])[] {
  if (count === 0) return [[]]
  return orders(count - 1).flatMap((rest) =>
    Array.from({ length: count }, (_, at) => [...rest.slice(0, at), count - 1, ...rest.slice(at)]),
  )
}

describe('a dial', () => {
  it('[TR11] takes one offer and one answer, and opens one link at both ends', async () => {
    const { world, a, b } = await pair()
    await a.dial(b)
    expect(world.kinds).toEqual(['offer'])
    await world.deliver()
    expect(world.kinds).toEqual(['answer'])
    await world.deliver()
    expect([a.openLinks, b.openLinks]).toEqual([1, 1])
    expect(world.clock.waiting).toBe(0)
  })

  it('[TR11] says why there is nothing to dial', async () => {
    const { a, b, world } = await linkedPair()
    for (const address of ['nonsense', a.address, b.address]) await a.dial(address)
    expect(a.failures).toEqual(['not the address of a peer', 'that is this peer itself', 'there is a direct link'])
    expect(world.wire).toEqual([])
  })

  it('[TR11] [SI4] fails with the reason when nobody can introduce the two', async () => {
    const { world, a } = await pair()
    await a.dial(peerAddress(new Uint8Array(40).fill(77)))
    await world.deliverAll()
    expect(a.failures).toEqual(['nobody can introduce the two'])
    expect([a.rtc.living, world.clock.waiting]).toEqual([0, 0])
  })

  it('[TR11] is tried once more after silence, and then fails', async () => {
    const { world, a, b } = await pair()
    await a.dial(b)
    world.wire.length = 0
    await world.clock.advance(limits.directDialMs)
    expect(world.kinds).toEqual(['offer'])
    expect(a.failures).toEqual([])
    await world.clock.advance(limits.directDialMs)
    expect(a.failures).toEqual(['no answer in time'])
    expect([a.rtc.made.length, a.rtc.living, world.clock.waiting]).toEqual([2, 0, 0])
  })

  it('[TR11] is tried once more when the connection does not come about', async () => {
    const { world, a, b } = await pair()
    a.rtc.isWalled = true
    await a.dial(b)
    await world.deliverAll()
    a.rtc.isWalled = false
    await world.clock.advance(limits.directDialMs)
    await world.deliverAll()
    expect([a.openLinks, b.openLinks, a.failures.length]).toEqual([1, 1, 0])
    await world.clock.advance(2 * limits.directDialMs)
    expect([a.rtc.living, b.rtc.living, world.clock.waiting]).toEqual([1, 1, 0])
  })

  it.each([0, 1])(
    '[TR11] can be aborted after %i steps, calls nobody then, and tells the other side',
    async (steps) => {
      const { world, a, b } = await pair()
      const abort = await a.dial(b)
      for (let i = 0; i < steps; i++) await world.deliver()
      abort()
      await world.deliverAll()
      expect([a.rtc.living, b.rtc.living, world.clock.waiting]).toEqual([0, 0, 0])
      expect([a.ends.length, b.ends.length, a.failures.length]).toEqual([0, 0, 0])
    },
  )

  it('[TR11] aborted at once sends nothing', async () => {
    const { world, a, b } = await pair()
    a.transport.dial(`direct:${b.address}`, a.accept, () => undefined)()
    await world.rest()
    expect([world.wire.length, a.rtc.made.length]).toEqual([0, 0])
  })

  it('[TR11] a second dial to the same peer says that there is one', async () => {
    const { world, a, b } = await pair()
    await a.dial(b)
    await a.dial(b)
    await world.deliverAll()
    expect([a.failures, a.openLinks]).toEqual([['a dial is under way'], 1])
  })
})

describe('both dial at once', () => {
  it.each(orders(4))('[TR11] one link results, whatever comes first: %i %i %i %i', async (...order) => {
    const { world, a, b } = await pair()
    await Promise.all([a.dial(b), b.dial(a)])
    expect(world.kinds).toEqual(['offer', 'offer'])
    for (let step = 0; world.wire.length > 0; step++) await world.deliver((order[step % 4] ?? 0) % world.wire.length)
    expect([a.openLinks, b.openLinks]).toEqual([1, 1])
    expect([a.ends.length, b.ends.length]).toEqual([1, 1])
    // A withdrawal that overtakes its offer leaves an answer that nobody takes.
    await world.clock.advance(limits.directDialMs)
    expect([a.rtc.living, b.rtc.living]).toEqual([1, 1])
    expect([a.failures, b.failures]).toEqual([[], []])
    expect(world.clock.waiting).toBe(0)
  })

  it.each([0, 1])('[TR11] one link results when signal %i is lost', async (lost) => {
    const { world, a, b } = await pair()
    await Promise.all([a.dial(b), b.dial(a)])
    world.wire.splice(lost, 1)
    for (let i = 0; i < 3; i++) {
      await world.deliverAll()
      await world.clock.advance(limits.directDialMs)
    }
    expect([a.openLinks, b.openLinks, a.rtc.living, b.rtc.living]).toEqual([1, 1, 1, 1])
  })

  it('[TR11] a dial that meets an answer under way waits for it', async () => {
    const { world, a, b } = await pair()
    await a.dial(b)
    await world.deliver()
    await b.dial(a)
    expect(world.kinds).toEqual(['answer'])
    await world.deliverAll()
    expect([a.ends.length, b.ends.length, b.failures.length]).toEqual([1, 1, 0])
  })
})

describe('late signals', () => {
  it('[TR11] an answer to an attempt that was given up is not heard', async () => {
    const { world, a, b } = await pair()
    await a.dial(b)
    await world.deliver()
    const late = world.wire.splice(0, 1)
    await world.clock.advance(limits.directDialMs)
    await world.deliverAll()
    world.wire.push(...late)
    await world.deliverAll()
    expect([a.ends.length, b.ends.length, a.openLinks, b.openLinks]).toEqual([1, 1, 1, 1])
  })

  it('[TR11] an offer that comes twice is answered once', async () => {
    const { world, a, b } = await pair()
    await a.dial(b)
    world.wire.push(...world.wire)
    await world.deliver()
    await world.deliver()
    expect(world.kinds).toEqual(['answer'])
    expect(b.rtc.made.length).toBe(1)
  })

  it('[TR11] an old offer does not cost the link there is', async () => {
    const { world, a, b } = await pair()
    await a.dial(b)
    const old = [...world.wire]
    await world.deliverAll()
    world.wire.push(...old)
    await world.deliverAll()
    await world.clock.advance(2 * limits.directDialMs)
    expect([a.openLinks, b.openLinks, a.rtc.living, b.rtc.living]).toEqual([1, 1, 1, 1])
  })

  it('[TR11] a peer that lost the link comes back by a new offer', async () => {
    const { world, a, b } = await linkedPair()
    a.rtc.last.breaks('the network changed')
    await a.dial(b)
    await world.deliverAll()
    expect([a.openLinks, a.ends[0]?.closes]).toEqual([1, [{ code: 1006, reason: 'the network changed' }]])
    // The older one is for the engine to close, once the new one has proven itself.
    expect(b.openLinks).toBe(2)
  })

  it('[SI1] what is no proposal is not heard', async () => {
    const { world, a, b } = await pair()
    for (const payload of [[], [0], [9, 1, 2, 3], [0, 1, 2, 3, 4, 5, 6, 7, 8, 200]]) {
      b.transport.received(a.bytes, Uint8Array.from(payload))
    }
    await world.rest()
    expect([b.rtc.made.length, world.wire.length]).toEqual([0, 0])
  })
})

describe('as many as it takes', () => {
  it('[TR11] the one above the cap is refused with a reason, and may come when one has left', async () => {
    const world = new DirectWorld()
    const hub = await world.peer()
    const others: DirectPeer[] = []
    for (let i = 0; i <= limits.directLinksMax; i++) {
      const other = await world.peer()
      others.push(other)
      await other.dial(hub)
      await world.deliverAll()
    }
    const last = others.at(-1)!
    expect(hub.openLinks).toBe(limits.directLinksMax)
    expect(last.failures).toEqual(['it has as many direct links as it takes'])
    hub.ends[0]?.link.close(1000, 'enough')
    await world.rest()
    await last.dial(hub)
    await world.deliverAll()
    expect([last.openLinks, hub.openLinks]).toEqual([1, limits.directLinksMax])
  })

  it('[TR11] connections on their way count: offers without end cost no more', async () => {
    const world = new DirectWorld()
    const hub = await world.peer()
    for (let i = 0; i < 3 * limits.directLinksMax; i++) await (await world.peer()).dial(hub)
    while (world.kinds[0] === 'offer') await world.deliver()
    expect(hub.rtc.living).toBe(limits.directLinksMax)
  })

  it('[TR11] somebody who has nobody else is taken above that, up to a limit of its own', async () => {
    const world = new DirectWorld()
    const hub = await world.peer()
    const others: DirectPeer[] = []
    for (let i = 0; i <= limits.directLinksMaxUrgent; i++) {
      const other = await world.peer()
      others.push(other)
      await other.dial(hub, { isUrgent: true })
      expect(world.kinds).toEqual(['urgentOffer'])
      await world.deliverAll()
    }
    expect([hub.openLinks, hub.rtc.living]).toEqual([limits.directLinksMaxUrgent, limits.directLinksMaxUrgent])
    expect(others.at(-1)!.failures).toEqual(['it has as many direct links as it takes'])
  })

  it('[TR11] says whether there is room for one more of its own, links under way counted', async () => {
    const world = new DirectWorld()
    const hub = await world.peer()
    const rooms: string[] = []
    for (let i = 0; i <= limits.directLinksMaxUrgent; i++) {
      rooms.push(`${hub.transport.hasRoom(false)} ${hub.transport.hasRoom(true)}`)
      await hub.dial(await world.peer())
      // Some open, some are still on their way.
      if (i % 2 === 0) await world.deliverAll()
    }
    const count = (of: string): number => rooms.filter((room) => room === of).length
    expect(count('true true')).toBe(limits.directLinksMax)
    expect(count('false true')).toBe(limits.directLinksMaxUrgent - limits.directLinksMax)
    expect(count('false false')).toBe(1)
  })
})

describe('a transport that is put aside', () => {
  it('[TR15] has no connection left at once, and the other side hears why', async () => {
    const { world, a, b } = await linkedPair()
    a.transport.rest()
    expect([a.rtc.living, a.ends[0]?.closes, b.ends[0]?.closes]).toEqual([
      0,
      [{ code: 1001, reason: 'this peer is put aside' }],
      [{ code: 1001, reason: 'this peer is put aside' }],
    ])
    await world.rest()
    expect([b.rtc.living, world.clock.waiting]).toEqual([0, 0])
  })

  it('[TR15] makes none until it is woken: dials fail, offers are refused, then both work', async () => {
    const { world, a, b } = await pair()
    const c = await world.peer()
    await a.dial(c)
    a.transport.rest()
    expect([a.failures, a.rtc.living, a.transport.hasRoom(true)]).toEqual([['this peer is put aside'], 0, false])
    await a.dial(b)
    await b.dial(a)
    await world.deliverAll()
    expect([a.failures.length, b.failures, a.rtc.made.length]).toEqual([2, ['this peer is put aside'], 1])
    a.transport.wake()
    await b.dial(a)
    await world.deliverAll()
    await a.dial(c)
    await world.deliverAll()
    expect([a.openLinks, b.openLinks, c.openLinks]).toEqual([2, 1, 1])
  })
})

describe('a transport that ends', () => {
  it('[ME4] [TR14] says goodbye on every link, and leaves no connection and no timer', async () => {
    const { world, a, b } = await linkedPair()
    await a.transport[Symbol.asyncDispose]()
    expect(b.ends[0]?.closes).toEqual([{ code: 1001, reason: 'this peer is closing' }])
    expect([a.rtc.living, b.rtc.living, world.clock.waiting]).toEqual([0, 0, 0])
    await b.dial(a)
    await world.deliverAll()
    expect(a.rtc.living).toBe(0)
  })

  it('[ME4] ends dials and answers that are under way', async () => {
    const { world, a, b } = await pair()
    await a.dial(b)
    await world.deliver()
    await Promise.all([a.transport[Symbol.asyncDispose](), b.transport[Symbol.asyncDispose]()])
    expect([a.rtc.living, b.rtc.living, world.clock.waiting]).toEqual([0, 0, 0])
    expect(a.failures).toEqual([])
  })
})
