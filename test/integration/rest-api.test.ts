/** The routes below /v1 against peers with real storage and sockets, by the typed client where it fits. */
import { openPeer, type NodePeer, type RestApi } from '@knotwork/node-peer'
import { hc } from 'hono/client'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import WebSocket from 'ws'
import { WebsocketProvider } from 'y-websocket-3'
import * as Y from 'yjs'
import { EventReader } from './event-source.ts'
import { eventually } from './eventually.ts'
import { TemporaryDirectory } from './temporary-directory.ts'
import { bodyOf, updateOf } from './yjs-updates.ts'

const updateType = 'application/vnd.yjs.update'
let directory: TemporaryDirectory
let peer: NodePeer
let others: NodePeer[]

beforeEach(async () => {
  directory = await TemporaryDirectory.make()
  peer = await openPeer({ data: directory.at('a'), listen: { port: 0 }, page: false, direct: false })
  others = []
})

afterEach(async () => {
  await Promise.all([peer, ...others].map((each) => each.close()))
  await directory[Symbol.asyncDispose]()
})

const at = (path: string): string => `${peer.url ?? ''}${path}`

function ask(name: string, init: RequestInit = {}, query = ''): Promise<Response> {
  return fetch(at(`/v1/docs/${encodeURIComponent(name)}${query}`), init)
}

async function put(name: string, body: unknown, headers: Record<string, string> = {}): Promise<Response> {
  const sent = { 'content-type': 'application/json', ...headers }
  return ask(name, { method: 'PUT', body: JSON.stringify(body), headers: sent })
}

async function patch(name: string, update: Uint8Array, headers: Record<string, string> = {}): Promise<Response> {
  return ask(name, { method: 'PATCH', body: new Uint8Array(update), headers })
}

async function bytes(answer: Response): Promise<Uint8Array> {
  return new Uint8Array(await answer.arrayBuffer())
}

