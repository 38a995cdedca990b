import { once } from 'node:events'
import { request, type IncomingMessage } from 'node:http'
import { setTimeout as delay } from 'node:timers/promises'
import { limits } from '@knotwork/core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import * as Y from 'yjs'
import { PeerProcess } from './peer-process.ts'
import { TemporaryDirectory } from './temporary-directory.ts'
import { bodyOf, keystrokes, updateOf } from './yjs-updates.ts'

let directory: TemporaryDirectory
let peer: PeerProcess

beforeAll(async () => {
  directory = await TemporaryDirectory.make()
  peer = await PeerProcess.start(directory.path)
})

afterAll(async () => {
  await peer[Symbol.asyncDispose]()
  await directory[Symbol.asyncDispose]()
})

const asUpdate = { headers: { accept: 'application/vnd.yjs.update' } }

/** Those a URL parser leaves alone are addressed by path, all of them by query. */
const oddNames = [
  'notes/today',
  '..',
  '.',
  '../..',
  'a/../b',
  '__proto__',
  'constructor',
  '%2F',
  '100%',
  '%',
  '/',
  '//a//',
  'a?b&c=d#e',
  'a b+c',
  'rööm/1',
  '文書',
  '👩‍👩‍👧',
  '\n',
  '\\',
]

describe('health', () => {
  it('[RE1] tells under /v1 who it is and whom it knows, and nobody from elsewhere', async () => {
    const self = await peer.ask('/v1/self')
    expect([self.status, self.headers['cache-control']]).toEqual([200, 'no-store'])
    const documentsInMemory = expect.any(Number) as number
    expect(self.json()).toMatchObject({ id: peer.id, keeps: true, durability: 'disk', documentsInMemory })
    expect((await peer.ask('/v1/peers')).json()).toEqual({ peers: [] })
    const alone = { peers: [{ id: peer.id, keeps: true, isSelf: true }], links: [] }
    expect((await peer.ask('/v1/network')).json()).toEqual(alone)
    for (const target of ['/v1/self', '/v1/peers', '/v1/network', '/v1/events', '/v1/openapi.json', '/v1/docs']) {
      const foreign = await peer.ask(target, { headers: { origin: 'https://elsewhere.example' } })
      expect(foreign.status).toBe(403)
    }
  })

  it('answers /health and /ready, under any host name', async () => {
    expect(await peer.ask('/health')).toMatchObject({ status: 200, text: '{"status":"ok"}' })
    expect(await peer.ask('/ready', { headers: { host: 'some.where' } })).toMatchObject({
      status: 200,
      text: '{"status":"ready"}',
    })
  })
})

describe('[WI9] documents by name', () => {
  it.each(oddNames)('%j is a name like any other, in the path', async (name) => {
    const target = `/v1/docs/${encodeURIComponent(name)}`
    expect((await peer.ask(target)).status).toBe(404)
    const merged = await peer.ask(target, { method: 'PATCH', body: updateOf(name) })
    expect(merged).toMatchObject({ status: 200, text: '{"outcome":"stored"}' })
    expect((await peer.ask(target)).json()).toEqual({ body: name })
    expect(await peer.ask(`${target}?name=body`, { headers: { accept: 'text/plain' } })).toMatchObject({ text: name })
    expect(bodyOf((await peer.ask(target, asUpdate)).bytes)).toBe(name)
    expect((await peer.ask(`/v1/docs?doc=${encodeURIComponent(name)}`)).json()).toEqual({ body: name })
  })

  it.each([
    ['/v1/docs/..', '..'],
    ['/v1/docs/../..', '../..'],
    ['/v1/docs/a/../b', 'a/../b'],
    ['/v1/docs/100%', '100%'],
    ['/v1/docs/%', '%'],
    ['/v1/docs//', '/'],
  ])('%s, sent as it is, means %j', async (target, name) => {
    expect((await peer.ask(target)).json()).toEqual({ body: name })
  })

  it('has names of up to the limit, and no longer ones', async () => {
    const [longest, tooLong] = [limits.documentNameBytesMax, limits.documentNameBytesMax + 1].map((n) => 'x'.repeat(n))
    expect((await peer.ask(`/v1/docs/${longest}`, { method: 'PATCH', body: updateOf('long') })).status).toBe(200)
    expect((await peer.ask(`/v1/docs/${longest}`)).json()).toEqual({ body: 'long' })
    expect((await peer.ask(`/v1/docs/${tooLong}`)).json()).toMatchObject({ status: 400, code: 'bad-name' })
  })

  it('/v1/docs?doc= names none', async () => {
    const answer = await peer.ask('/v1/docs?doc=')
    expect(answer).toMatchObject({ status: 400, headers: { 'content-type': 'application/problem+json' } })
    expect(answer.json()).toMatchObject({ status: 400, code: 'bad-name' })
  })
})

