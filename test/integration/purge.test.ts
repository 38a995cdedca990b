import { randomBytes } from 'node:crypto'
import { readdir, readFile } from 'node:fs/promises'
import { openPeer } from '@knotwork/node-peer'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import * as Y from 'yjs'
import { PeerProcess } from './peer-process.ts'
import { SourceProcess } from './source-process.ts'
import { TemporaryDirectory } from './temporary-directory.ts'

let directory: TemporaryDirectory

beforeEach(async () => {
  directory = await TemporaryDirectory.make()
})

afterEach(() => directory[Symbol.asyncDispose]())

const purge = (name: string, data: string): SourceProcess =>
  new SourceProcess('node-peer/src/cli/main.ts', ['docs', 'purge', name, '--data', data])

describe('knotwork docs purge', () => {
  it('[ST12] takes deleted text out of every file of a stopped peer', async () => {
    const secret = randomBytes(400).toString('base64')
    const doc = new Y.Doc()
    const updates: Uint8Array[] = []
    doc.on('update', (update: Uint8Array) => void updates.push(update))
    doc.getText('body').insert(0, `kept ${secret}`)
    doc.getText('body').delete(5, secret.length)
    {
      await using peer = await PeerProcess.start(directory.at('data'))
      for (const body of updates) {
        expect((await peer.ask('/v1/docs/a', { method: 'PATCH', body })).status).toBe(200)
      }
      peer.kill('SIGTERM')
      await peer.ended()
    }
    expect(await filesWith(secret)).not.toEqual([])
    await using purging = purge('a', directory.at('data'))
    expect([await purging.ended(), purging.errors]).toEqual([0, ''])
    expect(purging.lines.join(' ')).toMatch(/a: \d+ bytes of records, now \d+\..*Other peers keep it/u)
    expect(await filesWith(secret)).toEqual([])
    await using again = await PeerProcess.start(directory.at('data'))
    expect((await again.ask('/v1/docs/a')).json()).toEqual({ body: 'kept ' })
  })

  it('[ST12] [HI2] and of one that runs, its history included', async () => {
    const secret = randomBytes(400).toString('base64')
    await using peer = await PeerProcess.start(directory.at('data'))
    for (const body of [`kept ${secret}`, 'kept ']) {
      const headers = { 'content-type': 'application/json' }
      const answer = await peer.ask('/v1/docs/a', { method: 'PUT', headers, body: JSON.stringify({ body }) })
      expect(answer.status).toBe(200)
    }
    expect(await filesWith(secret)).not.toEqual([])
    await using purging = purge('a', directory.at('data'))
    expect([await purging.ended(), purging.errors]).toEqual([0, ''])
    expect(await filesWith(secret)).toEqual([])
    expect((await peer.ask('/v1/docs/a')).json()).toEqual({ body: 'kept ' })
    expect((await peer.ask('/v1/docs/a/versions')).json()).toMatchObject({ sessions: [] })
  })

  it('says where to ask when the data are in use and nobody says by whom', async () => {
    await using peer = await openPeer({ data: directory.at('data'), direct: false })
    await peer.merge('a', Y.encodeStateAsUpdate(new Y.Doc()))
    await using refused = purge('a', directory.at('data'))
    expect(await refused.ended()).toBe(1)
    expect(refused.errors).toMatch(/another process is using the data.*--url/u)
  })

  it('says what is wrong', async () => {
    await using nowhere = purge('a', directory.at('nothing'))
    expect(await nowhere.ended()).toBe(1)
    expect(nowhere.errors).toMatch(/there is no data in/u)
  })

  async function filesWith(text: string): Promise<readonly string[]> {
    const files = await readdir(directory.at('data/documents'))
    const found = await Promise.all(
      files.map(async (file) =>
        (await readFile(directory.at(`data/documents/${file}`), 'latin1')).includes(text.slice(0, 300)),
      ),
    )
    return files.filter((_, index) => found[index])
  }
})

describe('--durability os', () => {
  it('[ST6] is said by the peer, and survives the end of its process', async () => {
    const doc = new Y.Doc()
    doc.getText('body').insert(0, 'stored')
    {
      await using peer = await PeerProcess.start(directory.at('data'), { args: ['--durability', 'os'] })
      expect(JSON.parse(peer.lines[0] ?? '')).toMatchObject({ durability: 'os' })
      const body = Y.encodeStateAsUpdate(doc)
      expect((await peer.ask('/v1/docs/a', { method: 'PATCH', body })).status).toBe(200)
      peer.kill('SIGKILL')
      await peer.ended()
    }
    await using again = await PeerProcess.start(directory.at('data'))
    expect((await again.ask('/v1/docs/a')).json()).toEqual({ body: 'stored' })
  })
})
