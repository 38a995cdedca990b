/** Bridges to y-webrtc rooms, as far as they need no page. */
import { fileURLToPath } from 'node:url'
import { openPeer } from '@knotwork/node-peer'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { PeerProcess } from './peer-process.ts'
import { TemporaryDirectory } from './temporary-directory.ts'
import { updateOf } from './yjs-updates.ts'

let directory: TemporaryDirectory

beforeAll(async () => {
  directory = await TemporaryDirectory.make()
})

afterAll(() => directory[Symbol.asyncDispose]())

it('a peer without the optional WebRTC says what it lacks, and works', async () => {
  const without = fileURLToPath(new URL('no-web-rtc.mjs', import.meta.url))
  await using peer = await PeerProcess.start(directory.at('without'), {
    args: ['--y-webrtc', 'a'],
    env: { NODE_OPTIONS: `--import ${without}` },
  })
  await peer.until(() => peer.lines.some((line) => /"room":"a","type":"failed","why":".*node-datachannel/u.test(line)))
  expect(peer.errors).toMatch(/no direct links.*node-datachannel/su)
  expect(JSON.parse(peer.lines[0] ?? '')).toMatchObject({ whyNotDirect: expect.stringMatching(/node-datachannel/u) })
  expect((await peer.ask('/v1/docs/a', { method: 'PATCH', body: updateOf('all the same') })).status).toBe(200)
  peer.kill('SIGTERM')
  expect(await peer.ended()).toBe(0)
})

it('two node peers meet in a room; one leaves, comes back, and takes nothing along', { timeout: 150_000 }, async () => {
  await using signalling = await openPeer({ storage: 'memory', listen: { port: 0 }, page: false })
  const signaling = [`${(signalling.url ?? '').replace('http', 'ws')}/signal`]
  await using a = await openPeer({ storage: 'memory' })
  await using b = await openPeer({ storage: 'memory' })
  const [ofA, ofB] = [a.open('room'), b.open('room')]
  const bridge = a.bridge({ room: 'room', password: 'x', signaling })
  const first = b.bridge({ room: 'room', password: 'x', signaling })
  ofA.doc.getText('body').insert(0, 'one')
  ofA.presence.setLocalState({ name: 'A' })
  const names = (): unknown[] => [...ofB.presence.getStates().values()].map((state) => state['name'])
  await expect.poll(() => ofB.doc.getText('body').toString(), { timeout: 45_000 }).toBe('one')
  await expect.poll(names, { timeout: 10_000 }).toEqual(['A'])
  expect(bridge.status.value).toMatchObject({ type: 'joined', linked: 1, isSignalling: true })
  await first.close()
  expect(first.status.value).toEqual({ type: 'left' })
  await expect.poll(names).toEqual([])
  ofA.doc.getText('body').insert(3, ' two')
  ofB.doc.getText('body').insert(0, 'zero ')
  const again = b.bridge({ room: 'room', password: 'x', signaling })
  await expect.poll(() => ofB.doc.getText('body').toString(), { timeout: 45_000 }).toBe('zero one two')
  await expect.poll(() => ofA.doc.getText('body').toString(), { timeout: 45_000 }).toBe('zero one two')
  await again.close()
})

it('a bridge is refused where it cannot work', async () => {
  await using silent = await openPeer({ storage: 'memory' })
  expect(() => silent.bridge({ room: 'a' })).toThrow(expect.objectContaining({ code: 'bad-address' }))
  await using peer = await openPeer({ storage: 'memory', listen: { port: 0 }, page: false })
  expect(() => peer.bridge({ room: '' })).toThrow(expect.objectContaining({ code: 'bad-name' }))
  const bridge = peer.bridge({ room: 'a' })
  expect(() => peer.bridge({ room: 'a' })).toThrow(expect.objectContaining({ code: 'in-use' }))
  await bridge.close()
  const again = peer.bridge({ room: 'a' })
  await expect.poll(() => again.status.value, { timeout: 20_000 }).toMatchObject({ isSignalling: true })
  await peer.close()
  expect(again.status.value).toEqual({ type: 'left' })
  expect(() => peer.bridge({ room: 'b' })).toThrow(expect.objectContaining({ code: 'closed' }))
})