describe('reading', () => {
  it('shows all roots, and values that JSON does not know', async () => {
    const doc = new Y.Doc()
    doc.getMap('settings').set('dark', true)
    doc.getMap('settings').set('big', 2n ** 60n)
    doc.getMap('settings').set('bytes', Uint8Array.of(1, 2, 3))
    doc.getArray('list').push([1, { two: null }])
    doc.getText('body').insert(0, 'text')
    await peer.ask('/v1/docs/roots', { method: 'PATCH', body: Y.encodeStateAsUpdate(doc) })
    expect((await peer.ask('/v1/docs/roots')).json()).toEqual({
      settings: { dark: true, big: String(2n ** 60n), bytes: 'AQID' },
      list: [1, { two: null }],
      body: 'text',
    })
    expect(await peer.ask('/v1/docs/roots?name=body', { headers: { accept: 'text/plain' } })).toMatchObject({
      text: 'text',
      headers: { 'content-type': 'text/plain; charset=utf-8', 'x-content-type-options': 'nosniff' },
    })
    expect((await peer.ask('/v1/docs/roots', { headers: { accept: 'text/plain' } })).json()).toMatchObject({
      code: 'root-missing',
    })
    expect((await peer.ask('/v1/docs/roots', { headers: { accept: 'text/html' } })).json()).toMatchObject({
      status: 406,
      code: 'not-acceptable',
    })
    expect((await peer.ask('/v1/docs/roots', { method: 'HEAD' })).status).toBe(200)
  })

  it('does not make a document by asking for one', async () => {
    expect((await peer.ask('/v1/docs/never')).json()).toMatchObject({ status: 404, code: 'not-found' })
    expect((await peer.ask('/v1/docs/never')).status).toBe(404)
  })
})