describe('documents', () => {
  it('[RE2] are listed page by page, made, and found again with the typed client', async () => {
    const client = hc<RestApi>(peer.url ?? '')
    const made = await client.v1.docs.$post({ json: { content: { body: 'made here' } } })
    const { name } = await made.json()
    expect([made.status, made.headers.get('location')]).toEqual([201, `/v1/docs/${name}`])
    for (const each of ['notes/a', 'notes/b', 'notes/c']) await put(each, { body: each })
    const first = await (await client.v1.docs.$get({ query: { prefix: 'notes/', limit: '2' } })).json()
    expect(first.documents.map((each) => each.name)).toEqual(['notes/a', 'notes/b'])
    const { next } = first
    const rest = await client.v1.docs.$get({ query: { prefix: 'notes/', limit: '2', after: next ?? '' } })
    expect(await rest.json()).toMatchObject({
      documents: [{ name: 'notes/c', deleted: false, bytes: expect.any(Number) as number }],
      next: null,
    })
    const read = await client.v1.docs[':name'].$get({ param: { name }, query: {} })
    expect(await read.json()).toEqual({ body: 'made here' })
    expect((await (await client.v1.self.$get()).json()).id).toBe(peer.id)
    expect(await (await client.v1.docs.$get({ query: { limit: '0' } })).json()).toMatchObject({ code: 'bad-query' })
    const again = await fetch(at('/v1/docs'), {
      method: 'POST',
      body: JSON.stringify({ name, content: { body: 'x' } }),
    })
    expect(await again.json()).toMatchObject({ status: 409, code: 'exists' })
    for (const [body, code] of [
      ['{', 'bad-json'],
      ['{"content":1}', 'bad-json'],
      ['{"content":{}}', 'empty'],
    ] as const) {
      expect(await (await fetch(at('/v1/docs'), { method: 'POST', body })).json()).toMatchObject({ code })
    }
  })

  it('[RE3] have a tag that is the same on every peer, by which nobody reads twice or writes over the unseen', async () => {
    const other = await openPeer({
      data: directory.at('b'),
      listen: { port: 0 },
      connect: [peer.url ?? ''],
      page: false,
    })
    others.push(other)
    await put('tagged', { body: 'one' })
    const tag = (await ask('tagged')).headers.get('etag') ?? ''
    expect(tag).toMatch(/^"[0-9a-f]{16}-json"$/u)
    const unchanged = await ask('tagged', { headers: { 'if-none-match': `W/"x", ${tag}` } })
    expect([unchanged.status, await unchanged.text()]).toEqual([304, ''])
    expect((await ask('tagged', { headers: { 'if-none-match': tag, accept: updateType } })).status).toBe(200)
    await eventually('the other peer has the same state', async () => {
      return (await fetch(`${other.url ?? ''}/v1/docs/tagged`)).headers.get('etag') === tag
    })
    expect((await put('tagged', { body: 'two' }, { 'if-match': tag })).status).toBe(200)
    expect((await ask('tagged', { headers: { 'if-none-match': tag } })).status).toBe(200)
    for (const late of [
      await put('tagged', { body: 'three' }, { 'if-match': tag }),
      await patch('tagged', updateOf('x'), { 'if-match': tag }),
      await ask('tagged', { method: 'DELETE', headers: { 'if-match': tag } }),
    ]) {
      expect(await late.json()).toMatchObject({ status: 412, code: 'changed' })
    }
    expect(await (await put('tagged', { body: 'new' }, { 'if-none-match': '*' })).json()).toMatchObject({
      code: 'exists',
    })
    expect(await (await ask('tagged')).json()).toEqual({ body: 'two' })
  })

  it('[RE3] come as the difference from a state vector', async () => {
    const doc = new Y.Doc()
    doc.getText('body').insert(0, 'x'.repeat(5_000))
    await patch('long', Y.encodeStateAsUpdate(doc))
    const vector = Buffer.from(Y.encodeStateVector(doc)).toString('base64url')
    await put('long', { body: `${'x'.repeat(5_000)} and more` })
    const answer = await ask('long', { headers: { accept: updateType } }, `?sv=${vector}`)
    const difference = await bytes(answer)
    expect(difference.byteLength).toBeLessThan(100)
    Y.applyUpdate(doc, difference)
    expect(doc.getText('body').toString()).toBe(`${'x'.repeat(5_000)} and more`)
    const bad = await ask('long', { headers: { accept: updateType } }, '?sv=____')
    expect(await bad.json()).toMatchObject({ status: 400, code: 'bad-state-vector' })
  })

  it('[RE4] are imported by the least change: a caret of somebody who has it open stays where it is', async () => {
    const shared = peer.open('essay')
    await shared.loaded
    const text = shared.doc.getText('body')
    const lines = Array.from({ length: 50 }, (_, line) => `line ${line}\n`)
    text.insert(0, lines.join(''))
    await shared.stored()
    const caret = Y.createRelativePositionFromTypeIndex(text, text.toString().indexOf('line 30'))
    const imported = lines.with(10, 'line 10, but better\n').with(40, '').join('')
    const headers = { 'content-type': 'text/plain; charset=utf-8' }
    expect((await ask('essay', { method: 'PUT', body: imported, headers }, '?name=body')).status).toBe(200)
    await eventually('it is imported', () => text.toString() === imported)
    const place = Y.createAbsolutePositionFromRelativePosition(caret, shared.doc)
    expect(place?.index).toBe(imported.indexOf('line 30'))
    const same = await put('essay', { body: imported })
    expect(await same.json()).toEqual({ outcome: 'known' })
    for (const [body, type, code] of [
      ['{"body":[]}', 'application/json', 'misfit'],
      ['[]', 'application/json', 'bad-json'],
      ['x', 'text/plain', 'root-missing'],
      ['x', 'text/html', 'unsupported'],
    ] as const) {
      const answer = await ask('essay', { method: 'PUT', body, headers: { 'content-type': type } })
      expect(await answer.json()).toMatchObject({ code })
    }
  })

  it('[RE5] are deleted on all peers, and that is told apart from never having been', async () => {
    const other = await openPeer({
      data: directory.at('b'),
      listen: { port: 0 },
      connect: [peer.url ?? ''],
      page: false,
    })
    others.push(other)
    await put('doomed', { body: 'text', list: [1, { two: 3 }] })
    await eventually('it is on both', async () => (await fetch(`${other.url ?? ''}/v1/docs/doomed`)).status === 200)
    const held = new Y.Doc()
    Y.applyUpdate(held, await bytes(await ask('doomed', { headers: { accept: updateType } })))
    expect((await ask('doomed', { method: 'DELETE' })).status).toBe(204)
    expect(await (await ask('doomed')).json()).toMatchObject({ status: 404, code: 'doc-deleted' })
    expect(await (await ask('doomed', { method: 'DELETE' })).json()).toMatchObject({ code: 'doc-deleted' })
    expect(await (await ask('never', { method: 'DELETE' })).json()).toMatchObject({ code: 'not-found' })
    await eventually('it is deleted on the other', async () => {
      const told = (await (await fetch(`${other.url ?? ''}/v1/docs/doomed`)).json()) as { code?: string }
      return told.code === 'doc-deleted'
    })
    const listed = (await (await fetch(at('/v1/docs'))).json()) as { documents: object[] }
    expect(listed.documents).toMatchObject([{ name: 'doomed', deleted: true }])
    // Who holds a replica asks for the difference, and hears of it; who comes with the old state brings nothing back.
    const before = Y.encodeStateAsUpdate(held)
    const vector = Buffer.from(Y.encodeStateVector(held)).toString('base64url')
    Y.applyUpdate(held, await bytes(await ask('doomed', { headers: { accept: updateType } }, `?sv=${vector}`)))
    expect(held.getText('body').toString()).toBe('')
    expect(await (await patch('doomed', before)).json()).toEqual({ outcome: 'known' })
    expect((await ask('doomed')).status).toBe(404)
    expect((await put('doomed', { body: 'again' })).status).toBe(200)
    expect(await (await ask('doomed')).json()).toMatchObject({ body: 'again' })
  })
})

