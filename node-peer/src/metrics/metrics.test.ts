import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { WebSocket } from 'ws'
import * as Y from 'yjs'
import { openPeer, type OpenPeerOptions } from '../open-peer.ts'
import type { NodePeer } from '../node-peer.ts'

let directory: string

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'knotwork-metrics-'))
})

afterAll(() => rm(directory, { recursive: true, force: true }))

const open = (options: OpenPeerOptions): Promise<NodePeer> =>
  openPeer({ listen: { port: 0 }, page: false, direct: false, ...options })

async function metricsOf({ url }: NodePeer): Promise<string> {
  return (await fetch(new URL('/metrics', url ?? ''))).text()
}

/** The value of one line; NaN where there is none. */
async function metric(peer: NodePeer, line: string): Promise<number> {
  const found = (await metricsOf(peer)).split('\n').find((each) => each.startsWith(`${line} `))
  return Number(found?.slice(line.length + 1))
}

describe('/metrics', () => {
  it('[RE8] counts links, bytes, updates and documents as they are, and names none', async () => {
    await using kept = await open({ data: directory })
    expect(await metric(kept, 'knotwork_received_bytes_total{kind="peer",transport="websocket"}')).toBe(0)
    const name = 'secret-name/of a document'
    expect(await metric(kept, 'knotwork_documents_stored')).toBe(0)
    {
      await using guest = await open({ storage: 'memory', listen: false, connect: [kept.addresses[0] ?? ''] })
      using document = guest.open(name)
      document.doc.getText('body').insert(0, 'x'.repeat(5_000))
      await document.synced({ peers: 1, stored: true })
      expect(await metric(kept, 'knotwork_peers{state="linked"}')).toBe(1)
      expect(await metric(kept, 'knotwork_connections{kind="peer",transport="websocket"}')).toBe(1)
      expect(await metric(kept, 'knotwork_received_bytes_total{kind="peer",transport="websocket"}')).toBeGreaterThan(
        5_000,
      )
      expect(await metric(kept, 'knotwork_sent_frames_total{kind="peer",transport="websocket"}')).toBeGreaterThan(0)
      expect(await metric(kept, 'knotwork_updates_stored_bytes_total')).toBeGreaterThan(5_000)
      expect(await metric(kept, 'knotwork_storage_seconds_count{operation="append"}')).toBeGreaterThan(0)
      await expect.poll(() => metric(kept, 'knotwork_storage_waiting{operation="append"}')).toBe(0)
      expect(await metric(kept, 'knotwork_documents_open')).toBe(1)
      const all = await metricsOf(kept)
      expect(all).not.toMatch(/secret-name|127\.0\.0\.1/u)
      expect(all).not.toContain(guest.id)
      expect(all).toContain('nodejs_eventloop_lag_p99_seconds')
    }
    await expect.poll(() => metric(kept, 'knotwork_connections{kind="peer",transport="websocket"}')).toBe(0)
    // What has gone over a link that ended stays counted.
    expect(await metric(kept, 'knotwork_received_bytes_total{kind="peer",transport="websocket"}')).toBeGreaterThan(
      5_000,
    )
  })

  it('[RE8] tells y-websocket apps from peers', async () => {
    await using peer = await open({ storage: 'memory' })
    const socket = new WebSocket(`${(peer.url ?? '').replace('http', 'ws')}/yjs/room`)
    await expect.poll(() => metric(peer, 'knotwork_connections{kind="yjs",transport="websocket"}')).toBe(1)
    socket.close()
    await expect.poll(() => metric(peer, 'knotwork_connections{kind="yjs",transport="websocket"}')).toBe(0)
  })

  it('[RE8] begins with what is stored already, and every line is of a kind that is told', async () => {
    await using peer = await open({ storage: 'memory' })
    for (const name of ['a', 'b']) await peer.merge(name, updateOf(name))
    expect(await metric(peer, 'knotwork_documents_stored')).toBe(2)
    const lines = (await metricsOf(peer)).split('\n').filter((line) => line !== '')
    const told = new Set(lines.flatMap((line) => /^# TYPE (\w+) /u.exec(line)?.[1] ?? []))
    const names = lines.flatMap((line) => /^(\w+)[ {]/u.exec(line)?.[1]?.replace(/_(?:bucket|sum|count)$/u, '') ?? [])
    expect(names.filter((name) => !told.has(name))).toEqual([])
  })

  it('[RE1] [RE8] asks for the token, as /v1 does; and so does /version', async () => {
    await using peer = await open({ storage: 'memory', token: 'secret' })
    for (const path of ['/metrics', '/version']) {
      const target = new URL(path, peer.url ?? '')
      expect((await fetch(target)).status).toBe(401)
      expect((await fetch(target, { headers: { authorization: 'Bearer secret' } })).status).toBe(200)
    }
    const answer = await fetch(new URL('/version?token=secret', peer.url ?? ''))
    expect(await answer.json()).toMatchObject({ name: 'knotwork', node: process.version })
  })
})

function updateOf(text: string): Uint8Array {
  const doc = new Y.Doc()
  doc.getText('body').insert(0, text)
  return Y.encodeStateAsUpdate(doc)
}
