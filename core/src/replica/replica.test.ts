import { describe, expect, it } from 'vitest'
import * as Y from 'yjs'
import { docOf, hasPending, mergeOne, probe, stateOf, typed, updateOf } from '../../test/replicas.ts'
import { limits } from '../limits.ts'
import { bulkLimits } from './gate.ts'

function textIn(doc: Y.Doc): string {
  return doc.getText('t').toString()
}

/** A document somewhere else, and the updates that made it. */
function elsewhere() {
  const source = docOf(9)
  const updates = [
    ...typed(source, 'base'),
    updateOf(source, () => source.getMap('m').set('nested', new Y.Map<number>())),
  ]
  return { source, updates }
}

/** An update of client 5 that builds on everything in `elsewhere`. */
function onTopOf(edit: (doc: Y.Doc) => void): Uint8Array {
  const editor = docOf(5, ...elsewhere().updates)
  return updateOf(editor, () => edit(editor))
}

describe('[DS7] three answers: known, news, waiting (YJS.md, traps 2 and 7)', () => {
  it('[DS7] what is new is news, and what came before is known', () => {
    const [first, second] = typed(docOf(9), 'ab')
    const { replica, doc } = probe()
    expect(mergeOne(replica, first!)).toMatchObject({ type: 'news', inspection: { to: new Map([[9, 1]]) } })
    expect(mergeOne(replica, first!).type).toBe('known')
    expect(mergeOne(replica, second!).type).toBe('news')
    expect(textIn(doc)).toBe('ab')
  })

  it('[DS2] [DS7] deletes alone are news, and known when they come again', () => {
    const { source, updates } = elsewhere()
    const deletion = updateOf(source, () => source.getText('t').delete(0, 2))
    const { replica, doc } = probe()
    replica.merge(updates, bulkLimits)
    expect(mergeOne(replica, deletion)).toMatchObject({ type: 'news', inspection: { hasDeletes: true } })
    expect(textIn(doc)).toBe('se')
    expect(mergeOne(replica, deletion).type).toBe('known')
  })

  it.each([
    ['an earlier clock of the same client', () => elsewhere().updates[2]!],
    ['an origin', () => onTopOf((doc) => doc.getText('t').insert(4, '!'))],
    ['a right origin', () => onTopOf((doc) => doc.getText('t').insert(0, '!'))],
    ['a parent', () => onTopOf((doc) => (doc.getMap('m').get('nested') as Y.Map<number>).set('deep', 1))],
    ['a deleted struct', () => onTopOf((doc) => doc.getText('t').delete(1, 2))],
    ['its own middle', () => Y.mergeUpdates([elsewhere().updates[0]!, elsewhere().updates[2]!])],
  ])('[DS7] an update that builds on %s waits: nothing of it is applied, nothing is pending', (_what, make) => {
    const update = make()
    const { replica, doc, calls } = probe()
    expect(mergeOne(replica, update)).toEqual({ type: 'waiting' })
    expect(replica.takeChanges()).toEqual([])
    expect([doc.store.clients.size, hasPending(doc), calls.changed]).toEqual([0, false, 0])
  })

  it.each([
    ['an earlier clock', () => elsewhere().updates[2]!, 2],
    ['its own middle', () => Y.mergeUpdates([elsewhere().updates[0]!, elsewhere().updates[2]!]), 2],
    ['an origin', () => onTopOf((doc) => doc.getText('t').insert(4, '!')), 4],
    ['a deleted struct', () => onTopOf((doc) => doc.getText('t').delete(1, 2)), 3],
  ])('[DS7] an update that waited for %s is news as soon as that is here', (_what, make, count) => {
    const update = make()
    const { replica, doc } = probe()
    for (const missing of elsewhere().updates.slice(0, count)) {
      expect(mergeOne(replica, update).type).toBe('waiting')
      expect(mergeOne(replica, missing).type).toBe('news')
    }
    expect(mergeOne(replica, update).type).toBe('news')
    expect(hasPending(doc)).toBe(false)
  })

  it('[DS7] updates in one call may build on one another', () => {
    const { replica, doc } = probe()
    const [a, b, c] = typed(docOf(9), 'abc')
    const answers = replica.merge([b!, a!, b!, c!, a!], bulkLimits).map((merged) => merged.type)
    expect(answers).toEqual(['waiting', 'news', 'news', 'news', 'known'])
    expect(textIn(doc)).toBe('abc')
  })

  it('[DS7] updates that build on one another in a circle never become pending', () => {
    const { replica, doc } = probe()
    const merged = mergeOne(replica, circular())
    expect(merged.type).toMatch(/refused|waiting/)
    expect(hasPending(doc)).toBe(false)
  })
})

