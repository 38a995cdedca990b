import { randomBytes } from 'node:crypto'
import { cp, mkdtemp, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { compactUpdates, documentName, type DocumentName } from '@knotwork/core'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { LeveldbPersistence } from 'y-leveldb'
import * as Y from 'yjs'
import { LevelConnection } from './level-connection.ts'
import { DocumentKeys, encodeKey } from './level-keys.ts'
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

function connect(repaired: (why: string) => void = () => undefined): Promise<LevelConnection> {
  return LevelConnection.open({ location: directory, sync: true, repaired, opened: () => Promise.resolve() })
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
    const connection = await connect()
    await connection.write([
      { type: 'del', key: new DocumentKeys(name('a')).update(2) },
      { type: 'del', key: new DocumentKeys(name('a')).update(3) },
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
    const notices: string[] = []
    const connection = await connect((why) => void notices.push(why))
    expect(await damage(records[20] ?? new Uint8Array())).toBe(1)
    const put = (clock: number) =>
      connection.write([{ type: 'put', key: new DocumentKeys(name('c')).update(clock), value: Uint8Array.of(clock) }])
    await put(1)
    await connection.read((database) => database.compactRange(encodeKey(['v1']), encodeKey(['v2'])))
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
    const again = await LevelStorage.open(directory, { notice: (event) => void notices.push(event) })
    expect(notices).toEqual(['storageRepaired'])
    expect(textOf((await again.load(name('a'))).updates)).toBe('hello')
    await again[Symbol.asyncDispose]()
  })
})

describe('[ST10] integrity records', () => {
  const a = new DocumentKeys(name('a'))

  async function withNotices<Value>(
    work: (storage: LevelStorage) => Promise<Value>,
  ): Promise<{ value: Value; notices: readonly string[] }> {
    const notices: string[] = []
    await using storage = await LevelStorage.open(directory, { notice: (event) => void notices.push(event) })
    return { value: await work(storage), notices }
  }

  async function rewrite(...operations: Parameters<LevelConnection['write']>[0]): Promise<void> {
    const connection = await connect()
    await connection.write(operations)
    await connection.close()
  }

  it('[ST5] [ST10] an altered value is not loaded, told of once, set aside where y-leveldb sees it, and the rest is there', async () => {
    await withNotices((storage) => storage.append(name('a'), typed('hello')))
    const altered = Uint8Array.from({ length: 30 }, (_, index) => index)
    await rewrite({ type: 'put', key: a.update(3), value: altered })
    const first = await withNotices((storage) => storage.load(name('a')))
    expect(first.value).toMatchObject({ unreadable: 1, updates: { length: 4 } })
    expect(first.notices).toEqual(['recordsDamaged'])
    const second = await withNotices((storage) => storage.load(name('a')))
    expect(second.value).toMatchObject({ unreadable: 0, updates: { length: 4 } })
    expect(second.notices).toEqual([])
    const stock = new LeveldbPersistence(directory)
    expect([...(await stock.getMetas('a')).values()]).toEqual([altered])
    await stock.destroy()
  })

  it('[ST10] a write that is gone with everything in it is told of when the database is opened', async () => {
    await withNotices((storage) => storage.append(name('a'), typed('he')))
    const connection = await connect()
    const before = await connection.read((database) => database.getMany([a.head]))
    await connection.close()
    await withNotices((storage) => storage.append(name('a'), typed('hello')))
    await withNotices((storage) => storage.append(name('b'), typed('later')))
    await rewrite(
      ...[3, 4, 5, 6, 7].map((clock) => ({ type: 'del', key: a.update(clock) }) as const),
      { type: 'del', key: a.seal(7) },
      { type: 'put', key: a.head, value: before[0] ?? new Uint8Array() },
    )
    const { value, notices } = await withNotices((storage) => storage.load(name('a')))
    expect(value).toMatchObject({ unreadable: 0, updates: { length: 2 } })
    expect(notices).toEqual(['writesLost'])
    expect((await withNotices((storage) => storage.load(name('a')))).notices).toEqual([])
  })

  it('[ST11] the end of the database that is gone is told of, and notes of before are not current any more', async () => {
    await withNotices((storage) => storage.append(name('a'), typed('h'), Uint8Array.of(1)))
    const copy = await mkdtemp(join(tmpdir(), 'knotwork-level-copy-'))
    await cp(directory, copy, { recursive: true })
    await withNotices((storage) => storage.append(name('b'), typed('e')))
    await cp(join(directory, 'knotwork-witness'), join(copy, 'knotwork-witness'))
    await rm(directory, { recursive: true })
    await rename(copy, directory)
    const { value, notices } = await withNotices((storage) => storage.load(name('a')))
    expect(notices).toEqual(['writesLost'])
    expect(value.note).toEqual({ bytes: Uint8Array.of(1), isCurrent: false })
  })

  it('[ST11] data without them opens as it is, and is sealed when it is used', async () => {
    const updates = typed('hello')
    await rewrite(
      { type: 'put', key: a.entry, value: Uint8Array.of(0, 1, 0) },
      ...updates.map((value, index) => ({ type: 'put', key: a.update(index + 1), value }) as const),
    )
    const first = await withNotices((storage) => storage.load(name('a')))
    expect([first.notices, textOf(first.value.updates), first.value.unreadable]).toEqual([[], 'hello', 0])
    await rewrite({ type: 'del', key: a.update(5) })
    const second = await withNotices((storage) => storage.load(name('a')))
    expect([second.notices, textOf(second.value.updates), second.value.unreadable]).toEqual([
      ['recordsDamaged'],
      'hell',
      1,
    ])
  })

  it('[ST7] [ST11] what y-leveldb appends, trims and clears is no damage', async () => {
    const text = 'abcdefghij'.repeat(60)
    await withNotices(async (storage) => {
      await storage.append(name('a'), typed(text), Uint8Array.of(1))
      await storage.append(name('b'), typed('b'))
      await storage.append(name('c'), typed('c'))
    })
    const stock = new LeveldbPersistence(directory)
    // More than 500 updates: it merges them into one, and deletes them.
    const doc = await stock.getYDoc('a')
    const before = Y.encodeStateVector(doc)
    doc.getText('body').insert(0, '!')
    await stock.storeUpdate('a', Y.encodeStateAsUpdate(doc, before))
    await stock.clearDocument('b')
    await stock.destroy()
    for (let round = 0; round < 2; round++) {
      const { value, notices } = await withNotices(async (storage) => {
        const names: string[] = []
        for await (const each of storage.list()) names.push(each.name)
        return { names, a: await storage.load(name('a')), b: await storage.load(name('b')) }
      })
      expect(notices).toEqual([])
      expect(value.names).toEqual(['a', 'c'])
      expect([textOf(value.a.updates), value.a.unreadable, value.a.note?.isCurrent]).toEqual([`!${text}`, 0, false])
      expect(value.b).toEqual({ updates: [], unreadable: 0, note: null })
    }
  })
})

