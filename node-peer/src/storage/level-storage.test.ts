import { randomBytes } from 'node:crypto'
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { compactUpdates, documentName, type DocumentName } from '@knotwork/core'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { LeveldbPersistence } from 'y-leveldb'
import * as Y from 'yjs'
import { LevelConnection } from './level-connection.ts'
import { updateKey } from './level-keys.ts'
import { LevelStorage } from './level-storage.ts'

let directory: string

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'knotwork-level-'))
})

afterEach(() => rm(directory, { recursive: true, force: true }))

function name(text: string): DocumentName {
  const result = documentName(text)
  if (!result.ok) throw new Error(result.error)
  return result.value
}

/** The updates of somebody who types `text`, a character at a time. */
function typed(text: string): readonly Uint8Array[] {
  const doc = new Y.Doc()
  const updates: Uint8Array[] = []
  doc.on('update', (update: Uint8Array) => void updates.push(update))
  for (const [index, character] of text.split('').entries()) doc.getText('body').insert(index, character)
  return updates
}

function textOf(updates: readonly Uint8Array[]): string {
  const doc = new Y.Doc()
  for (const update of updates) Y.applyUpdate(doc, update)
  return doc.getText('body').toString()
}

/** Overwrites the place where `bytes` are stored in one of LevelDB's tables, as a failing disk might. */
async function damage(bytes: Uint8Array): Promise<number> {
  let count = 0
  for (const file of await readdir(directory)) {
    if (!file.endsWith('.ldb')) continue
    const table = await readFile(join(directory, file))
    const at = table.indexOf(bytes.subarray(0, 32))
    if (at === -1) continue
    // With the head of the record, which says where its parts end: a changed byte in the middle is not noticed.
    table.fill(0xff, at - 40, at + bytes.byteLength)
    await writeFile(join(directory, file), table)
    count++
  }
  return count
}

describe('[ST7] y-leveldb reads what LevelStorage wrote', () => {
  it('documents, their list, state vectors, and goes on writing', async () => {
    const storage = await LevelStorage.open(directory)
    const updates = typed('hello')
    await storage.append(name('notes/today'), updates.slice(0, 1))
    await storage.append(name('notes/today'), updates.slice(1))
    await storage.append(name('..'), typed('up'))
    await storage[Symbol.asyncDispose]()

    const stock = new LeveldbPersistence(directory)
    expect((await stock.getAllDocNames()).toSorted()).toEqual(['..', 'notes/today'])
    const doc = await stock.getYDoc('notes/today')
    expect(doc.getText('body').toString()).toBe('hello')
    expect(await stock.getStateVector('notes/today')).toEqual(Y.encodeStateVector(doc))
    const before = Y.encodeStateVector(doc)
    doc.getText('body').insert(5, ' world')
    await stock.storeUpdate('notes/today', Y.encodeStateAsUpdate(doc, before))
    await stock.destroy()

    const again = await LevelStorage.open(directory)
    expect(textOf((await again.load(name('notes/today'))).updates)).toBe('hello world')
    await again[Symbol.asyncDispose]()
  })

  it('a compacted document, with the damaged records under its meta keys', async () => {
    const storage = await LevelStorage.open(directory)
    const garbage = Uint8Array.from({ length: 300 }, () => 0xff)
    await storage.append(name('a'), [...typed('hello'), garbage])
    await storage.compact(name('a'), compactUpdates)
    await storage[Symbol.asyncDispose]()

    const stock = new LeveldbPersistence(directory)
    expect((await stock.getYDoc('a')).getText('body').toString()).toBe('hello')
    expect([...(await stock.getMetas('a')).values()]).toEqual([garbage])
    expect(await stock.getAllDocNames()).toEqual(['a'])
    const doc = new Y.Doc()
    Y.applyUpdate(doc, await stock.getDiff('a', Uint8Array.of(0)))
    expect(await stock.getStateVector('a')).toEqual(Y.encodeStateVector(doc))
    await stock.destroy()
  })
})

describe('[ST7] LevelStorage reads what y-leveldb wrote', () => {
  it('documents with more updates than it trims at, and leaves its meta values alone', async () => {
    const stock = new LeveldbPersistence(directory)
    const text = 'abcdefghij'.repeat(60)
    for (const update of typed(text)) await stock.storeUpdate('a', update)
    await stock.getYDoc('a')
    await stock.storeUpdate('b', typed('b')[0] ?? new Uint8Array())
    await stock.setMeta('a', 'title', { de: 'Überschrift', n: 7 })
    await stock.destroy()

    const storage = await LevelStorage.open(directory)
    const names: string[] = []
    for await (const each of storage.list()) names.push(each.name)
    expect(names).toEqual(['a', 'b'])
    expect(textOf((await storage.load(name('a'))).updates)).toBe(text)
    expect((await storage.load(name('a'))).unreadable).toBe(0)
    await storage.compact(name('a'), compactUpdates)
    await storage.append(name('b'), typed('later'))
    expect(textOf((await storage.load(name('a'))).updates)).toBe(text)
    await storage[Symbol.asyncDispose]()

    const again = new LeveldbPersistence(directory)
    expect(await again.getMeta('a', 'title')).toEqual({ de: 'Überschrift', n: 7 })
    await again.destroy()
  })
})

