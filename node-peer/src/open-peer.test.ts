import { mkdir, mkdtemp, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { LeveldbPersistence } from 'y-leveldb'
import * as Y from 'yjs'
import type { NodePeer } from './node-peer.ts'
import { openPeer, type OpenPeerOptions } from './open-peer.ts'

let directory: string
let peers: NodePeer[]

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'knotwork-peer-'))
  peers = []
})

afterEach(async () => {
  await Promise.all(peers.map((peer) => peer.close()))
  await rm(directory, { recursive: true, force: true })
})

async function opened(options: OpenPeerOptions): Promise<NodePeer> {
  const peer = await openPeer(options)
  peers.push(peer)
  return peer
}

const listening: OpenPeerOptions = { storage: 'memory', listen: { port: 0 } }

describe('openPeer', () => {
  it('opens peers that find each other and edit together', async () => {
    const server = await opened(listening)
    const a = await opened({ storage: 'memory', connect: [server.url ?? ''] })
    const b = await opened({ storage: 'memory', connect: [server.addresses[0] ?? ''] })
    expect(a.url).toBeNull()
    const [ofA, ofB] = [a.open('notes/today'), b.open('notes/today')]
    ofA.doc.getText('body').insert(0, 'Hello')
    await expect.poll(() => ofB.doc.getText('body').toString()).toBe('Hello')
    await ofA.synced()
    expect(new Set(server.neighbours.value.map(({ id }) => id))).toEqual(new Set([a.id, b.id]))
  })

  it('keeps identity and documents in its data directory, which is for its owner only', async () => {
    const data = join(directory, 'deep', 'data')
    const first = await openPeer({ data })
    const note = first.open('a')
    note.doc.getText('body').insert(0, 'kept')
    await note.stored()
    await first.close()
    const second = await opened({ data })
    expect([second.id, second.data]).toEqual([first.id, data])
    expect((await stat(data)).mode & 0o077).toBe(0)
    const again = second.open('a')
    await again.loaded
    expect(again.doc.getText('body').toString()).toBe('kept')
    const names: string[] = []
    for await (const name of second.documents()) names.push(name)
    expect(names).toEqual(['a'])
  })

  it('adopts a directory that y-leveldb has written', async () => {
    const stock = new LeveldbPersistence(directory)
    const doc = new Y.Doc()
    doc.getText('body').insert(0, 'from before')
    await stock.storeUpdate('a', Y.encodeStateAsUpdate(doc))
    await stock.destroy()
    const peer = await opened({ data: directory })
    const note = peer.open('a')
    await note.loaded
    expect(note.doc.getText('body').toString()).toBe('from before')
  })

  it('refuses what is unsafe or impossible, and leaves nothing behind', async () => {
    const data = directory
    const refused = (options: OpenPeerOptions, code: string) =>
      expect(openPeer({ data, ...options })).rejects.toMatchObject({ name: 'KnotworkError', code })
    await refused({ listen: { host: '0.0.0.0', port: 0 } }, 'refused')
    await refused({ listen: true, token: '' }, 'refused')
    await refused({ connect: ['nonsense'] }, 'bad-address')
    await refused({ connect: ['gopher://host'], listen: { port: 0 } }, 'bad-address')
    await refused({ listen: { host: '192.0.2.1', port: 0 }, open: true }, 'bad-address')
    const holder = await opened({ data, listen: { port: 0 } })
    await refused({}, 'in-use')
    const { port } = new URL(holder.url ?? '')
    await refused({ storage: 'memory', listen: { port: Number(port) } }, 'in-use')
  })

  it('stops answering when it is closed, and can be closed twice', async () => {
    const peer = await openPeer(listening)
    const health = `${peer.url}/health`
    expect((await fetch(health)).status).toBe(200)
    await Promise.all([peer.close(), peer.close()])
    await expect(fetch(health)).rejects.toThrow('fetch failed')
    expect(() => peer.open('a')).toThrow(expect.objectContaining({ code: 'closed' }))
  })
})

describe('the page', () => {
  async function built(): Promise<string> {
    const page = join(directory, 'page')
    await mkdir(join(page, 'assets'), { recursive: true })
    await writeFile(join(page, 'index.html'), '<!doctype html><script type="module" src="./assets/app-1.js"></script>')
    await writeFile(join(page, 'assets', 'app-1.js'), 'export {}')
    await writeFile(join(page, 'manifest.webmanifest'), '{}')
    await writeFile(join(directory, 'secret'), 'not for you')
    return page
  }

  it('is served with a policy that allows nothing from elsewhere and no inline script', async () => {
    const { url } = await opened({ ...listening, page: await built() })
    const index = await fetch(`${url}/`)
    expect(index.headers.get('content-type')).toBe('text/html; charset=utf-8')
    expect(index.headers.get('content-security-policy')).toMatch(/^default-src 'self';(?!.*script-src)/u)
    expect(index.headers.get('cache-control')).toBe('no-cache')
    expect(await index.text()).toContain('app-1.js')
    const script = await fetch(`${url}/assets/app-1.js`)
    expect(script.headers.get('content-type')).toBe('text/javascript; charset=utf-8')
    expect(script.headers.get('cache-control')).toContain('immutable')
    const manifest = await fetch(`${url}/manifest.webmanifest?v=1`)
    expect(manifest.headers.get('content-type')).toBe('application/manifest+json')
    const etag = index.headers.get('etag') ?? ''
    expect((await fetch(`${url}/`, { headers: { 'if-none-match': etag } })).status).toBe(304)
    expect((await fetch(`${url}/`, { method: 'HEAD' })).status).toBe(200)
  })

  it('is nothing but its own files', async () => {
    const { url } = await opened({ ...listening, page: await built() })
    const paths = [
      '/nothing',
      '/assets',
      '/assets/',
      '/%2e%2e/secret',
      '/..%2fsecret',
      '/assets/..%2f..%2fsecret',
      '/%00',
    ]
    const statuses = await Promise.all(paths.map(async (path) => (await fetch(`${url}${path}`)).status))
    expect(statuses).toEqual(paths.map(() => 404))
  })

  it('says how it is built when it is missing, and is not there when it is not wanted', async () => {
    const missing = await opened({ ...listening, page: join(directory, 'none') })
    const text = await (await fetch(missing.url ?? '')).text()
    expect(text).toContain('npm run build:page')
    const unwanted = await opened({ ...listening, page: false })
    expect((await fetch(unwanted.url ?? '')).status).toBe(404)
  })
})