/** Two structs of two clients, each with the other as its origin: whole, within all limits, and in no possible order. */
function circular(): Uint8Array {
  const struct = (client: number, origin: number): readonly number[] => [1, client, 0, 0x84, origin, 0, 1, 97]
  return Uint8Array.from([2, ...struct(8, 7), ...struct(7, 8), 0])
}

describe('[DS9] what the document announces, whoever changed it (YJS.md, trap 1)', () => {
  it('[DS9] an edit is a change to be sent, as Yjs announced it', () => {
    const { replica, doc, calls } = probe()
    const update = updateOf(doc, () => doc.getText('t').insert(0, 'a'))
    expect(replica.takeChanges()).toEqual([{ update, isEdit: true }])
    expect(replica.takeChanges()).toEqual([])
    expect(calls.changed).toBe(1)
  })

  it('[DS9] a merge is a change to be logged, not an edit', () => {
    const { replica, calls } = probe()
    const [update] = typed(docOf(9), 'a')
    mergeOne(replica, update!)
    expect(replica.takeChanges()).toEqual([{ update, isEdit: false }])
    expect(calls.changed).toBe(1)
  })

  it('[DS9] an observer that edits in the middle of a merge makes an edit of its own', () => {
    const { replica, doc } = probe()
    const announcedUpdates: Uint8Array[] = []
    doc.on('update', (update: Uint8Array) => announcedUpdates.push(update))
    doc.getText('t').observe(() => {
      if (doc.getMap('count').size === 0) doc.getMap('count').set('seen', 1)
    })
    const [update] = typed(docOf(9), 'a')
    mergeOne(replica, update!)
    const changes = replica.takeChanges()
    expect(changes.map((change) => change.isEdit)).toEqual([false, true])
    expect(changes.map((change) => change.update)).toEqual(announcedUpdates)
    // Together they rebuild the document: nothing is missing from the log.
    expect(stateOf(docOf(99, ...changes.map((change) => change.update)))).toBe(stateOf(doc))
  })

  it.each(['merge', 'load'] as const)('[DS9] a listener that edits inside a %s: its edit is not lost in it', (how) => {
    const { replica, doc } = probe()
    let isFirst = true
    doc.on('beforeTransaction', () => {
      if (isFirst) doc.getText('mine').insert(0, 'edit')
      isFirst = false
    })
    const [update] = typed(docOf(9), 'a')
    if (how === 'merge') mergeOne(replica, update!)
    else replica.load([update!])
    const changes = replica.takeChanges()
    expect(changes.map((change) => change.isEdit)).toEqual([true])
    const rebuilt = docOf(99, update!, ...changes.map((change) => change.update))
    expect(rebuilt.getText('mine').toString()).toBe('edit')
    expect(stateOf(rebuilt)).toBe(stateOf(doc))
  })

  it('[DS9] what is loaded from the own log is no change', () => {
    const { replica, doc, calls } = probe()
    expect(replica.load(typed(docOf(9), 'abc'))).toEqual([])
    expect(textIn(doc)).toBe('abc')
    expect([replica.takeChanges(), calls.changed]).toEqual([[], 0])
  })

  it("[DS9] an app's own document with content: all of it is an edit made here", () => {
    const doc = docOf(77)
    typed(doc, 'mine')
    const { replica } = probe({ doc })
    const changes = replica.takeChanges()
    expect(changes.map((change) => change.isEdit)).toEqual([true])
    expect(textIn(docOf(99, changes[0]!.update))).toBe('mine')
    expect([replica.doc, doc.clientID]).toEqual([doc, 77])
    typed(doc, '!')
    expect(replica.takeChanges()).toHaveLength(1)
  })

  it('[DS9] a released replica watches no longer, and the app keeps its document', () => {
    const { replica, doc, calls } = probe()
    replica.release()
    typed(doc, 'a')
    expect([replica.takeChanges(), calls.changed, textIn(doc)]).toEqual([[], 0, 'a'])
  })
})