describe('events', () => {
  it('[RE6] of a document go on where their reader stopped, also after a restart', async () => {
    const doc = new Y.Doc()
    const following = (id?: string): EventReader =>
      new EventReader(at('/v1/docs/followed/events'), id === undefined ? {} : { 'last-event-id': id })
    const take = (reader: EventReader): void => {
      for (const { data } of reader.of('update')) Y.applyUpdate(doc, Buffer.from(JSON.parse(data) as string, 'base64'))
    }
    const text = (): string => doc.getText('body').toString()
    await put('followed', { body: 'one' })
    let last: string
    {
      using reader = following()
      await eventually('the beginning is there', () => reader.of('synced').length === 1)
      take(reader)
      expect(text()).toBe('one')
      await put('followed', { body: 'one two' })
      await eventually('the edit is there', () => (take(reader), text() === 'one two'))
      last = reader.events.at(-1)?.id ?? ''
    }
    await put('followed', { body: 'one two three' })
    await peer.close()
    peer = await openPeer({ data: directory.at('a'), listen: { port: 0 }, page: false, direct: false })
    using reader = following(last)
    await eventually('what was missed is there', () => reader.of('synced').length === 1)
    expect(reader.of('update')).toHaveLength(1)
    take(reader)
    expect(text()).toBe('one two three')
    expect(Buffer.from(JSON.parse(reader.of('update')[0]!.data) as string, 'base64').byteLength).toBeLessThan(60)
    using current = following(reader.events.at(-1)?.id)
    await eventually('nothing is missing', () => current.of('synced').length === 1)
    expect(current.of('update')).toEqual([])
    const bad = await fetch(at('/v1/docs/followed/events?since=____'))
    expect(await bad.json()).toMatchObject({ status: 400, code: 'bad-event-id' })
  })

  it('[RE6] of a document tell of nothing that is not stored', async () => {
    using reader = new EventReader(at('/v1/docs/told/events'))
    await eventually('it is open', () => reader.of('synced').length === 1)
    const shared = peer.open('told')
    shared.doc.getText('body').insert(0, 'typed here')
    await eventually('the edit is told', () => reader.of('update').length === 1)
    const [event] = reader.of('update')
    expect(bodyOf(Buffer.from(JSON.parse(event!.data) as string, 'base64'))).toBe('typed here')
    expect(bodyOf((await peer.read('told'))!)).toBe('typed here')
  })

  it('[RE7] of a peer: who is linked, what has changed, and what a reader missed', async () => {
    using reader = new EventReader(at('/v1/events'))
    await eventually('it tells who is there', () => reader.of('neighbours').length === 1)
    await put('some', { body: 'x' })
    await eventually('it tells what changed', () => reader.of('documents').length === 1)
    expect(JSON.parse(reader.of('documents')[0]!.data)).toEqual({ changed: ['some'] })
    const last = reader.events.at(-1)!.id
    const other = await openPeer({ storage: 'memory', connect: [peer.url ?? ''], direct: false })
    others.push(other)
    await eventually('the link is told', () => reader.events.at(-1)!.data.includes(`"id":"${other.id}"`))
    using late = new EventReader(at('/v1/events'), { 'last-event-id': last })
    await eventually('what was missed is told', () =>
      late.events.some(({ data }) => data.includes(`"id":"${other.id}"`)),
    )
    expect(late.of('documents').filter(({ data }) => data.includes('some'))).toEqual([])
    using stranger = new EventReader(at('/v1/events'), { 'last-event-id': 'of-another-run.7' })
    await eventually('that much is unknown is told', () => stranger.of('reset').length === 1)
  })
})

