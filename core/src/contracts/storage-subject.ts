import { documentName, type DocumentName } from '../ids.ts'
import type { Storage } from '../ports/storage.ts'
import { assert, assertEqual, contractCase, fingerprint, type ContractCase } from './contract.ts'

/** One place where documents are kept (a directory, an origin's databases), empty when it is made. */
export interface StorageSubject extends AsyncDisposable {
  /** Opens the storage of this place; after a close, once more. */
  open(): Promise<Storage>
  /** Whether it can be open twice at once (two tabs), each seeing what the other stored. */
  readonly shareable: boolean
}

/** A case with a storage that is open already. */
export function storageCase(title: string, body: (storage: Storage) => Promise<void>): ContractCase<StorageSubject> {
  return contractCase(title, async (subject) => {
    const storage = await subject.open()
    try {
      await body(storage)
    } finally {
      await storage[Symbol.asyncDispose]()
    }
  })
}

export function nameOf(text: string): DocumentName {
  const name = documentName(text)
  assert(name.ok, `${JSON.stringify(text)} is a document name`)
  return name.value
}

/** Checks that a document holds exactly these records, in this order, as plain Uint8Arrays. */
export async function assertHolds(
  storage: Storage,
  name: DocumentName,
  expected: readonly Uint8Array[],
): Promise<void> {
  const { updates, unreadable } = await storage.load(name)
  assertEqual(updates.map(fingerprint), expected.map(fingerprint), `records of ${JSON.stringify(name)}`)
  assertEqual(unreadable, 0, `unreadable records of ${JSON.stringify(name)}`)
  for (const update of updates) {
    // A Node Buffer is a Uint8Array whose `slice` shares memory: a trap for whoever decodes it.
    assert(Object.getPrototypeOf(update) === Uint8Array.prototype, 'a record is a plain Uint8Array')
  }
}

export async function listed(storage: Storage): Promise<readonly string[]> {
  const names: string[] = []
  for await (const { name } of storage.list()) names.push(name)
  return names.toSorted()
}
