/** What documents were before, over HTTP. */
import { openPeer, type NodePeer } from '@knotwork/node-peer'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { eventually } from './eventually.ts'
import { TemporaryDirectory } from './temporary-directory.ts'
import { bodyOf } from './yjs-updates.ts'

let directory: TemporaryDirectory

beforeEach(async () => {
  directory = await TemporaryDirectory.make()
})

afterEach(() => directory[Symbol.asyncDispose]())

interface Asked {
  readonly method?: string
  readonly json?: unknown
  readonly accept?: string
}

async function ask(url: string | null, path: string, { method = 'GET', json, accept }: Asked = {}): Promise<Response> {
  const headers: Record<string, string> = {
    ...(accept === undefined ? {} : { accept }),
    ...(json === undefined ? {} : { 'content-type': 'application/json' }),
  }
  return fetch(`${url ?? ''}/v1/docs${path}`, {
    method,
    headers,
    ...(json === undefined ? {} : { body: JSON.stringify(json) }),
  })
}

const put = (url: string | null, body: string): Promise<Response> => ask(url, '/a', { method: 'PUT', json: { body } })

async function bodyAt({ url }: NodePeer): Promise<unknown> {
  return ((await (await ask(url, '/a')).json()) as { body?: unknown }).body
}

describe('versions over HTTP', () => {
  let peer: NodePeer
  let other: NodePeer

  beforeEach(async () => {
    peer = await openPeer({ data: directory.at('a'), listen: { port: 0 }, page: false, direct: false })
    const connect = peer.addresses
    other = await openPeer({ storage: 'memory', connect, listen: { port: 0 }, page: false, direct: false })
  })

  afterEach(async () => {
    await Promise.all([peer.close(), other.close()])
  })

  it('[HI4] [HI5] are named, seen by another peer, read in three forms, compared, restored and taken away', async () => {
    await put(peer.url, 'first\nand last')
    const made = await ask(peer.url, '/a/versions', { method: 'POST', json: { name: 'one' } })
    const version = (await made.json()) as { id: string; by: string }
    expect([made.status, made.headers.get('location')]).toEqual([201, `/v1/docs/a/versions/${version.id}`])
    expect(version).toMatchObject({ name: 'one', by: peer.id })
    await put(peer.url, 'second\nand last')
    await eventually('the other peer knows it', async () => {
      const answer = await ask(other.url, '/a/versions')
      return answer.ok && ((await answer.json()) as { named: unknown[] }).named.length === 1
    })
    expect(await (await ask(other.url, '/a/versions')).json()).toMatchObject({ named: [version] })
    const at = `/a/versions/${version.id}`
    expect(await (await ask(other.url, at)).json()).toEqual({ body: 'first\nand last' })
    expect(await (await ask(other.url, `${at}?name=body`, { accept: 'text/plain' })).text()).toBe('first\nand last')
    const update = await ask(other.url, '/a/versions/one', { accept: 'application/vnd.yjs.update' })
    expect(bodyOf(new Uint8Array(await update.arrayBuffer()))).toBe('first\nand last')
    const { roots } = (await (await ask(other.url, `${at}/diff`)).json()) as { roots: Record<string, unknown> }
    expect(Object.keys(roots)).toEqual(['body'])
    expect(await (await ask(other.url, `${at}/diff?to=one`)).json()).toEqual({ roots: {} })
    const restored = await ask(other.url, `${at}/restore`, { method: 'POST' })
    expect(await restored.json()).toEqual({ outcome: 'stored' })
    expect(await (await ask(other.url, `${at}/restore`, { method: 'POST' })).json()).toEqual({ outcome: 'known' })
    await eventually('it is restored everywhere', async () => (await bodyAt(peer)) === 'first\nand last')
    expect((await ask(other.url, at, { method: 'DELETE' })).status).toBe(204)
    await eventually('nobody has it', async () => (await ask(peer.url, at)).status === 404)
  })

  it('[HI3] list sessions, and any moment is a version', async () => {
    await put(peer.url, 'first')
    const list = (await (await ask(peer.url, '/a/versions')).json()) as { sessions: { id: string }[] }
    expect(list).toMatchObject({ retention: { days: 30 }, named: [], isDamaged: false, sessions: [{ edits: 1 }] })
    const id = list.sessions[0]?.id ?? ''
    expect(await (await ask(peer.url, `/a/versions/${id}`)).json()).toEqual({ body: 'first' })
    expect(await (await ask(peer.url, '/a/versions/2200-01-01')).json()).toEqual({ body: 'first' })
    expect(await (await ask(peer.url, '/a/versions/2001-01-01')).json()).toMatchObject({ code: 'no-version' })
  })

  it('[HI5] a deleted document comes back', async () => {
    await put(peer.url, 'first')
    await ask(peer.url, '/a/versions', { method: 'POST', json: { name: 'one' } })
    expect((await ask(peer.url, '/a', { method: 'DELETE' })).status).toBe(204)
    expect((await ask(peer.url, '/a')).status).toBe(404)
    expect((await ask(peer.url, '/a/versions/one/restore', { method: 'POST' })).status).toBe(200)
    expect(await (await ask(peer.url, '/a')).json()).toEqual({ body: 'first' })
  })

  it('[HI2] how long is set by document', async () => {
    await put(peer.url, 'first')
    for (const retention of ['none', 'all', { days: 7 }]) {
      expect((await ask(peer.url, '/a/retention', { method: 'PUT', json: { retention } })).status).toBe(204)
      expect(await (await ask(peer.url, '/a/versions')).json()).toMatchObject({ retention })
    }
    const answer = await ask(peer.url, '/a/retention', { method: 'PUT', json: { retention: { days: 0 } } })
    expect(await answer.json()).toMatchObject({ status: 400, code: 'bad-json' })
  })

  it('tells what is wrong as a problem', async () => {
    await put(peer.url, 'first')
    const answers: readonly (readonly [string, Asked, number, string])[] = [
      ['/nothing/versions', {}, 404, 'not-found'],
      ['/nothing/versions', { method: 'POST', json: { name: 'one' } }, 404, 'not-found'],
      ['/nothing/retention', { method: 'PUT', json: { retention: 'all' } }, 404, 'not-found'],
      ['/nothing/purge', { method: 'POST' }, 404, 'not-found'],
      ['/a/versions', { method: 'POST', json: { name: ' ' } }, 400, 'bad-name'],
      ['/a/versions', { method: 'POST', json: {} }, 400, 'bad-json'],
      ['/a/versions/nothing', {}, 404, 'no-version'],
      ['/a/versions/nothing', { method: 'DELETE' }, 404, 'no-version'],
      ['/a/versions/nothing/diff', {}, 404, 'no-version'],
      ['/a/versions/nothing/restore', { method: 'POST' }, 404, 'no-version'],
      ['/a/versions/2200-01-01', { accept: 'text/plain' }, 400, 'root-missing'],
      ['/a/versions/2200-01-01', { accept: 'text/html' }, 406, 'not-acceptable'],
      ['/a/versions', { method: 'PATCH' }, 405, 'method-not-allowed'],
    ]
    for (const [path, asked, status, code] of answers) {
      const answer = await ask(peer.url, path, asked)
      expect([path, answer.headers.get('content-type')]).toEqual([path, 'application/problem+json'])
      expect(await answer.json()).toMatchObject({ status, code })
    }
    expect(await (await ask(other.url, '/a/purge', { method: 'POST' })).json()).toMatchObject({ code: 'in-memory' })
  })
})
