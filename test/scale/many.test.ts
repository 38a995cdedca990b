/** Much of something at once, over real sockets: peers of one address, documents of one link, bytes of one document. */
import { networkInterfaces } from 'node:os'
import { openPeer, type NodePeer } from '@knotwork/node-peer'
import { afterEach, expect, it, onTestFinished } from 'vitest'
import * as Y from 'yjs'
import { WebSocketLink } from '../../node-peer/src/transport/web-socket-link.ts'
import { eventually } from '../integration/eventually.ts'

const peers: NodePeer[] = []

afterEach(async () => {
  await Promise.all(peers.splice(0).map((peer) => peer.close()))
})

async function opened(options: Parameters<typeof openPeer>[0]): Promise<NodePeer> {
  const peer = await openPeer({ storage: 'memory', page: false, ...options })
  peers.push(peer)
  return peer
}

const isLinked = (peer: NodePeer): boolean => peer.neighbours.value.some(({ state }) => state === 'linked')

/** An address of this machine that is not loopback, which no limit would count. */
const outside = Object.values(networkInterfaces())
  .flat()
  .find((each) => each?.family === 'IPv4' && !each.internal)?.address

it.skipIf(outside === undefined)('thirty peers behind one address behave like any others', async () => {
  const hub = await opened({ listen: { host: outside ?? '', port: 0 }, open: true })
  const connect = [hub.addresses[0] ?? '']
  const crowd = await Promise.all(Array.from({ length: 30 }, () => opened({ connect, keeps: false })))
  await eventually('all are linked', () => crowd.every(isLinked))
  expect(hub.neighbours.value.every(({ address }) => !address.includes('127.0.0.1'))).toBe(true)
  const notes = crowd.map((peer) => peer.open('everybody'))
  for (const [index, { doc }] of notes.entries()) doc.getMap('seen').set(`peer ${index}`, index)
  await eventually('each has what all wrote', () => notes.every(({ doc }) => doc.getMap('seen').size === 30))
  const all = Object.fromEntries(notes.map((_, index) => [`peer ${index}`, index]))
  for (const { doc } of notes) expect(doc.getMap('seen').toJSON()).toEqual(all)
})

it(
  '[CA1] [CA2] [WI7] ten thousand documents go over one link, and each stays what it is',
  { timeout: 240_000 },
  async () => {
    const count = 10_000
    const [ada, ben] = [await opened({ listen: { port: 0 } }), await opened({})]
    const write = (index: number): Promise<unknown> => {
      const doc = new Y.Doc()
      doc.getText('text').insert(0, `document ${index}`)
      return ada.merge(`many/${index}`, Y.encodeStateAsUpdate(doc))
    }
    const named = Array.from({ length: count }, (_, index) => index)
    for (let from = 0; from < count; from += 500) await Promise.all(named.slice(from, from + 500).map(write))
    ben.connect(ada.addresses[0] ?? '')
    const areAllThere = async (): Promise<boolean> => {
      // Counting them is work, too.
      await new Promise((resolve) => setTimeout(resolve, 500))
      return (await countOf(ben.documents())) === count
    }
    await eventually('all are there', areAllThere, 200_000)
    for (let index = 0; index < count; index += 997) {
      const copy = new Y.Doc()
      Y.applyUpdate(copy, (await ben.read(`many/${index}`)) ?? new Uint8Array([0, 0]))
      expect(copy.getText('text').toString()).toBe(`document ${index}`)
    }
  },
)

async function countOf(all: AsyncIterable<unknown>): Promise<number> {
  const each = all[Symbol.asyncIterator]()
  let count = 0
  while ((await each.next()).done !== true) count++
  return count
}

it('[TR8] a document of 50 MB goes to a newcomer, and never holds more than 1 MiB of a socket', async () => {
  const mostQueued = watchSockets()
  const [ada, ben] = [await opened({ listen: { port: 0 } }), await opened({ keeps: false })]
  const line = 'The quick brown fox jumps over the lazy dog, and comes back. '.repeat(17_190)
  const [here, there] = [ada.open('big'), ben.open('big')]
  for (let part = 0; part < 50; part++) here.doc.getMap('parts').set(`${part}`, `${part} ${line}`)
  await here.stored()
  ben.connect(ada.addresses[0] ?? '')
  await eventually('all of it is there', () => there.doc.getMap('parts').size === 50, 60_000)
  await there.synced()
  expect(there.doc.getMap('parts').get('49')).toBe(`49 ${line}`)
  expect(mostQueued()).toBeGreaterThan(0)
  expect(mostQueued()).toBeLessThanOrEqual(1024 * 1024)
})

/** The most that any socket of this process has held while something was sent. */
function watchSockets(): () => number {
  const { prototype } = WebSocketLink
  const send: unknown = Reflect.get(prototype, 'send')
  let most = 0
  prototype.send = function watched(this: WebSocketLink, frame: Uint8Array): void {
    Reflect.apply(send as () => void, this, [frame])
    most = Math.max(most, this.queuedBytes)
  }
  onTestFinished(() => {
    Reflect.set(prototype, 'send', send)
  })
  return () => most
}