it('[HK7] webhooks of a peer that could not be sent are listed, without secrets, and kept over a restart', async () => {
  await peer.close()
  const secret = `whsec_${Buffer.alloc(24, 1).toString('base64')}`
  const webhooks = [{ url: 'http://127.0.0.1:9/hook?key=secret', secret }]
  const options = { data: directory.at('a'), listen: { port: 0 }, page: false, direct: false, webhooks } as const
  peer = await openPeer(options)
  await put('told', { body: 'x' })
  const listed = async (): Promise<readonly { document: string; attempts: number; url: string }[]> => {
    const { waiting } = (await (await fetch(at('/v1/webhooks'))).json()) as { waiting: [] }
    return waiting
  }
  await eventually('it was tried', async () => ((await listed())[0]?.attempts ?? 0) > 0)
  expect((await listed())[0]).toMatchObject({ document: 'told', url: 'http://127.0.0.1:9/hook' })
  await peer.close()
  peer = await openPeer(options)
  expect((await listed()).map(({ document }) => document)).toEqual(['told'])
  const revived = await fetch(at('/v1/webhooks/revive'), { method: 'POST' })
  expect(await revived.json()).toEqual({ revived: 0 })
})

it('[RE4] two editors over PATCH and one over a WebSocket make one text', async () => {
  const provider = new WebsocketProvider(`${peer.url?.replace('http', 'ws') ?? ''}/yjs`, 'together', new Y.Doc(), {
    WebSocketPolyfill: WebSocket as never,
    disableBc: true,
  })
  try {
    await eventually('the client is there', () => provider.synced)
    const editors = ['ada', 'bob'].map((name) => ({ name, doc: new Y.Doc() }))
    for (let round = 0; round < 10; round++) {
      provider.doc.getText('body').insert(0, `ws${round} `)
      await Promise.all(
        editors.map(async ({ name, doc }) => {
          doc.getText('body').insert(doc.getText('body').length, `${name}${round} `)
          expect((await patch('together', Y.encodeStateAsUpdate(doc))).status).toBe(200)
          const vector = Buffer.from(Y.encodeStateVector(doc)).toString('base64url')
          const answer = await ask('together', { headers: { accept: updateType } }, `?sv=${vector}`)
          Y.applyUpdate(doc, await bytes(answer))
        }),
      )
    }
    await eventually('all have the same', async () => {
      for (const { doc } of editors) {
        const answer = await ask('together', { headers: { accept: updateType } })
        Y.applyUpdate(doc, await bytes(answer))
      }
      const texts = [provider.doc, ...editors.map(({ doc }) => doc)].map((doc) => doc.getText('body').toString())
      return new Set(texts).size === 1 && texts[0]!.trim().split(' ').length === 30
    })
    const words = provider.doc.getText('body').toString().trim().split(' ')
    const all = ['ws', 'ada', 'bob'].flatMap((name) => Array.from({ length: 10 }, (_, round) => `${name}${round}`))
    expect(words.toSorted()).toEqual(all.toSorted())
  } finally {
    provider.destroy()
  }
})
