import type { Storage } from '../ports/storage.ts'
import { assertEqual, contractCase, fingerprint, testBytes, type ContractCase } from './contract.ts'
import { assertHolds, listed, nameOf, storageCase, type StorageSubject } from './storage-subject.ts'

const name = nameOf('notes/today')
const other = nameOf('notes/tomorrow')
const [note, later] = [testBytes(7, 60), testBytes(8, 90)]
const snapshot = testBytes(1_000, 40)

type Expected = { readonly bytes: Uint8Array; readonly isCurrent: boolean } | null

/** Both ways to it must say the same. */
async function assertNote(storage: Storage, expected: Expected, of = name): Promise<void> {
  const shown = (found: Expected) => found && [fingerprint(found.bytes), found.isCurrent]
  assertEqual(shown((await storage.load(of)).note), shown(expected), 'the loaded note')
  const found: unknown[] = []
  for await (const each of storage.list()) if (each.name === of) found.push(shown(each.note))
  assertEqual(found, [shown(expected)], 'the listed note')
}

export const storageNoteCases: readonly ContractCase<StorageSubject>[] = [
  contractCase('[ST9] a note is stored with the append it came with, and the last one counts', async (subject) => {
    let storage = await subject.open()
    await storage.append(name, [testBytes(1, 20)])
    await assertNote(storage, null)
    await storage.append(name, [testBytes(2, 20)], note)
    await assertNote(storage, { bytes: note, isCurrent: true })
    await storage.append(name, [testBytes(3, 20)], later)
    await assertNote(storage, { bytes: later, isCurrent: true })
    await storage[Symbol.asyncDispose]()
    storage = await subject.open()
    await assertNote(storage, { bytes: later, isCurrent: true })
    await assertHolds(storage, name, [testBytes(1, 20), testBytes(2, 20), testBytes(3, 20)])
    await storage[Symbol.asyncDispose]()
  }),

  contractCase('[ST9] it stays, and is not current, when something is appended without one', async (subject) => {
    let storage = await subject.open()
    await storage.append(name, [testBytes(1, 20)], note)
    await storage.append(other, [testBytes(1, 20)], later)
    await storage.append(name, [testBytes(2, 20)])
    await assertNote(storage, { bytes: note, isCurrent: false })
    await assertNote(storage, { bytes: later, isCurrent: true }, other)
    await storage[Symbol.asyncDispose]()
    storage = await subject.open()
    await assertNote(storage, { bytes: note, isCurrent: false })
    await storage.append(name, [], later)
    await assertNote(storage, { bytes: later, isCurrent: true })
    await storage[Symbol.asyncDispose]()
  }),

  storageCase('[ST9] alone it is kept only of a document that has updates', async (storage) => {
    await storage.append(name, [], note)
    assertEqual(await listed(storage), [], 'names')
    assertEqual((await storage.load(name)).note, null, 'the note')
    await storage.append(name, [testBytes(1, 20)])
    await assertNote(storage, null)
    await storage.append(name, [], new Uint8Array(0))
    await assertNote(storage, { bytes: new Uint8Array(0), isCurrent: true })
    await assertHolds(storage, name, [testBytes(1, 20)])
  }),

  contractCase('[ST4] [ST9] compacting changes nothing about it', async (subject) => {
    let storage = await subject.open()
    await storage.append(name, [testBytes(1, 20), testBytes(2, 20)], note)
    await storage.compact(name, () => ({ snapshot, damaged: [] }))
    await assertNote(storage, { bytes: note, isCurrent: true })
    await storage[Symbol.asyncDispose]()
    storage = await subject.open()
    await assertNote(storage, { bytes: note, isCurrent: true })
    await storage.append(name, [testBytes(3, 20)])
    await storage.compact(name, () => ({ snapshot, damaged: [] }))
    await assertNote(storage, { bytes: note, isCurrent: false })
    await storage[Symbol.asyncDispose]()
  }),

  storageCase('[ST9] of appends at the same time the last one decides', async (storage) => {
    const appends = Array.from({ length: 20 }, (_, index) =>
      storage.append(name, [testBytes(index, 20)], testBytes(100 + index, 10)),
    )
    await Promise.all(appends)
    await assertNote(storage, { bytes: testBytes(119, 10), isCurrent: true })
    await Promise.all([storage.append(name, [testBytes(50, 20)], note), storage.append(name, [testBytes(51, 20)])])
    await assertNote(storage, { bytes: note, isCurrent: false })
  }),

  storageCase('[ST9] its bytes belong to the caller', async (storage) => {
    const bytes = note.slice()
    await storage.append(name, [testBytes(1, 20)], bytes)
    bytes.fill(0)
    ;(await storage.load(name)).note?.bytes.fill(0)
    await assertNote(storage, { bytes: note, isCurrent: true })
  }),

  contractCase('[ST9] where two can be open at once, the append of one makes it old for the other', async (subject) => {
    if (!subject.shareable) return
    const [one, two] = [await subject.open(), await subject.open()]
    await one.append(name, [testBytes(1, 20)], note)
    await assertNote(two, { bytes: note, isCurrent: true })
    await two.append(name, [testBytes(2, 20)])
    await assertNote(one, { bytes: note, isCurrent: false })
    await two.append(name, [], later)
    await assertNote(one, { bytes: later, isCurrent: true })
    await Promise.all([one[Symbol.asyncDispose](), two[Symbol.asyncDispose]()])
  }),

  storageCase('[ST9] a thousand documents are listed with theirs', async (storage) => {
    const texts = Array.from({ length: 1_000 }, (_, index) => `document ${index}`)
    await Promise.all(
      texts.map((text, index) => storage.append(nameOf(text), [testBytes(index, 50)], testBytes(index, 16))),
    )
    const found = new Map<string, string | undefined>()
    for await (const each of storage.list()) found.set(each.name, each.note ? fingerprint(each.note.bytes) : undefined)
    assertEqual(
      texts.map((text) => found.get(text)),
      texts.map((_, index) => fingerprint(testBytes(index, 16))),
      'notes',
    )
  }),
]
