/** The provider on real sockets and disks, beside a stock y-websocket client. */
import { afterEach, describe, expect, it } from 'vitest'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Awareness } from 'y-protocols/awareness'
import * as Y from 'yjs'
import type { NodePeer } from '../node-peer.ts'
import { openPeer } from '../open-peer.ts'
import { KnotworkProvider } from './knotwork-provider.ts'

const open: AsyncDisposable[] = []
afterEach(async () => {
  for (const each of open.splice(0).toReversed()) await each[Symbol.asyncDispose]()
})

async function hub(): Promise<NodePeer> {
  const peer = await openPeer({ storage: 'memory', listen: { port: 0 }, page: false })
  open.push(peer)
  return peer
}

function provide(...[room, doc, options]: ConstructorParameters<typeof KnotworkProvider>): KnotworkProvider {
  const provider = new KnotworkProvider(room, doc, { direct: false, ...options })
  open.push(provider)
  return provider
}

const textOf = (doc: Y.Doc): string => doc.getText('t').toString()

/** Resolves when it is so, looked at after each change of the Y.Doc. */
function until(doc: Y.Doc, isSo: () => boolean): Promise<void> {
  return new Promise((resolve) => {
    const look = (): void => {
      if (!isSo()) return
      doc.off('update', look)
      resolve()
    }
    doc.on('update', look)
    look()
  })
}

describe('[KP1] KnotworkProvider in Node', () => {
  it('[KP1] [KP6] two of them edit together, and see each other', async () => {
    const connect = [String((await hub()).url?.replace('http', 'ws'))]
    const [doc, other] = [new Y.Doc(), new Y.Doc()]
    const [one, two] = [provide('notes', doc, { connect }), provide('notes', other, { connect })]
    await Promise.all([one.whenSynced, two.whenSynced])
    expect([one.connected, one.status, one.syncStatus.type]).toEqual([true, 'connected', 'live'])
    const seen = new Promise((resolve) => {
      two.awareness.on('change', () => resolve(two.awareness.getStates().get(doc.clientID)))
    })
    one.awareness.setLocalStateField('user', { name: 'Ada' })
    doc.getText('t').insert(0, 'from one')
    await until(other, () => textOf(other) === 'from one')
    expect(await seen).toEqual({ user: { name: 'Ada' } })
  })

  it('[KP3] on one directory: made anew before the old one has let go of its lock', async () => {
    const data = await mkdtemp(join(tmpdir(), 'provider-'))
    open.push({ [Symbol.asyncDispose]: () => rm(data, { recursive: true }) })
    const options = { data, direct: false }
    const doc = new Y.Doc()
    const first = new KnotworkProvider('notes', doc, options)
    await first.whenLoaded
    doc.getText('t').insert(0, 'stored')
    first.destroy()
    // Far later than the tick in which its peer would be taken over.
    await new Promise((resolve) => setImmediate(resolve))
    const again = new Y.Doc()
    const second = provide('notes', again, options)
    const errors: unknown[] = []
    second.on('connection-error', (trouble) => void errors.push(trouble))
    await second.whenLoaded
    expect([textOf(again), errors]).toEqual(['stored', []])
  })

  it('[KP3] [KP4] a peer that it was given stays open; a second Y.Doc there is told of, not thrown', async () => {
    const peer = await openPeer({ storage: 'memory', direct: false })
    open.push(peer)
    const first = provide('notes', new Y.Doc(), { peer })
    await first.whenLoaded
    const second = provide('notes', new Y.Doc(), { peer: Promise.resolve(peer) })
    const trouble = await new Promise((resolve) => second.on('connection-error', resolve))
    expect(trouble).toMatchObject({ address: '', reason: expect.stringContaining('another Y.Doc') })
    await first[Symbol.asyncDispose]()
    // It is free now.
    second.connect()
    await second.whenLoaded
    await second[Symbol.asyncDispose]()
    expect(() => peer.open('notes')).not.toThrow()
  })

  it('[KP4] [KP6] an awareness object that it was given outlives it, without the others', async () => {
    const connect = [String((await hub()).url?.replace('http', 'ws'))]
    const doc = new Y.Doc()
    const awareness = new Awareness(doc)
    awareness.setLocalState({ name: 'Ada' })
    const other = provide('notes', new Y.Doc(), { connect })
    other.awareness.setLocalState({ name: 'Ben' })
    const provider = provide('notes', doc, { connect, awareness })
    const names = (): string[] => [...awareness.getStates().values()].map(({ name }) => String(name)).toSorted()
    await expect.poll(names, { timeout: 60_000 }).toEqual(['Ada', 'Ben'])
    await provider[Symbol.asyncDispose]()
    expect([provider.awareness === awareness, names()]).toEqual([true, ['Ada']])
    awareness.destroy()
  })

  it('[KP4] frees every socket', async () => {
    const address = String((await hub()).url?.replace('http', 'ws'))
    const before = active('TCPSocketWrap')
    for (let count = 0; count < 3; count++) {
      const doc = new Y.Doc()
      await using provider = new KnotworkProvider('notes', doc, { connect: [address], direct: false })
      if (count > 0) await provider.whenSynced
      doc.getText('t').insert(0, 'x')
    }
    await expect.poll(() => active('TCPSocketWrap'), { timeout: 60_000 }).toBeLessThanOrEqual(before)
  })

  it('[KP4] frees every timer', async () => {
    const before = active('Timeout')
    for (let count = 0; count < 3; count++) {
      await using provider = new KnotworkProvider('notes', new Y.Doc(), {
        connect: ['ws://127.0.0.1:1'],
        direct: false,
      })
      if (count > 0) await provider.whenLoaded
    }
    expect(active('Timeout')).toBeLessThanOrEqual(before)
  })

  it('[KP2] an address that cannot be dialled is told', async () => {
    const provider = provide('notes', new Y.Doc(), { connect: ['ws://127.0.0.1:1/peer'] })
    const trouble = await new Promise((resolve) => provider.on('connection-error', resolve))
    expect(trouble).toMatchObject({ address: 'ws://127.0.0.1:1/peer', reason: expect.any(String), code: null })
    expect(provider.synced).toBe(false)
  })
})

function active(kind: string): number {
  return process.getActiveResourcesInfo().filter((one) => one === kind).length
}
