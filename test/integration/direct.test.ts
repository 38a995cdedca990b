/** Direct links of Node peers over real WebRTC: dials, cuts, a man in the middle, and an end that is one. */
import { DirectTransport, type Rtc, type RtcConnection } from '@knotwork/core'
import { openPeer } from '@knotwork/node-peer'
import { describe, expect, it } from 'vitest'
import { nodeClock } from '../../node-peer/src/platform/clock.ts'
import { nodeRandom } from '../../node-peer/src/platform/random.ts'
import { nodeRtcOrThrow } from '../contracts/node-rtc-or-throw.ts'
import { LinkEnds } from '../contracts/transport.ts'
import { numberedAddress, SignalExchange } from '../doubles/signal-exchange.ts'
import { directPeer } from './direct-peers.ts'
import { eventually } from './eventually.ts'
import { ManInTheMiddle } from './man-in-the-middle.ts'
import { SourceProcess } from './source-process.ts'

/** A network that breaks once, for everybody, when so many bytes have arrived. */
function breaking(rtc: Rtc, afterBytes: number): { readonly rtc: Rtc; readonly hasBroken: () => boolean } {
  const living = new Map<RtcConnection, () => void>()
  let leftBytes = afterBytes
  const breakNow = (): void => {
    for (const end of living.values()) end()
    living.clear()
  }
  const connect: Rtc['connect'] = (events) => {
    const connection = rtc.connect({
      opened: () => events.opened(),
      drained: () => events.drained(),
      closed: (why) => events.closed(why),
      received(bytes) {
        if (leftBytes > 0 && (leftBytes -= bytes.byteLength) <= 0) breakNow()
        else events.received(bytes)
      },
    })
    living.set(connection, () => {
      connection.close()
      events.closed('cut by the test')
    })
    return connection
  }
  return { rtc: { connect }, hasBroken: () => leftBytes <= 0 }
}

