import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { documentName, type DocumentName, type NewSegment } from '@knotwork/core'
import { LeveldbPersistence } from 'y-leveldb'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import * as Y from 'yjs'
import { levelDatabase, type LevelDatabase } from './level-database.ts'
import { DocumentKeys, type LevelKey } from './level-keys.ts'
import { readHistoryKeys } from './level-history.ts'
import { LevelStorage } from './level-storage.ts'

let directory: string

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'knotwork-history-'))
})

afterEach(() => rm(directory, { recursive: true, force: true }))

function name(text: string): DocumentName {
  const checked = documentName(text)
  if (!checked.ok) throw new Error(checked.error)
  return checked.value
}

const updateOf = (text: string): Uint8Array => {
  const doc = new Y.Doc()
  doc.getText('body').insert(0, text)
  return Y.encodeStateAsUpdate(doc)
}

const segments: readonly NewSegment[] = [1, 2].map((seed) => ({
  from: seed,
  to: seed,
  edits: 1,
  update: new Uint8Array(100).fill(seed),
}))

/** With one document that has a log and two segments. */
async function filled(): Promise<void> {
  await using storage = await LevelStorage.open(directory)
  await storage.append(name('a'), [updateOf('before')])
  await storage.compact(name('a'), ([snapshot = new Uint8Array()]) => ({ snapshot, damaged: [], segments }))
  await storage.append(name('a'), [updateOf('after')])
}

async function altered(change: (database: LevelDatabase, keys: DocumentKeys) => Promise<void>): Promise<void> {
  const database = await levelDatabase(directory)
  await change(database, new DocumentKeys(name('a')))
  await database.close()
}

async function valueOf(database: LevelDatabase, key: LevelKey): Promise<Buffer> {
  const [value] = await database.getMany([key])
  return Buffer.from(value ?? [])
}

describe('damage', () => {
  it.each([
    ['altered', (value: Buffer) => Buffer.from(value.map((byte, at) => (at === 9 ? byte ^ 1 : byte)))],
    ['gone', () => null],
  ] as const)(
    '[HI2] an index that is %s is noticed, costs the history alone, and it begins anew',
    async (_how, changed) => {
      await filled()
      await altered(async (database, keys) => {
        const value = changed(await valueOf(database, keys.index))
        const { index: key } = keys
        await database.batch([value === null ? { type: 'del', key } : { type: 'put', key, value }], { sync: true })
      })
      const told: string[] = []
      await using storage = await LevelStorage.open(directory, { notice: (event) => void told.push(event) })
      const past = await storage.history.past(name('a'))
      expect([past.isDamaged, past.segments]).toEqual([true, []])
      expect(told).toContain('historyDamaged')
      expect((await storage.load(name('a'))).updates).toHaveLength(2)
      await storage.compact(name('a'), ([snapshot = new Uint8Array()]) => ({
        snapshot,
        damaged: [],
        segments: segments.slice(1),
      }))
      const after = await storage.history.past(name('a'))
      expect([after.isDamaged, after.segments.length]).toEqual([false, 1])
    },
  )

  it('[HI2] a segment that is altered is not handed out', async () => {
    await filled()
    await altered((database, keys) =>
      database.batch([{ type: 'put', key: keys.segment(1), value: Buffer.alloc(100, 7) }], { sync: true }),
    )
    await using storage = await LevelStorage.open(directory)
    const past = await storage.history.past(name('a'))
    expect(await Promise.all(past.segments.map(({ id }) => past.read(id)))).toEqual([null, segments[1]?.update])
  })
})

describe('beside y-leveldb', () => {
  it('[HI2] [ST7] y-leveldb reads the document, and what it clears has no history any more', async () => {
    await filled()
    const persistence = new LeveldbPersistence(directory)
    expect((await persistence.getYDoc('a')).getText('body').toString()).toMatch(/before|after/u)
    await persistence.clearDocument('a')
    await persistence.destroy()
    await (await LevelStorage.open(directory))[Symbol.asyncDispose]()
    await altered(async (database, keys) => {
      expect(await readHistoryKeys(database, keys)).toEqual([])
    })
  })
})

describe('none', () => {
  it('[HI2] costs not a byte', async () => {
    const sizes: number[] = []
    await using storage = await LevelStorage.open(directory, { retention: 'none' })
    await storage.append(name('a'), [updateOf('a')])
    await storage.compact(name('a'), ([snapshot = new Uint8Array()]) => ({ snapshot, damaged: [], segments: [] }))
    await storage.append(name('a'), [updateOf('b')])
    await storage[Symbol.asyncDispose]()
    await altered(async (database, keys) => {
      expect(await readHistoryKeys(database, keys)).toEqual([])
      const seal = await valueOf(database, keys.seal(2))
      // Version, one record, the distance of its number, its checksum, and that of the seal.
      sizes.push(seal.byteLength)
    })
    expect(sizes).toEqual([11])
  })
})
