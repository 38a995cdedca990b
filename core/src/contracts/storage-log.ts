import type { Storage } from '../ports/storage.ts'
import { assert, assertEqual, assertRejects, contractCase, testBytes, type ContractCase } from './contract.ts'
import { assertHolds, listed, nameOf, storageCase, type StorageSubject } from './storage-subject.ts'

const name = nameOf('notes/today')

/** Appends records 1..count one after the other and returns them. */
async function appendEach(storage: Storage, count: number): Promise<readonly Uint8Array[]> {
  const records = Array.from({ length: count }, (_, index) => testBytes(index, 20))
  for (const record of records) await storage.append(name, [record])
  return records
}

export const storageLogCases: readonly ContractCase<StorageSubject>[] = [
  storageCase('a document that was never stored loads as no updates and is not listed', async (storage) => {
    await assertHolds(storage, name, [])
    assertEqual(await listed(storage), [], 'names')
  }),

  storageCase('updates load in the order they were appended', async (storage) => {
    const first = [testBytes(1, 30), testBytes(2, 1), testBytes(3, 300)]
    const second = [testBytes(4, 5)]
    await storage.append(name, first)
    await storage.append(name, second)
    await assertHolds(storage, name, [...first, ...second])
    assertEqual(await listed(storage), [name], 'names')
  }),

  storageCase('the same update appended twice is there twice', async (storage) => {
    const record = testBytes(1, 30)
    await storage.append(name, [record])
    await storage.append(name, [record, record])
    await assertHolds(storage, name, [record, record, record])
  }),

  storageCase('appending no updates stores nothing', async (storage) => {
    await storage.append(name, [])
    await assertHolds(storage, name, [])
    assertEqual(await listed(storage), [], 'names')
  }),

  storageCase('appends that run at the same time to one document keep the order of the calls', async (storage) => {
    const groups = Array.from({ length: 50 }, (_, group) => [testBytes(2 * group, 10), testBytes(2 * group + 1, 10)])
    await Promise.all(groups.map((group) => storage.append(name, group)))
    await assertHolds(storage, name, groups.flat())
  }),

  storageCase('appends that run at the same time to many documents do not mix', async (storage) => {
    const names = Array.from({ length: 20 }, (_, index) => nameOf(`document ${index}`))
    const rounds = [0, 1, 2, 3, 4]
    const record = (document: number, round: number) => testBytes(100 * document + round, 15)
    await Promise.all(
      rounds.flatMap((round) => names.map((each, index) => storage.append(each, [record(index, round)]))),
    )
    for (const [index, each] of names.entries()) {
      await assertHolds(
        storage,
        each,
        rounds.map((round) => record(index, round)),
      )
    }
  }),

  storageCase('what is loaded and what was appended belong to the caller', async (storage) => {
    const record = testBytes(1, 30)
    await storage.append(name, [record])
    record.fill(0)
    await assertHolds(storage, name, [testBytes(1, 30)])
    for (const update of (await storage.load(name)).updates) update.fill(0)
    await assertHolds(storage, name, [testBytes(1, 30)])
  }),

  storageCase('a record of 5 MB', async (storage) => {
    const records = [testBytes(1, 10), testBytes(2, 5_000_000), testBytes(3, 10)]
    await storage.append(name, records)
    await assertHolds(storage, name, records)
  }),

  storageCase('1,000 records, appended one by one', async (storage) => {
    await assertHolds(storage, name, await appendEach(storage, 1_000))
  }),

  storageCase('1,000 records, appended in one call', async (storage) => {
    const records = Array.from({ length: 1_000 }, (_, index) => testBytes(index, 20))
    await storage.append(name, records)
    await assertHolds(storage, name, records)
  }),

  contractCase('[ST1] opened again, it shows everything and goes on after it', async (subject) => {
    const before = await subject.open()
    const records = await appendEach(before, 12)
    await before[Symbol.asyncDispose]()
    const after = await subject.open()
    await assertHolds(after, name, records)
    await after.append(name, [testBytes(99, 20)])
    await assertHolds(after, name, [...records, testBytes(99, 20)])
    await after[Symbol.asyncDispose]()
  }),

  contractCase('[ST1] closing waits for appends under way', async (subject) => {
    const before = await subject.open()
    const records = Array.from({ length: 20 }, (_, index) => testBytes(index, 20))
    const appends = records.map((record) => before.append(name, [record]))
    await before[Symbol.asyncDispose]()
    await Promise.all(appends)
    const after = await subject.open()
    await assertHolds(after, name, records)
    await after[Symbol.asyncDispose]()
  }),

  contractCase('[ST1] after a close everything rejects, and closing again does nothing', async (subject) => {
    const storage = await subject.open()
    await storage.append(name, [testBytes(1, 10)])
    await storage[Symbol.asyncDispose]()
    await storage[Symbol.asyncDispose]()
    await assertRejects(storage.append(name, [testBytes(2, 10)]), 'append after close')
    await assertRejects(storage.load(name), 'load after close')
    await assertRejects(
      storage.compact(name, () => null),
      'compact after close',
    )
    await assertRejects(listed(storage), 'list after close')
    const again = await subject.open()
    await assertHolds(again, name, [testBytes(1, 10)])
    await again[Symbol.asyncDispose]()
  }),

  storageCase('[ST6] it says how durable it is', (storage) => {
    assert(['disk', 'memory'].includes(storage.durability), `durability ${storage.durability}`)
    return Promise.resolve()
  }),
]
