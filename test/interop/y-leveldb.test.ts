/** A directory that the server of a y-websocket app has written, with either y-leveldb there is, opened in place. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openPeer } from '@knotwork/node-peer'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { LeveldbPersistence as Persistence2 } from 'y-leveldb'
import { LeveldbPersistence as Persistence1 } from 'y-leveldb-0.1'
import * as Y from 'yjs'
import { levelDatabase } from '../../node-peer/src/storage/level-database.ts'

type Persistence = Pick<Persistence2, 'storeUpdate' | 'setMeta' | 'getMetas' | 'getYDoc' | 'destroy'>

const versions: readonly (readonly [string, new (location: string) => Persistence])[] = [
  ['0.1', Persistence1],
  ['0.2', Persistence2],
]

/** y-websocket's server keeps names as URLs have them, whatever they mean. */
const names = ['notes/today', 'a%2Fb', 'r%C3%B6%C3%B6m%201', '100%', 'rööm 1', '..', '文書']

const meta: readonly (readonly [string, unknown])[] = [
  ['title', { de: 'Überschrift', n: 7, list: [1, 2.5, null, true] }],
  ['bytes', Uint8Array.of(0, 1, 254, 255)],
  ['a/b %20', 'text'],
]

let directory: string

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'knotwork-y-leveldb-'))
})

afterEach(() => rm(directory, { recursive: true, force: true }))

const textOf = (doc: Y.Doc): string => doc.getText('body').toString()

/** More updates than y-leveldb keeps apart. */
async function write(stock: Persistence, name: string): Promise<void> {
  const doc = new Y.Doc()
  const updates: Uint8Array[] = []
  doc.on('update', (update: Uint8Array) => void updates.push(update))
  for (const character of `${name} `.repeat(10)) doc.getText('body').insert(textOf(doc).length, character)
  for (const update of updates) await stock.storeUpdate(name, update)
  for (const [key, value] of meta) await stock.setMeta(name, key, value)
}

/** Meta values with their keys, as LevelDB has them. */
async function metaRecords(): Promise<readonly string[]> {
  const database = await levelDatabase(directory)
  const iterator = database.iterator({ gte: Buffer.of(0), lt: Buffer.of(255) })
  const records: (readonly [Uint8Array | string, Uint8Array])[] = []
  for (let page = await iterator.nextv(1_000); page.length > 0; page = await iterator.nextv(1_000))
    records.push(...page)
  await iterator.close()
  await database.close()
  const hexOf = (bytes: Uint8Array | string): string => Buffer.from(bytes).toString('hex')
  return records
    .filter(([key]) => Buffer.from(key).includes('meta'))
    .map(([key, value]) => `${hexOf(key)} ${hexOf(value)}`)
}

describe.each(versions)('a directory of y-leveldb %s', (_version, Stock) => {
  it('[ST7] is opened in place: all documents under their names, their meta byte for byte, and y-leveldb goes on', async () => {
    const stock = new Stock(directory)
    for (const name of names) await write(stock, name)
    await stock.destroy()
    const before = await metaRecords()
    expect(before).toHaveLength(names.length * meta.length)
    {
      await using peer = await openPeer({ data: directory, listen: { port: 0 }, page: false, direct: false })
      const found: string[] = []
      for await (const name of peer.documents()) found.push(name)
      expect(found.toSorted()).toEqual(names.toSorted())
      for (const name of names) {
        using document = peer.open(name)
        await document.loaded
        expect(textOf(document.doc)).toBe(`${name} `.repeat(10))
        document.doc.getText('body').insert(0, 'and later: ')
        await document.stored()
        const answer = await fetch(`${peer.url}/v1/docs?doc=${encodeURIComponent(name)}`)
        expect(await answer.json()).toEqual({ body: `and later: ${`${name} `.repeat(10)}` })
      }
    }
    expect(await metaRecords()).toEqual(before)
    const again = new Stock(directory)
    for (const name of names) {
      expect(await again.getMetas(name)).toEqual(new Map(meta))
      expect(textOf(await again.getYDoc(name))).toBe(`and later: ${`${name} `.repeat(10)}`)
    }
    await again.destroy()
  })
})
