/** Stock Hocuspocus providers of three majors, unmodified, against node peers. */
import { openPeer, type NodePeer, type OpenPeerOptions } from '@knotwork/node-peer'
import { afterEach, describe, expect, it } from 'vitest'
import { eventually } from '../integration/eventually.ts'
import { HocuspocusApp, hocuspocusMajors, type StockHocuspocus } from './hocuspocus-client.ts'

const opened: { readonly close: () => unknown }[] = []

afterEach(async () => {
  for (const each of opened.splice(0).toReversed()) await each.close()
})

async function peerWith(options: OpenPeerOptions = {}): Promise<NodePeer> {
  const peer = await openPeer({ storage: 'memory', listen: { port: 0 }, page: false, direct: false, ...options })
  opened.push(peer)
  return peer
}

const text = (provider: StockHocuspocus): string => provider.document.getText('text').toString()

describe.each(hocuspocusMajors)('Hocuspocus provider $major', (major) => {
  function appOn(peer: NodePeer): HocuspocusApp {
    const app = new HocuspocusApp(major, `${peer.url?.replace('http', 'ws') ?? ''}/hocuspocus`)
    opened.push({ close: () => app[Symbol.dispose]() })
    return app
  }

  it('[HP1] [HP2] several documents share a socket, with a token or none, and peers get what is typed', async () => {
    const server = await peerWith()
    const other = await peerWith({ connect: [server.url ?? ''] })
    const [here, there] = [appOn(server), appOn(other)]
    const notes = ['a', 'rööm/1', 'c'].map((name) => ({ name, mine: here.open(name), theirs: there.open(name) }))
    await eventually('all are synced', () => notes.every(({ mine, theirs }) => mine.synced && theirs.synced))
    for (const { name, mine } of notes) mine.document.getText('text').insert(0, `this is ${name}`)
    await eventually('the others have it', () => notes.every(({ name, theirs }) => text(theirs) === `this is ${name}`))
    for (const { theirs } of notes) theirs.document.getText('text').delete(0, 5)
    await eventually('and back', () => notes.every(({ name, mine }) => text(mine) === `is ${name}`))
    const native = other.open('rööm/1')
    await eventually('a native app, too', () => native.doc.getText('text').toString() === 'is rööm/1')
  })

  it('[HP2] the shared token opens a document, and nothing else does', async () => {
    const server = await peerWith({ token: 'secret & more' })
    const app = appOn(server)
    const refused: string[] = []
    const mine = app.open('a', { token: 'secret & more' })
    await eventually('it is in', () => mine.synced)
    expect(mine.authorizedScope).toBe('read-write')
    // Of major 2, a refusal ends the whole socket; of its own, therefore.
    const stranger = appOn(server).open('a', {
      token: () => Promise.resolve('wrong'),
      onAuthenticationFailed: ({ reason }: { reason: string }) => refused.push(reason),
    })
    await eventually('it is refused', () => refused.length > 0)
    expect(refused[0]).toBe('permission-denied')
    mine.document.getText('text').insert(0, 'x')
    await eventually('it is stored', () => !mine.hasUnsyncedChanges)
    expect([stranger.synced, text(stranger)]).toEqual([false, ''])
  })

  it('[HP3] a change counts as unsynced until it is stored, each once, also when the client asks again', async () => {
    const server = await peerWith()
    const app = appOn(server)
    const mine = app.open('a')
    await eventually('the first question is answered for', () => mine.synced && mine.unsyncedChanges === 0)
    for (let i = 0; i < 20; i++) {
      mine.document.getText('text').insert(0, 'x')
      if (i === 10) await eventually('stored', () => mine.unsyncedChanges === 0)
    }
    expect(mine.unsyncedChanges).toBe(9)
    await eventually('all are stored', () => mine.unsyncedChanges === 0)
    expect((await server.read('a'))?.byteLength).toBeGreaterThan(0)
    for (let i = 0; i < 3; i++) {
      mine.forceSync()
      await eventually('asked again, answered again', () => mine.unsyncedChanges === 0)
    }
    expect(mine.synced).toBe(true)
  })

  it('[HP6] presence is seen on another peer, changes, and goes when the client closes the document or is gone', async () => {
    const server = await peerWith()
    const other = await peerWith({ connect: [server.url ?? ''] })
    const [here, there] = [appOn(server), appOn(other)]
    const [mine, theirs] = [here.open('a'), there.open('a')]
    const others = here.open('b')
    await eventually('synced', () => mine.synced && theirs.synced && others.synced)
    const seen = (): unknown => theirs.awareness.getStates().get(mine.document.clientID)?.['name']
    mine.awareness.setLocalState({ name: 'Ada' })
    await eventually('Ada is seen', () => seen() === 'Ada')
    mine.awareness.setLocalState({ name: 'Ada B' })
    await eventually('her new name is seen', () => seen() === 'Ada B')
    mine.awareness.setLocalState(null)
    await eventually('she is not seen', () => seen() === undefined)
    mine.awareness.setLocalState({ name: 'again' })
    await eventually('she is back', () => seen() === 'again')
    mine.destroy()
    await eventually('she has left', () => seen() === undefined)
    expect(others.synced).toBe(true)
  })

  it('[TR3] comes back to a peer that was closed and started again, with what was typed meanwhile', async () => {
    const first = await openPeer({ storage: 'memory', listen: { port: 0 }, page: false, direct: false })
    const mine = appOn(first).open('a')
    await eventually('synced', () => mine.synced)
    mine.document.getText('text').insert(0, 'one ')
    const port = Number(new URL(first.url ?? '').port)
    await first.close()
    mine.document.getText('text').insert(4, 'two')
    const second = await peerWith({ listen: { port } })
    await eventually('it has both', async () => {
      const update = await second.read('a')
      return update !== null && second.open('a').doc.getText('text').toString() === 'one two'
    })
    await eventually('and says so', () => !mine.hasUnsyncedChanges)
  })
})

it('[HP1] several sessions of one document share a socket of major 4', async () => {
  const server = await peerWith()
  const [, , major] = hocuspocusMajors
  const app = new HocuspocusApp(major!, `${server.url?.replace('http', 'ws') ?? ''}/hocuspocus`)
  opened.push({ close: () => app[Symbol.dispose]() })
  const [one, two] = [app.open('a', { sessionAwareness: true }), app.open('a', { sessionAwareness: true })]
  await eventually('both are synced', () => one.synced && two.synced)
  one.document.getText('text').insert(0, 'from one')
  await eventually('the other has it', () => text(two) === 'from one')
  expect(await server.read('a')).not.toBeNull()
})
