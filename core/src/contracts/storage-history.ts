import type { HistoryStorage, NewSegment, Past } from '../ports/history-storage.ts'
import type { Storage } from '../ports/storage.ts'
import {
  assert,
  assertEqual,
  assertRejects,
  contractCase,
  fingerprint,
  testBytes,
  type ContractCase,
} from './contract.ts'
import { assertHolds, nameOf, storageCase, type StorageSubject } from './storage-subject.ts'

const name = nameOf('notes/today')
const other = nameOf('notes/tomorrow')
const records = [testBytes(1, 20), testBytes(2, 20), testBytes(3, 20)]
const snapshot = testBytes(1_000, 40)

const segment = (seed: number): NewSegment => ({
  from: 10 * seed,
  to: 10 * seed + 5,
  edits: seed,
  update: testBytes(2_000 + seed, 50),
})

/** A storage that keeps no history has none of these to pass. */
function historyCase(
  title: string,
  body: (storage: Storage, history: HistoryStorage) => Promise<void>,
): ContractCase<StorageSubject> {
  return storageCase(title, async (storage) => {
    if (storage.history !== undefined) await body(storage, storage.history)
  })
}

async function assertSegments(past: Past, expected: readonly NewSegment[]): Promise<void> {
  const found = await Promise.all(
    past.segments.map(async ({ id, from, to, edits, sizeBytes }) => ({
      from,
      to,
      edits,
      sizeBytes,
      update: fingerprint((await past.read(id)) ?? new Uint8Array()),
    })),
  )
  const wanted = expected.map(({ from, to, edits, update }) => ({
    from,
    to,
    edits,
    sizeBytes: update.byteLength,
    update: fingerprint(update),
  }))
  assertEqual(found, wanted, 'segments')
  assertEqual(past.isDamaged, false, 'damage')
}

const updatesOf = (past: Past): readonly string[] => past.records.map(({ update }) => fingerprint(update))

export const storageHistoryCases: readonly ContractCase<StorageSubject>[] = [
  historyCase('[HI1] the log is the newest part of a history, each record with its time', async (storage, history) => {
    const before = (await history.past(name)).now
    for (const record of records) await storage.append(name, [record])
    const past = await history.past(name)
    assertEqual(updatesOf(past), records.map(fingerprint), 'records')
    for (const { at } of past.records) {
      assert(
        typeof at === 'number' && at >= before && at <= past.now,
        `appended between ${before} and ${past.now}: ${at}`,
      )
    }
    assertEqual(past.segments, [], 'segments')
    assertEqual(updatesOf(await history.past(other)), [], 'records of a document that is not stored')
  }),

  contractCase('[HI1] a compaction puts segments in their place in one step with the snapshot', async (subject) => {
    let storage = await subject.open()
    if (storage.history === undefined) return storage[Symbol.asyncDispose]()
    await storage.append(name, records)
    await storage.append(other, records)
    let seen: Past | undefined
    await storage.compact(name, (_updates, past) => {
      seen = past
      return { snapshot, damaged: [], segments: [segment(1), segment(2)] }
    })
    assertEqual(seen === undefined ? [] : updatesOf(seen), records.map(fingerprint), 'the past handed to merge')
    await storage.append(name, [testBytes(4, 20)])
    await storage[Symbol.asyncDispose]()
    storage = await subject.open()
    await assertHolds(storage, name, [snapshot, testBytes(4, 20)])
    const past = await storage.history?.past(name)
    assert(past !== undefined, 'it still keeps a history')
    await assertSegments(past, [segment(1), segment(2)])
    assertEqual(
      past.records.map(({ at }) => at === 'folded'),
      [true, false],
      'which records the segments hold, too',
    )
    const [one, two] = [await storage.history?.outline(name), await storage.history?.outline(other)]
    assertEqual(one?.segments, past.segments, 'its outline')
    assertEqual([one?.retention, two?.segments], [past.retention, []], 'outlines')
    await storage[Symbol.asyncDispose]()
  }),

  historyCase('[HI1] a later compaction keeps, drops and adds segments as it says', async (storage, history) => {
    await storage.append(name, records)
    await storage.compact(name, () => ({ snapshot, damaged: [], segments: [segment(1), segment(2), segment(3)] }))
    const [first, , last] = (await history.past(name)).segments
    await storage.append(name, [testBytes(4, 20)])
    await storage.compact(name, () => ({
      snapshot,
      damaged: [],
      segments: [segment(5), { id: last?.id ?? 0 }, segment(6)],
    }))
    const past = await history.past(name)
    await assertSegments(past, [segment(5), segment(3), segment(6)])
    assertEqual(
      fingerprint((await past.read(first?.id ?? 0)) ?? new Uint8Array()),
      fingerprint(new Uint8Array()),
      'dropped',
    )
    await storage.compact(name, () => ({ snapshot, damaged: [], segments: [] }))
    await assertSegments(await history.past(name), [])
    assertEqual((await history.outline(name)).segments, [], 'its outline')
  }),

  historyCase('[HI1] a compaction that says nothing of segments leaves them', async (storage, history) => {
    await storage.append(name, records)
    await storage.compact(name, () => ({ snapshot, damaged: [], segments: [segment(1)] }))
    await storage.append(name, [testBytes(4, 20)])
    await storage.compact(name, () => ({ snapshot: testBytes(1_001, 40), damaged: [] }))
    const past = await history.past(name)
    await assertSegments(past, [segment(1)])
    assertEqual(
      past.records.map(({ at }) => at),
      [null],
      'of that snapshot nobody knows what is in the segments',
    )
  }),

  historyCase('[HI1] a compaction that did nothing leaves the history', async (storage, history) => {
    await storage.append(name, records)
    await storage.compact(name, () => null)
    await assertRejects(
      storage.compact(name, () => {
        throw new Error('no merge today')
      }),
      'compact',
    )
    await assertSegments(await history.past(name), [])
    assertEqual(updatesOf(await history.past(name)), records.map(fingerprint), 'records')
  }),

  contractCase('[HI2] how long a history is kept is remembered by document; none drops it', async (subject) => {
    let storage = await subject.open()
    if (storage.history === undefined) return storage[Symbol.asyncDispose]()
    for (const each of [name, other]) {
      await storage.append(each, records)
      await storage.compact(each, () => ({ snapshot, damaged: [], segments: [segment(1)] }))
    }
    const ofPeer = (await storage.history.past(name)).retention
    await storage.history.retain(name, { days: 7 })
    await storage.history.retain(other, 'none')
    await assertRejects(storage.history.retain(nameOf('not stored'), 'all'), 'of a document that is not there')
    await storage[Symbol.asyncDispose]()
    storage = await subject.open()
    const [one, two] = [await storage.history?.past(name), await storage.history?.past(other)]
    assertEqual([one?.retention, two?.retention], [{ days: 7 }, 'none'], 'retentions')
    assertEqual([one?.segments.length, two?.segments.length], [1, 0], 'segments')
    await assertHolds(storage, other, [snapshot])
    await storage.history?.retain(name, null)
    assertEqual((await storage.history?.past(name))?.retention, ofPeer, 'as the peer has it')
    await storage[Symbol.asyncDispose]()
  }),
]