describe('[DS11] client ids', () => {
  it('[DS11] a new document has a fresh one', () => {
    const { doc, calls } = probe({ clientId: 5 })
    expect([doc.clientID, calls.fresh]).toEqual([5, 1])
  })

  it('[DS11] one that somebody else writes under is given up for a fresh one', () => {
    const { replica, doc } = probe({ clientId: 9 })
    mergeOne(replica, typed(docOf(9), 'a')[0]!)
    expect(doc.clientID).toBe(1009)
    expect(typed(doc, 'b')).toHaveLength(1)
    expect(replica.vector()).toEqual(
      new Map([
        [9, 1],
        [1009, 1],
      ]),
    )
  })

  it('[DS11] why: two writers under one client id differ for ever, and no comparison shows it (YJS.md, trap 11)', () => {
    const [one, other] = [probe({ clientId: 9 }), probe({ clientId: 9 })]
    typed(one.doc, 'a')
    typed(other.doc, 'b')
    expect(mergeOne(one.replica, Y.encodeStateAsUpdate(other.doc)).type).toBe('known')
    expect(textIn(one.doc)).not.toBe(textIn(other.doc))
    expect(one.replica.digest()).toEqual(other.replica.digest())
  })
})

describe('[DS3] who holds what', () => {
  function pair() {
    const [ours, theirs] = [probe({ clientId: 1 }), probe({ clientId: 2 })]
    const shared = typed(docOf(9), 'shared')
    for (const { replica } of [ours, theirs]) replica.merge(shared, bulkLimits)
    return { ours, theirs }
  }

  it('[DS2] [DS3] the very same', () => {
    const { ours, theirs } = pair()
    expect(ours.replica.compare(theirs.replica.have())).toBeNull()
  })

  it('[DS3] they lack structs, we lack structs, both do', () => {
    const { ours, theirs } = pair()
    typed(ours.doc, 'a')
    const [a, b] = [ours.replica, theirs.replica]
    expect(a.compare(b.have())).toMatchObject({ theyLack: true, weLack: false, deletesDiffer: false })
    expect(b.compare(a.have())).toMatchObject({ theyLack: false, weLack: true, deletesDiffer: false })
    typed(theirs.doc, 'b')
    expect(a.compare(b.have())).toMatchObject({ theyLack: true, weLack: true, deletesDiffer: false })
  })

  it('[DS2] [DS3] the same structs and other deletes (YJS.md, trap 3)', () => {
    const { ours, theirs } = pair()
    ours.doc.getText('t').delete(0, 1)
    expect(ours.replica.have().stateVector).toEqual(theirs.replica.have().stateVector)
    expect(ours.replica.digest()).not.toEqual(theirs.replica.digest())
    const difference = ours.replica.compare(theirs.replica.have())
    expect(difference).toMatchObject({ theyLack: false, weLack: false, deletesDiffer: true })
    expect(theirs.replica.compare(ours.replica.have())).toMatchObject({ deletesDiffer: true })
  })

  it('[DS3] what is missing there brings it level, and only what is missing', () => {
    const { ours, theirs } = pair()
    typed(ours.doc, 'a')
    const update = ours.replica.missing(theirs.replica.vector())
    expect(update.byteLength).toBeLessThan(ours.replica.snapshot().byteLength)
    expect(mergeOne(theirs.replica, update).type).toBe('news')
    expect(theirs.replica.digest()).toEqual(ours.replica.digest())
  })

  it('[DS6] what is no state vector is a sentence, not an exception', () => {
    const { replica } = probe()
    const { deletes } = replica.have()
    expect(replica.compare({ stateVector: Uint8Array.of(9, 9), deletes })).toContain('not a state vector')
  })

  it('[DS2] have and digest follow every change', () => {
    const { replica, doc } = probe()
    const digests = new Set<string>()
    const note = (): void => void digests.add(replica.digest().join())
    note()
    typed(doc, 'a')
    note()
    mergeOne(replica, typed(docOf(9), 'b')[0]!)
    note()
    doc.getText('t').delete(0, 1)
    note()
    replica.load(typed(docOf(8), 'c'))
    note()
    expect(digests.size).toBe(5)
  })
})