describe('LevelStorage in trouble', () => {
  it('says so when another holds the directory', async () => {
    const first = await LevelStorage.open(directory)
    const second = LevelStorage.open(directory)
    await expect(second).rejects.toMatchObject({ name: 'KnotworkError', code: 'in-use' })
    await expect(second).rejects.toThrow(/another process is using the data in/u)
    await first[Symbol.asyncDispose]()
    await (await LevelStorage.open(directory))[Symbol.asyncDispose]()
  })

  it('[ST5] counts records that are missing in the middle as unreadable', async () => {
    const storage = await LevelStorage.open(directory)
    await storage.append(name('a'), typed('hello'))
    await storage[Symbol.asyncDispose]()
    const connection = await LevelConnection.open(directory, () => undefined)
    await connection.write([
      { type: 'del', key: updateKey(name('a'), 2) },
      { type: 'del', key: updateKey(name('a'), 3) },
    ])
    await connection.close()
    const again = await LevelStorage.open(directory)
    expect(await again.load(name('a'))).toMatchObject({ unreadable: 2, updates: { length: 3 } })
    await again[Symbol.asyncDispose]()
  })

  it('[ST5] loads what a damaged block leaves, and all of the other documents', async () => {
    const storage = await LevelStorage.open(directory)
    // 40 kB each, so that they lie in blocks of their own, and random, so that LevelDB does not compress them.
    const records = Array.from({ length: 40 }, () => new Uint8Array(randomBytes(1_000)))
    for (const text of ['first', 'second', 'third']) {
      await storage.append(name(text), text === 'second' ? records : records.map((record) => record.toReversed()))
    }
    await storage[Symbol.asyncDispose]()
    // Opening moves everything from the log into a table.
    await (await LevelStorage.open(directory))[Symbol.asyncDispose]()
    expect(await damage(records[20] ?? new Uint8Array())).toBe(1)

    const again = await LevelStorage.open(directory)
    const damaged = await again.load(name('second'))
    expect(damaged.unreadable).toBeGreaterThan(0)
    expect(damaged.updates.length).toBeGreaterThan(20)
    expect(damaged.updates.length + damaged.unreadable).toBe(40)
    expect(await again.load(name('first'))).toMatchObject({ unreadable: 0, updates: { length: 40 } })
    expect(await again.load(name('third'))).toMatchObject({ unreadable: 0, updates: { length: 40 } })
    await again.append(name('second'), typed('x'))
    await again[Symbol.asyncDispose]()
  })

  it('[ST5] is repaired by the next write when LevelDB itself trips over the damage and refuses to write', async () => {
    const storage = await LevelStorage.open(directory)
    const records = Array.from({ length: 40 }, () => new Uint8Array(randomBytes(1_000)))
    await storage.append(name('a'), records)
    await storage.append(name('b'), typed('hello'))
    await storage[Symbol.asyncDispose]()
    await (await LevelStorage.open(directory))[Symbol.asyncDispose]()
    expect(await damage(records[20] ?? new Uint8Array())).toBe(1)

    const notices: string[] = []
    const connection = await LevelConnection.open(directory, (why) => void notices.push(why))
    const put = (clock: number) =>
      connection.write([{ type: 'put', key: updateKey(name('c'), clock), value: Uint8Array.of(clock) }])
    await put(1)
    await connection.read((database) =>
      (database as unknown as { compactRange(from: unknown, to: unknown): Promise<void> }).compactRange(['v1'], ['v2']),
    )
    await expect(put(2)).rejects.toMatchObject({ code: 'storage' })
    expect(notices).toEqual([])
    await put(2)
    expect(notices).toHaveLength(1)
    await connection.close()

    const again = await LevelStorage.open(directory)
    expect(textOf((await again.load(name('b'))).updates)).toBe('hello')
    expect((await again.load(name('a'))).updates.length).toBeGreaterThan(20)
    expect((await again.load(name('c'))).updates).toHaveLength(2)
    await again[Symbol.asyncDispose]()
  })

  it('[ST5] repairs a database whose manifest is garbage', async () => {
    const storage = await LevelStorage.open(directory)
    await storage.append(name('a'), typed('hello'))
    await storage[Symbol.asyncDispose]()
    const manifest = (await readdir(directory)).find((file) => file.startsWith('MANIFEST'))
    await writeFile(join(directory, manifest ?? ''), 'garbage garbage garbage')
    const notices: string[] = []
    const again = await LevelStorage.open(directory, (event) => void notices.push(event))
    expect(notices).toEqual(['storageRepaired'])
    expect(textOf((await again.load(name('a'))).updates)).toBe('hello')
    await again[Symbol.asyncDispose]()
  })
})

describe('LevelConnection', () => {
  it('[ST1] opens a database again that was closed underneath: the write fails, the next one works', async () => {
    const connection = await LevelConnection.open(directory, () => undefined)
    const put = (clock: number) =>
      connection.write([{ type: 'put', key: updateKey(name('a'), clock), value: Uint8Array.of(clock) }])
    await put(1)
    await connection.read((database) => database.close())
    await expect(put(2)).rejects.toMatchObject({ code: 'storage' })
    expect(connection.trouble).not.toBeNull()
    await put(2)
    expect(connection.trouble).toBeNull()
    await connection.read((database) => database.close())
    expect(await connection.read((database) => Promise.resolve(database.status))).toBe('open')
    await connection.close()
    await expect(put(3)).rejects.toMatchObject({ code: 'closed' })
  })
})