describe('[ST12] purging', () => {
  it('[ST12] leaves nothing of deleted text in any file', async () => {
    const secret = randomBytes(600).toString('base64')
    const doc = new Y.Doc()
    const updates: Uint8Array[] = []
    doc.on('update', (update: Uint8Array) => void updates.push(update))
    doc.getText('body').insert(0, `kept ${secret}`)
    doc.getText('body').delete(5, secret.length)
    const storage = await LevelStorage.open(directory)
    await storage.append(name('a'), [...updates, new TextEncoder().encode(`no update ${secret}`)])
    await storage.append(name('b'), typed('other'))
    await storage.compact(name('a'), compactUpdates)
    expect(await filesWith(secret)).not.toEqual([])
    await storage.purge(name('a'), compactUpdates)
    expect(await filesWith(secret)).toEqual([])
    await storage[Symbol.asyncDispose]()
    const again = await LevelStorage.open(directory)
    expect(textOf((await again.load(name('a'))).updates)).toBe('kept ')
    expect(textOf((await again.load(name('b'))).updates)).toBe('other')
    await again[Symbol.asyncDispose]()
    expect(await filesWith(secret)).toEqual([])
  })

  it('[ST12] also where it had long been moved into a table of its own', async () => {
    const secret = randomBytes(600)
    let storage = await LevelStorage.open(directory)
    await storage.append(name('a'), [secret])
    for (let round = 0; round < 3; round++) {
      await storage[Symbol.asyncDispose]()
      storage = await LevelStorage.open(directory)
      await storage.append(name('b'), typed('x'))
    }
    expect(await filesWith(secret.toString('latin1'))).not.toEqual([])
    await storage.purge(name('a'), () => ({ snapshot: Uint8Array.of(0, 0), damaged: [] }))
    expect(await filesWith(secret.toString('latin1'))).toEqual([])
    await storage[Symbol.asyncDispose]()
  })

  async function filesWith(text: string): Promise<readonly string[]> {
    const found: string[] = []
    for (const file of await readdir(directory)) {
      // Half of it is enough: LevelDB splits records.
      const bytes = await readFile(join(directory, file), 'latin1')
      if (bytes.includes(text.slice(0, 300)) || bytes.includes(text.slice(-300))) found.push(file)
    }
    return found
  }
})

describe('LevelConnection', () => {
  it('[ST1] opens a database again that was closed underneath: the write fails, the next one works', async () => {
    const connection = await connect()
    const put = (clock: number) =>
      connection.write([{ type: 'put', key: new DocumentKeys(name('a')).update(clock), value: Uint8Array.of(clock) }])
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
