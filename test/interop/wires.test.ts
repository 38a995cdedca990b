/** A stock client of each kind and a native app, each on a node peer of its own, all in one document. */
import { openPeer, type NodePeer } from '@knotwork/node-peer'
import { afterAll, beforeAll, it } from 'vitest'
import WebSocket from 'ws'
import { WebsocketProvider as Provider1 } from 'y-websocket-1'
import { WebsocketProvider as Provider2 } from 'y-websocket-2'
import { WebsocketProvider as Provider3 } from 'y-websocket-3'
import * as Y from 'yjs'
import { eventually } from '../integration/eventually.ts'
import { HocuspocusApp, hocuspocusMajors } from './hocuspocus-client.ts'

interface Someone {
  readonly name: string
  readonly doc: Y.Doc
  readonly awareness: {
    getStates(): ReadonlyMap<number, unknown>
    setLocalState(state: Record<string, unknown> | null): void
  }
  leave(): void
}

const room = 'rööm/all of them'
const peers: NodePeer[] = []
const all: Someone[] = []

const urlOf = (peer: NodePeer): string => peer.url?.replace('http', 'ws') ?? ''

/** In a line: what the last one hears has passed all others. */
async function nextPeer(): Promise<NodePeer> {
  const before = peers.at(-1)
  const connect = before === undefined ? [] : [before.url ?? '']
  const peer = await openPeer({ storage: 'memory', listen: { port: 0 }, page: false, direct: false, connect })
  peers.push(peer)
  return peer
}

beforeAll(async () => {
  for (const [index, Provider] of [Provider1, Provider2, Provider3].entries()) {
    const options = { WebSocketPolyfill: WebSocket, disableBc: true }
    const doc = new Y.Doc()
    const provider = new (Provider as unknown as typeof Provider3)(
      `${urlOf(await nextPeer())}/yjs`,
      room,
      doc,
      options as never,
    )
    const leave = (): void => provider.destroy()
    all.push({ name: `y-websocket ${index + 1}`, doc, awareness: provider.awareness, leave })
  }
  for (const major of hocuspocusMajors) {
    const app = new HocuspocusApp(major, `${urlOf(await nextPeer())}/hocuspocus`)
    const { document: doc, awareness } = app.open(room)
    all.push({ name: `Hocuspocus ${major.major}`, doc, awareness, leave: () => app[Symbol.dispose]() })
  }
  const note = (await nextPeer()).open(room)
  all.push({ name: 'native', doc: note.doc, awareness: note.presence, leave: () => note.close() })
})

afterAll(async () => {
  for (const each of all) each.leave()
  await Promise.all(peers.map((peer) => peer.close()))
})

const namesSeenBy = ({ awareness }: Someone): string =>
  [...awareness.getStates().values()]
    .map((state) => (state as { name?: string } | null)?.name ?? '')
    .filter((name) => name !== '')
    .toSorted()
    .join()

it('[HP1] [YW2] they all end with the same text, and see each other come and go', async () => {
  const names = all.map(({ name }) => name)
  for (const { awareness, name } of all) awareness.setLocalState({ name })
  for (const { doc, name } of all) doc.getArray('said').push([`${name} was here`])
  await eventually('all have what all have said', () =>
    all.every(({ doc }) => names.every((name) => doc.getArray('said').toArray().includes(`${name} was here`))),
  )
  for (const { doc, name } of all) doc.getMap('last').set(name, doc.getArray('said').length)
  await eventually('all are alike', () => {
    const states = all.map(({ doc }) => JSON.stringify([doc.getArray('said').toJSON(), doc.getMap('last').size]))
    return new Set(states).size === 1 && all.every(({ doc }) => doc.getMap('last').size === names.length)
  })
  await eventually('all see all', () => all.every((one) => namesSeenBy(one) === names.toSorted().join()))
  const [first, ...rest] = all
  const gone = all.find(({ name }) => name === 'Hocuspocus 3')!
  for (const each of [first!, gone]) each.leave()
  const left = rest.filter((one) => one !== gone)
  const expected = left
    .map(({ name }) => name)
    .toSorted()
    .join()
  await eventually('those who left are not seen', () => left.every((one) => namesSeenBy(one) === expected))
})