describe('merging', () => {
  it('knows an update it has', async () => {
    const update = updateOf('once')
    expect((await peer.ask('/v1/docs/twice', { method: 'PATCH', body: update })).json()).toEqual({ outcome: 'stored' })
    expect((await peer.ask('/v1/docs/twice', { method: 'PATCH', body: update })).json()).toEqual({ outcome: 'known' })
  })

  it('applies nothing of what is no update', async () => {
    const update = updateOf('as it was')
    await peer.ask('/v1/docs/whole', { method: 'PATCH', body: update })
    const before = await peer.ask('/v1/docs/whole', asUpdate)
    const garbage = [new Uint8Array(), Uint8Array.of(1), new Uint8Array(100).fill(255), update.subarray(0, -3), 'text']
    for (const body of garbage) {
      const answer = await peer.ask('/v1/docs/whole', { method: 'PATCH', body })
      expect(answer.json()).toMatchObject({ status: 422, code: 'refused' })
    }
    expect((await peer.ask('/v1/docs/whole', asUpdate)).bytes).toEqual(before.bytes)
    expect((await peer.ask('/v1/docs/fresh', { method: 'PATCH', body: 'garbage' })).status).toBe(422)
    expect((await peer.ask('/v1/docs/fresh')).status).toBe(404)
  })

  it('says when an update builds on one that is missing, and takes it afterwards', async () => {
    const [first = '', second = ''] = keystrokes('ab')
    const waiting = await peer.ask('/v1/docs/gap', { method: 'PATCH', body: second })
    expect(waiting.json()).toMatchObject({ status: 409, code: 'waiting' })
    expect((await peer.ask('/v1/docs/gap')).status).toBe(404)
    expect((await peer.ask('/v1/docs/gap', { method: 'PATCH', body: first })).status).toBe(200)
    expect((await peer.ask('/v1/docs/gap', { method: 'PATCH', body: second })).status).toBe(200)
    expect((await peer.ask('/v1/docs/gap')).json()).toEqual({ body: 'ab' })
  })

  it('refuses a body above the limit, whether or not its length was told', async () => {
    const body = new Uint8Array(limits.messageBytesMax + 1)
    const told = await peer.ask('/v1/docs/big', { method: 'PATCH', body })
    expect(told.json()).toMatchObject({ status: 413, code: 'too-large' })
    const headers = { 'transfer-encoding': 'chunked' }
    const untold = await peer.ask('/v1/docs/big', { method: 'PATCH', body, headers })
    expect(untold.json()).toMatchObject({ status: 413, code: 'too-large' })
    expect((await peer.ask('/v1/docs/big')).status).toBe(404)
  })

  it('says so when all was sent: who is cut off while sending may never read the answer', async () => {
    const { hostname, port } = new URL(peer.url)
    const asking = request({ hostname, port, path: '/v1/docs/big', method: 'PATCH', agent: false })
    asking.setHeader('content-length', limits.messageBytesMax + 2)
    const answered = once(asking, 'response') as Promise<[IncomingMessage]>
    let isAnswered = false
    void answered.then(() => (isAnswered = true))
    asking.write(new Uint8Array(limits.messageBytesMax))
    await delay(300)
    expect(isAnswered).toBe(false)
    asking.end(new Uint8Array(2))
    const [{ statusCode }] = await answered
    expect(statusCode).toBe(413)
  })

  it('tells why also those who send a lot to where nothing takes it', async () => {
    const body = new Uint8Array(limits.messageBytesMax)
    const answers = await Promise.all([
      peer.ask('/nothing', { method: 'PATCH', body }),
      peer.ask('/v1/docs/some', { method: 'POST', body }),
      peer.ask('/v1/docs/%ff', { method: 'PATCH', body, headers: { host: 'some.where' } }),
    ])
    expect(answers.map(({ status }) => status)).toEqual([404, 405, 403])
  })

  it('takes an update of 5 MB', async () => {
    const text = 'a line of some length, over and over\n'.repeat(140_000)
    const merged = await peer.ask('/v1/docs/long', { method: 'PATCH', body: updateOf(text) })
    expect(merged.text).toBe('{"outcome":"stored"}')
    const read = await peer.ask('/v1/docs/long?name=body', { headers: { accept: 'text/plain' } })
    expect(read.text).toBe(text)
  })

  it('knows no other methods', async () => {
    const answer = await peer.ask('/v1/docs/a', { method: 'POST' })
    expect(answer).toMatchObject({ status: 405, headers: { allow: 'GET, HEAD, PATCH, PUT, DELETE, OPTIONS' } })
    expect(answer.json()).toMatchObject({ code: 'method-not-allowed' })
  })
})

describe('everything else', () => {
  it('is nothing, whatever the path tries', async () => {
    const targets = [
      '/nothing',
      '/../package.json',
      '/%2e%2e/package.json',
      '/..%2fpackage.json',
      '/v1',
      '/.git/config',
    ]
    const answers = await Promise.all(targets.map((target) => peer.ask(target)))
    expect(answers.map(({ status }) => status)).toEqual(targets.map(() => 404))
    expect((await peer.ask('/', { method: 'POST' })).status).toBe(404)
  })
})
