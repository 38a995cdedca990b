import type { Storage } from '../ports/storage.ts'
import { assertEqual, assertRejects, contractCase, fingerprint, testBytes, type ContractCase } from './contract.ts'
import { assertHolds, listed, nameOf, storageCase, type StorageSubject } from './storage-subject.ts'

const name = nameOf('notes/today')
const other = nameOf('notes/tomorrow')
const records = [testBytes(1, 20), testBytes(2, 20), testBytes(3, 20)]
const snapshot = testBytes(1_000, 40)

function withResolver(): { readonly promise: Promise<void>; readonly resolve: () => void } {
  let resolve = (): void => undefined
  const promise = new Promise<void>((done) => (resolve = done))
  return { promise, resolve }
}

async function reopened(subject: StorageSubject, storage: Storage): Promise<Storage> {
  await storage[Symbol.asyncDispose]()
  return subject.open()
}

export const storageCompactionCases: readonly ContractCase<StorageSubject>[] = [
  contractCase('[ST4] compacting replaces all records of one document by the snapshot', async (subject) => {
    let storage = await subject.open()
    await storage.append(name, records)
    await storage.append(other, records)
    let seen: readonly string[] = []
    await storage.compact(name, (updates) => {
      seen = updates.map(fingerprint)
      return { snapshot, damaged: [] }
    })
    assertEqual(seen, records.map(fingerprint), 'records handed to merge')
    await assertHolds(storage, name, [snapshot])
    await assertHolds(storage, other, records)
    storage = await reopened(subject, storage)
    await assertHolds(storage, name, [snapshot])
    assertEqual(await listed(storage), [name, other].toSorted(), 'names')
    await storage[Symbol.asyncDispose]()
  }),

  contractCase('what is appended after a compaction comes after the snapshot', async (subject) => {
    let storage = await subject.open()
    await storage.append(name, records)
    await storage.compact(name, () => ({ snapshot, damaged: [] }))
    await storage.append(name, [testBytes(4, 20)])
    storage = await reopened(subject, storage)
    await storage.append(name, [testBytes(5, 20)])
    await assertHolds(storage, name, [snapshot, testBytes(4, 20), testBytes(5, 20)])
    await storage.compact(name, () => ({ snapshot: testBytes(1_001, 40), damaged: [] }))
    await storage.append(name, [testBytes(6, 20)])
    await assertHolds(storage, name, [testBytes(1_001, 40), testBytes(6, 20)])
    await storage[Symbol.asyncDispose]()
  }),

  storageCase('a merge that returns null leaves the log as it is', async (storage) => {
    await storage.append(name, records)
    await storage.compact(name, () => null)
    await assertHolds(storage, name, records)
  }),

  storageCase('[ST1] a merge that throws rejects the compaction and leaves the log as it is', async (storage) => {
    await storage.append(name, records)
    const why = await assertRejects(
      storage.compact(name, () => {
        throw new Error('no merge today')
      }),
      'compact',
    )
    assertEqual(String(why).includes('no merge today'), true, `the reason is kept in "${String(why)}"`)
    await assertHolds(storage, name, records)
    await storage.append(name, [testBytes(4, 20)])
    await assertHolds(storage, name, [...records, testBytes(4, 20)])
  }),

  storageCase('compacting a document that was never stored does not store it', async (storage) => {
    await storage.compact(name, (updates) => (updates.length === 0 ? null : { snapshot, damaged: [] }))
    assertEqual(await listed(storage), [], 'names')
  }),

  storageCase('[ST4] appends and compactions at the same time lose nothing and keep the order', async (storage) => {
    const late = Array.from({ length: 10 }, (_, index) => testBytes(50 + index, 20))
    await storage.append(name, records)
    let merged: readonly Uint8Array[] = []
    const compaction = storage.compact(name, (updates) => {
      merged = updates.map((update) => update.slice())
      return { snapshot, damaged: [] }
    })
    await Promise.all([compaction, ...late.map((record) => storage.append(name, [record]))])
    const rest = (await storage.load(name)).updates.slice(1)
    assertEqual([...merged, ...rest].map(fingerprint), [...records, ...late].map(fingerprint), 'merged, then loaded')
  }),

  storageCase(
    '[ST4] nobody waits for a merge, and what is appended meanwhile comes after the snapshot',
    async (storage) => {
      await storage.append(name, records)
      let finish: (compacted: { snapshot: Uint8Array; damaged: [] }) => void = () => undefined
      const merged = new Promise<{ snapshot: Uint8Array; damaged: [] }>((resolve) => (finish = resolve))
      const { promise: begun, resolve: begin } = withResolver()
      const compaction = storage.compact(name, () => {
        begin()
        return merged
      })
      // Before that, an append may still be among what is merged.
      await begun
      await storage.append(name, [testBytes(4, 20)])
      await storage.append(other, [testBytes(5, 20)])
      await assertHolds(storage, name, [...records, testBytes(4, 20)])
      finish({ snapshot, damaged: [] })
      await compaction
      await assertHolds(storage, name, [snapshot, testBytes(4, 20)])
      await assertHolds(storage, other, [testBytes(5, 20)])
    },
  ),

  contractCase(
    '[ST4] of two compactions at the same time none brings back what the other replaced',
    async (subject) => {
      const one = await subject.open()
      const two = subject.shareable ? await subject.open() : one
      await one.append(name, records)
      const joined = (updates: readonly Uint8Array[]) => new Uint8Array(updates.flatMap((update) => [...update]))
      const join = async (updates: readonly Uint8Array[]) => {
        for (let turn = 0; turn < 10; turn++) await Promise.resolve()
        return { snapshot: joined(updates), damaged: [] }
      }
      await Promise.all([one.compact(name, join), two.compact(name, join), one.append(name, [testBytes(4, 20)])])
      const found = joined((await two.load(name)).updates)
      assertEqual(fingerprint(found), fingerprint(joined([...records, testBytes(4, 20)])), 'all bytes, in order')
      await Promise.all([one[Symbol.asyncDispose](), two[Symbol.asyncDispose]()])
    },
  ),

  contractCase('[ST5] damaged records are set aside: they are neither loaded nor merged again', async (subject) => {
    let storage = await subject.open()
    await storage.append(name, records)
    await storage.compact(name, (updates) => ({ snapshot, damaged: updates.slice(1, 2) }))
    await assertHolds(storage, name, [snapshot])
    storage = await reopened(subject, storage)
    await assertHolds(storage, name, [snapshot])
    await storage.append(name, [testBytes(4, 20)])
    let seen: readonly string[] = []
    await storage.compact(name, (updates) => {
      seen = updates.map(fingerprint)
      return { snapshot: testBytes(1_001, 40), damaged: updates.slice(1) }
    })
    assertEqual(seen, [snapshot, testBytes(4, 20)].map(fingerprint), 'records handed to the second merge')
    await assertHolds(storage, name, [testBytes(1_001, 40)])
    assertEqual(await listed(storage), [name], 'names')
    await storage[Symbol.asyncDispose]()
  }),

  contractCase(
    '[ST4] where two can be open at once, each loads and compacts what the other stored',
    async (subject) => {
      if (!subject.shareable) return
      const [one, two] = [await subject.open(), await subject.open()]
      await one.append(name, [testBytes(1, 20)])
      await two.append(name, [testBytes(2, 20)])
      await one.append(name, [testBytes(3, 20)])
      await assertHolds(two, name, [testBytes(1, 20), testBytes(2, 20), testBytes(3, 20)])
      let seen = 0
      await one.compact(name, (updates) => {
        seen = updates.length
        return { snapshot, damaged: [] }
      })
      assertEqual(seen, 3, 'records handed to merge')
      await two.append(name, [testBytes(4, 20)])
      await assertHolds(one, name, [snapshot, testBytes(4, 20)])
      await two.append(other, [testBytes(5, 20)])
      assertEqual(await listed(one), [name, other].toSorted(), 'names')
      await one[Symbol.asyncDispose]()
      await assertHolds(two, name, [snapshot, testBytes(4, 20)])
      await two[Symbol.asyncDispose]()
    },
  ),

  contractCase(
    '[ST4] where two can be open at once, their appends and compactions at the same time lose nothing',
    async (subject) => {
      if (!subject.shareable) return
      const [one, two] = [await subject.open(), await subject.open()]
      const late = Array.from({ length: 10 }, (_, index) => testBytes(50 + index, 20))
      await one.append(name, records)
      const merged: string[] = []
      const compaction = one.compact(name, (updates) => {
        merged.push(...updates.map(fingerprint))
        return { snapshot, damaged: [] }
      })
      await Promise.all([compaction, ...late.map((record) => two.append(name, [record]))])
      const found = [...merged, ...(await one.load(name)).updates.map(fingerprint)]
      const expected = [...records, ...late, snapshot].map(fingerprint)
      assertEqual(found.toSorted(), expected.toSorted(), 'merged and loaded together')
      await Promise.all([one[Symbol.asyncDispose](), two[Symbol.asyncDispose]()])
    },
  ),
]