describe('direct links in Node', () => {
  it('[TR11] 100 dials, half of them from both sides at once: at least 99 open, one link per pair', async () => {
    const exchange = new SignalExchange()
    const rtc = await nodeRtcOrThrow()
    const transports: DirectTransport[] = []
    const pairs: { readonly a: LinkEnds; readonly b: LinkEnds }[] = []
    const failures: string[] = []
    const end = async (ends: LinkEnds): Promise<{ transport: DirectTransport; address: string }> => {
      const transport = new DirectTransport({ rtc, clock: nodeClock, random: nodeRandom })
      transports.push(transport)
      const address = exchange.join(transport, numberedAddress(transports.length))
      await transport.listen(ends.accept)
      return { transport, address }
    }
    const failed = (why: string): void => void failures.push(why)
    for (let count = 0; count < 100; count += 10) {
      const batch = Array.from({ length: 10 }, () => ({ a: new LinkEnds(), b: new LinkEnds() }))
      for (const [index, { a, b }] of batch.entries()) {
        const [one, other] = [await end(a), await end(b)]
        one.transport.dial(other.address, a.accept, failed)
        if (index % 2 === 0) other.transport.dial(one.address, b.accept, failed)
      }
      pairs.push(...batch)
      await eventually('the batch opens', () => batch.every(({ a, b }) => a.all.length > 0 && b.all.length > 0))
    }
    const open = (ends: LinkEnds): number => ends.all.filter(({ closes }) => closes.length === 0).length
    // A second link would open within this time.
    await new Promise((resolve) => setTimeout(resolve, 1_500))
    const counts = pairs.map(({ a, b }) => [a.all.length, b.all.length, open(a), open(b)].join())
    expect(counts.filter((count) => count === '1,1,1,1').length).toBeGreaterThanOrEqual(99)
    expect(counts.filter((count) => !['1,1,1,1', '0,0,0,0'].includes(count))).toEqual([])
    expect(failures).toEqual([])
    await Promise.all(transports.map((transport) => transport[Symbol.asyncDispose]()))
  })

  it('[TR12] a man in the middle who carries the signals is refused by both ends with 4403', async () => {
    const rtc = await nodeRtcOrThrow()
    using middle = new ManInTheMiddle(rtc)
    const [ada, ben] = [await directPeer(rtc, middle), await directPeer(rtc, middle)]
    let wasLinked = false
    for (const { peer } of [ada, ben]) {
      peer.neighbours.subscribe((all) => (wasLinked ||= all.some(({ state }) => state === 'linked')))
    }
    ada.peer.connect(ben.address)
    await eventually('both have refused', () => ada.closes.length > 0 && ben.closes.length > 0)
    expect([ada.closes[0], ben.closes[0]]).toEqual([4403, 4403])
    expect(middle.passed).toBeGreaterThan(200)
    expect(wasLinked).toBe(false)
    await Promise.all([ada.peer.close(), ben.peer.close()])
  })

  it('[TR12] without him the same two peers are linked', async () => {
    const [rtc, exchange] = [await nodeRtcOrThrow(), new SignalExchange()]
    const [ada, ben] = [await directPeer(rtc, exchange), await directPeer(rtc, exchange)]
    ada.peer.connect(ben.address)
    await eventually('linked', () => ben.peer.neighbours.value.some(({ state }) => state === 'linked'))
    expect(ben.peer.neighbours.value).toMatchObject([{ transport: 'webrtc', isDirect: true, whyNotDirect: null }])
    await Promise.all([ada.peer.close(), ben.peer.close()])
  })

  it('[TR1] [TR13] a link that is cut in the middle of 20 MB comes back, and nothing is lost', async () => {
    const [network, exchange] = [breaking(await nodeRtcOrThrow(), 8_000_000), new SignalExchange()]
    const [ada, ben] = [await directPeer(network.rtc, exchange), await directPeer(network.rtc, exchange)]
    ada.peer.connect(ben.address)
    const [here, there] = [ada.peer.open('big'), ben.peer.open('big')]
    const line = 'The quick brown fox jumps over the lazy dog, and comes back. '.repeat(17_000)
    for (let part = 0; part < 20; part++) here.doc.getMap('parts').set(`${part}`, `${part} ${line}`)
    await eventually('it is cut', () => network.hasBroken())
    expect(there.doc.getMap('parts').size).toBeLessThan(20)
    await eventually('all of it is there', () => there.doc.getMap('parts').size === 20, 40_000)
    expect([ada.closes, ben.closes]).toEqual([[1006], [1006]])
    expect(there.doc.getMap('parts').toJSON()).toEqual(here.doc.getMap('parts').toJSON())
    await Promise.all([ada.peer.close(), ben.peer.close()])
  })

  it('[SI1] two node peers that listen nowhere meet through a third, and go on when it is gone', async () => {
    const common = { direct: true, storage: 'memory', keeps: false } as const
    const hub = await openPeer({ storage: 'memory', listen: { port: 0 }, page: false })
    const connect = [hub.addresses[0] ?? '']
    const [ada, ben] = [await openPeer({ ...common, connect }), await openPeer({ ...common, connect })]
    const [here, there] = [ada.open('pair'), ben.open('pair')]
    const isDirect = (peer: typeof ada): boolean =>
      peer.neighbours.value.some((each) => each.isDirect && each.state === 'linked')
    await eventually('they have a link of their own', () => isDirect(ada) && isDirect(ben))
    await hub.close()
    here.doc.getText('text').insert(0, 'without anybody')
    await eventually('it arrives', () => there.doc.getText('text').toString() === 'without anybody')
    await Promise.all([ada.close(), ben.close()])
  })

  it('[SI4] a peer that nobody can introduce says what it waits for, and is in as soon as somebody can', async () => {
    const common = { direct: true, storage: 'memory', keeps: false } as const
    const first = await openPeer({ storage: 'memory', listen: { port: 0 }, page: false })
    const address = first.addresses[0] ?? ''
    const ben = await openPeer({ ...common, connect: [address] })
    await eventually('Ben is linked', () => ben.neighbours.value.some(({ state }) => state === 'linked'))
    await first.close()
    const shared = ben.addresses.find((each) => each.startsWith('direct:')) ?? ''
    const cy = await openPeer({ ...common, connect: [address, shared] })
    const waiting = (): string | null | undefined =>
      cy.neighbours.value.find((each) => each.address === shared)?.whyNotDirect
    await eventually('it says so', () => waiting()?.includes('waiting for a link to anybody') === true)
    expect(cy.open('any').status.value.type).not.toBe('live')
    const again = await openPeer({ storage: 'memory', listen: { port: Number(new URL(address).port) }, page: false })
    await eventually('it is in', () =>
      cy.neighbours.value.some((each) => each.address === shared && each.isDirect && each.state === 'linked'),
    )
    await Promise.all([again.close(), ben.close(), cy.close()])
  })

  it('[OV1] node peers take direct links unless they are told not to, and dial none unless they are told to', async () => {
    const hub = await openPeer({ storage: 'memory', listen: { port: 0 }, page: false })
    const common = { storage: 'memory', keeps: false, connect: [hub.addresses[0] ?? ''] } as const
    const quiet = [await openPeer(common), await openPeer(common)]
    const documents = quiet.map((peer) => peer.open('room'))
    const links = (peer: typeof hub): number =>
      peer.neighbours.value.filter(({ transport, state }) => transport === 'webrtc' && state === 'linked').length
    await eventually('they sync', () => documents.every(({ status }) => status.value.type === 'live'))
    await new Promise((resolve) => setTimeout(resolve, 1_000))
    expect(quiet.map(links)).toEqual([0, 0])
    const eager = await openPeer({ ...common, direct: true })
    eager.open('room')
    await eventually('both are dialled', () => links(eager) === 2)
    await eventually('nobody else', () => quiet.every((peer) => links(peer) === 1) && links(hub) === 0)
    // By its address, one that keeps takes a link as well.
    const far = await openPeer({ ...common, keeps: true })
    await eventually('it is linked', () => far.neighbours.value.some(({ state }) => state === 'linked'))
    const [address = ''] = far.addresses.filter((each) => each.startsWith('direct:'))
    eager.connect(address)
    await eventually('it took the link', () => links(far) === 1)
    await Promise.all([...quiet, eager, far].map((peer) => peer.close()))
    await hub.close()
  })

  it('[ME4] a process that has closed its peers ends by itself', async () => {
    await using process = new SourceProcess('test/integration/direct-process.ts', [])
    await process.until(() => process.lines.includes('closed'))
    const exit = await Promise.race([
      process.ended(),
      new Promise((resolve) => setTimeout(() => resolve('still there'), 5_000)),
    ])
    expect(exit).toBe(0)
  })

  it('a peer without WebRTC runs, and says what it lacks', async () => {
    const hub = await openPeer({ storage: 'memory', direct: false, listen: { port: 0 }, page: false })
    const ada = await openPeer({ storage: 'memory', connect: [hub.addresses[0] ?? ''] })
    expect([ada.whyNotDirect, hub.whyNotDirect]).toEqual([null, 'this peer was told to take no direct links'])
    const why = (peer: typeof ada): string | null | undefined => peer.neighbours.value[0]?.whyNotDirect
    await eventually('linked', () => ada.neighbours.value[0]?.state === 'linked')
    await eventually('linked back', () => hub.neighbours.value[0]?.state === 'linked')
    expect([why(ada), why(hub)]).toEqual([
      'the other side takes no direct links',
      'this peer was told to take no direct links',
    ])
    await Promise.all([ada.close(), hub.close()])
  })
})
