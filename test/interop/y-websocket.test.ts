/** Stock y-websocket clients of all three majors, unmodified, on two different node peers of one network. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import WebSocket from 'ws'
import { WebsocketProvider as Provider1 } from 'y-websocket-1'
import { WebsocketProvider as Provider2 } from 'y-websocket-2'
import { WebsocketProvider as Provider3 } from 'y-websocket-3'
import * as Y from 'yjs'
import { eventually } from '../integration/eventually.ts'
import { NodeProcess } from '../integration/node-process.ts'

interface StockProvider {
  readonly synced: boolean
  readonly wsconnected: boolean
  readonly awareness: {
    getStates(): Map<number, Record<string, unknown>>
    setLocalState(state: Record<string, unknown> | null): void
  }
  destroy(): void
}

type StockConstructor = new (
  url: string,
  room: string,
  doc: Y.Doc,
  options: { WebSocketPolyfill: unknown; disableBc: boolean; maxBackoffTime?: number },
) => StockProvider

const majors: readonly (readonly [string, StockConstructor])[] = [
  ['1', Provider1 as unknown as StockConstructor],
  ['2', Provider2 as unknown as StockConstructor],
  ['3', Provider3 as unknown as StockConstructor],
]

let directory: string
let a: NodeProcess
let c: NodeProcess
const open: { provider: StockProvider; doc: Y.Doc }[] = []

function connect(Provider: StockConstructor, peer: NodeProcess, room: string): { provider: StockProvider; doc: Y.Doc } {
  const doc = new Y.Doc()
  const provider = new Provider(peer.yjs, room, doc, {
    WebSocketPolyfill: WebSocket,
    disableBc: true,
    maxBackoffTime: 500,
  })
  const client = { provider, doc }
  open.push(client)
  return client
}

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'knotwork-interop-'))
  a = await NodeProcess.running({ data: join(directory, 'a') })
  c = await NodeProcess.running({ data: join(directory, 'c'), connect: [a.address] })
})

afterEach(() => {
  for (const { provider, doc } of open.splice(0)) {
    provider.destroy()
    doc.destroy()
  }
})

afterAll(async () => {
  await a[Symbol.asyncDispose]()
  await c[Symbol.asyncDispose]()
  await rm(directory, { recursive: true, force: true })
})

describe.each(majors)('y-websocket %s', (major, Provider) => {
  it('[YW1] [YW2] syncs, and a client on another node peer types in the same document', async () => {
    const room = `essay-${major}`
    const here = connect(Provider, a, room)
    await eventually('synced', () => here.provider.synced)
    here.doc.getText('text').insert(0, 'hello')
    const there = connect(Provider, c, room)
    await eventually('the other has it', () => there.doc.getText('text').toString() === 'hello')
    there.doc.getText('text').insert(5, ' world')
    there.doc.getText('text').delete(0, 1)
    await eventually('and back', () => here.doc.getText('text').toString() === 'ello world')
    expect(await c.text(room)).toBe('ello world')
  })

  it('[PR1] [YW4] shows presence across node peers, and takes it away when a client leaves', async () => {
    const here = connect(Provider, a, `presence-${major}`)
    const there = connect(Provider, c, `presence-${major}`)
    here.provider.awareness.setLocalState({ name: 'Ada' })
    const seen = (): unknown => there.provider.awareness.getStates().get(here.doc.clientID)?.['name']
    await eventually('Ada is seen', () => seen() === 'Ada')
    here.provider.destroy()
    await eventually('Ada has left', () => seen() === undefined)
  })

  it('[TR3] reconnects after its node peer was killed, with what was typed meanwhile', async () => {
    const room = `reconnect-${major}`
    const data = join(directory, `restart-${major}`)
    const first = await NodeProcess.running({ data })
    const here = connect(Provider, first, room)
    await eventually('synced', () => here.provider.synced)
    here.doc.getText('text').insert(0, 'one ')
    await eventually('stored', async () => (await first.text(room)) === 'one ')
    await first.crash()
    here.doc.getText('text').insert(4, 'two ')
    await using second = await NodeProcess.running({ data, port: first.port })
    await eventually('both are there', async () => (await second.text(room)) === 'one two ')
  })

  it('takes its room for the document name: spaces, slashes, percent signs, emoji', async () => {
    for (const room of [`a b/${major}`, `rööm/🪢 ${major}`, `100% ${major}`]) {
      const here = connect(Provider, a, room)
      here.doc.getText('text').insert(0, room)
      await eventually(room, async () => (await c.text(room)) === room)
    }
  })
})

it('[YW3] survives a silent half minute', async () => {
  const clients = majors.map(([major, Provider]) => connect(Provider, a, `silence-${major}`))
  await eventually('synced', () => clients.every(({ provider }) => provider.synced))
  let losses = 0
  for (const { provider } of clients) {
    const watched = provider as unknown as { on(event: string, listener: (status: { status: string }) => void): void }
    watched.on('status', ({ status }) => (losses += status === 'connected' ? 0 : 1))
  }
  await new Promise((resolve) => setTimeout(resolve, 35_000))
  expect(losses).toBe(0)
  expect(clients.every(({ provider }) => provider.wsconnected)).toBe(true)
}, 60_000)