describe('[ST5] a damaged log (YJS.md, trap 7)', () => {
  it('[ST5] records that are no updates cost only themselves', () => {
    const [a, b, c] = [typed(docOf(7), 'a'), typed(docOf(8), 'b'), typed(docOf(9), 'c')].flat()
    const damaged = [Uint8Array.of(1, 2, 3), b!.slice(0, 5), new Uint8Array(0)]
    const { replica } = probe()
    expect(replica.load([a!, damaged[0]!, b!, damaged[1]!, damaged[2]!, c!])).toEqual(damaged)
    expect(replica.vector().size).toBe(3)
  })

  it('[DS7] [ST5] what builds on a lost record does not travel, and is there once the record was fetched', () => {
    const source = docOf(9)
    const [a, b, c] = typed(source, 'abc')
    const { replica, doc } = probe()
    replica.load([a!, c!])
    expect(replica.vector()).toEqual(new Map([[9, 1]]))
    // Neither in what we say we hold, nor in what we send.
    expect(Y.decodeStateVector(replica.have().stateVector)).toEqual(new Map([[9, 1]]))
    for (const update of [replica.snapshot(), replica.missing(new Map())]) {
      const there = docOf(99, update)
      expect([hasPending(there), textIn(there)]).toEqual([false, 'a'])
    }
    // It still waits here, in case nobody else has it.
    expect(hasPending(doc)).toBe(true)
    expect(mergeOne(replica, b!).type).toBe('news')
    expect([hasPending(doc), textIn(doc)]).toEqual([false, 'abc'])
    expect(textIn(docOf(99, replica.snapshot()))).toBe('abc')
  })

  it.each([
    ['clients', () => manyClients(limits.clientsMax + 1)],
    ['deletes', () => manyDeletes(limits.deleteRangesMax + 1)],
  ])('[ST5] what was let in piece by piece is no damage when it is one big record: %s', (_what, make) => {
    const { replica } = probe()
    expect(replica.load([make()]).length).toBe(0)
    expect(replica.vector().size).toBeGreaterThan(0)
  })
})

/** One update of so many clients, each with one key in a map. */
function manyClients(count: number): Uint8Array {
  const structs = Array.from({ length: count }, (_, at) => {
    const client = varUint(count - at)
    return [1, ...client, 0, 0x28, 1, 1, 109, 1, 107, 1, 0x7d, 0]
  })
  return Uint8Array.from([...varUint(count), ...structs.flat(), 0])
}

/** One update with so many ranges of deleted text. */
function manyDeletes(count: number): Uint8Array {
  const doc = docOf(9)
  doc.getText('t').insert(0, 'ab'.repeat(count))
  const update = Y.encodeStateAsUpdate(doc).slice(0, -1)
  const ranges = Array.from({ length: count }, (_, at) => [...varUint(at * 2), 1])
  return Uint8Array.from([...update, 1, 9, ...varUint(count), ...ranges.flat()])
}

function varUint(value: number): readonly number[] {
  return value > 127 ? [(value & 127) | 128, ...varUint(value >>> 7)] : [value]
}
