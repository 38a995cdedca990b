/** Documents and replicas for tests, and questions to them that do not go through core. */
import * as Y from 'yjs'
import { bulkLimits } from '../src/replica/gate.ts'
import type { Merged } from '../src/replica/merged.ts'
import { Replica } from '../src/replica/replica.ts'
import type { SeededRandom } from './seeded-random.ts'

export interface Probe {
  readonly replica: Replica
  readonly doc: Y.Doc
  /** Messages of whatever the replica reported as thrown, each with its place. */
  readonly faults: string[]
  /** How often it said that it had changed. */
  readonly calls: { changed: number; fresh: number }
}

export interface ProbeOptions {
  readonly clientId?: number
  /** An app's own document. */
  readonly doc?: Y.Doc
  readonly origin?: unknown
}

/** A replica whose client ids are `clientId`, `clientId + 1000`, … */
export function probe(options: ProbeOptions = {}): Probe {
  const { clientId = 1, doc, origin = 'knotwork' } = options
  const faults: string[] = []
  const calls = { changed: 0, fresh: 0 }
  const replica = new Replica(
    {
      origin,
      freshClientId: () => clientId + 1000 * calls.fresh++,
      faulted: (thrown, where) => faults.push(`${where}: ${thrown instanceof Error ? thrown.message : String(thrown)}`),
      changed: () => void calls.changed++,
    },
    doc,
  )
  return { replica, doc: replica.doc, faults, calls }
}

/** A plain Y.Doc under a fixed client id. */
export function docOf(clientId: number, ...updates: readonly Uint8Array[]): Y.Doc {
  const doc = new Y.Doc()
  doc.clientID = clientId
  for (const update of updates) Y.applyUpdate(doc, update)
  return doc
}

/** The updates that a document announces while `edit` runs. */
export function announced(doc: Y.Doc, edit: () => void): readonly Uint8Array[] {
  const updates: Uint8Array[] = []
  const listen = (update: Uint8Array): void => void updates.push(update)
  doc.on('update', listen)
  edit()
  doc.off('update', listen)
  return updates
}

/** The one update that a document announces while `edit` runs. */
export function updateOf(doc: Y.Doc, edit: () => void): Uint8Array {
  const updates = announced(doc, edit)
  const [update] = updates
  if (update === undefined || updates.length !== 1) throw new Error(`announced ${updates.length} updates`)
  return update
}

/** One update for each character, typed one after the other at the end. */
export function typed(doc: Y.Doc, text: string, root = 't'): readonly Uint8Array[] {
  return announced(doc, () => {
    for (const character of text) doc.getText(root).insert(doc.getText(root).length, character)
  })
}

export function mergeOne(replica: Replica, update: Uint8Array): Merged {
  const [merged] = replica.merge([update], bulkLimits)
  if (merged === undefined) throw new Error('no answer')
  return merged
}

/** Whether the document keeps anything that waits for something missing. */
export function hasPending(doc: Y.Doc): boolean {
  return doc.store.pendingStructs !== null || doc.store.pendingDs !== null
}

/** Everything two documents must agree on, spelled out: how far each client is known, and each clock that is deleted. */
export function stateOf(doc: Y.Doc): string {
  const clients = [...doc.store.clients].toSorted(([a], [b]) => a - b)
  return JSON.stringify(
    clients.map(([client, structs]) => ({
      client,
      clock: Y.getState(doc.store, client),
      deleted: structs.flatMap((struct) =>
        struct.deleted ? Array.from({ length: struct.length }, (_, at) => struct.id.clock + at) : [],
      ),
    })),
  )
}

/** Some edit of a text, a map, an array or a nested type. */
export function editAtRandom(doc: Y.Doc, random: SeededRandom): void {
  const [text, map, array] = [doc.getText('text'), doc.getMap('map'), doc.getArray('array')]
  switch (random.below(7)) {
    case 0:
    case 1:
      return text.insert(random.below(text.length + 1), random.pick(['a', 'bc', 'def', '📓']))
    case 2: {
      const at = random.below(text.length + 1)
      return text.delete(at, Math.min(1 + random.below(4), text.length - at))
    }
    case 3:
      return void map.set(random.pick(['k', 'l', '__proto__']), random.below(100))
    case 4:
      return map.delete(random.pick(['k', 'l']))
    case 5:
      return array.insert(random.below(array.length + 1), [random.chance(0.3) ? new Y.Text('in') : random.below(9)])
    default: {
      const nested = array.length === 0 ? undefined : array.get(random.below(array.length))
      if (nested instanceof Y.Text) nested.insert(0, 'x')
      else if (array.length > 0) array.delete(random.below(array.length))
    }
  }
}

/** Everything one document has and the other lacks. */
export function exchange(from: Y.Doc, to: Y.Doc): void {
  Y.applyUpdate(to, Y.encodeStateAsUpdate(from, Y.encodeStateVector(to)))
}
