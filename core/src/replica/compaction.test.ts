import { describe, expect, it } from 'vitest'
import * as Y from 'yjs'
import { docOf, editAtRandom, exchange, hasPending, probe, stateOf, typed, updateOf } from '../../test/replicas.ts'
import { SeededRandom } from '../../test/seeded-random.ts'
import { compactUpdates } from './compaction.ts'
import { renderJson } from './rendering.ts'

describe('[ST4] compaction', () => {
  it('[ST4] one record holds everything that many did, in any order of several writers', () => {
    for (let seed = 1; seed <= 20; seed++) {
      const random = new SeededRandom(seed)
      const docs = [docOf(1), docOf(2), docOf(3)]
      const log: Uint8Array[] = []
      const all = docOf(99)
      all.on('update', (update: Uint8Array) => log.push(update))
      for (let round = 0; round < 80; round++) {
        const doc = random.pick(docs)
        doc.transact(() => editAtRandom(doc, random))
        if (random.chance(0.5)) exchange(doc, all)
      }
      for (const doc of docs) exchange(doc, all)
      const { snapshot, damaged } = compactUpdates(log)
      expect(damaged).toEqual([])
      expect(stateOf(docOf(98, snapshot))).toBe(stateOf(all))
      expect(renderJson(snapshot)).toEqual(renderJson(Y.encodeStateAsUpdate(all)))
    }
  })

  it('[ST4] compacting what was compacted changes nothing', () => {
    const { snapshot } = compactUpdates(typed(docOf(9), 'abc'))
    expect(compactUpdates([snapshot]).snapshot).toEqual(snapshot)
    expect(compactUpdates([snapshot, snapshot]).snapshot).toEqual(snapshot)
  })

  it('[ST4] deleted text does not survive it (YJS.md, trap 6)', () => {
    const source = docOf(9)
    const insert = updateOf(source, () => source.getText('t').insert(0, 'secret'))
    const deletion = updateOf(source, () => source.getText('t').delete(0, 6))
    expect(Buffer.from(Y.mergeUpdates([insert, deletion])).includes('secret')).toBe(true)
    for (const log of [
      [insert, deletion],
      [compactUpdates([insert, deletion]).snapshot, insert],
    ]) {
      const { snapshot } = compactUpdates(log)
      expect(Buffer.from(snapshot).includes('secret')).toBe(false)
      expect(stateOf(docOf(98, snapshot))).toBe(stateOf(source))
    }
  })

  it('[ST4] [ST5] what builds on a lost record is kept for the day it comes back', () => {
    const [a, b, c] = typed(docOf(9), 'abc')
    const { snapshot } = compactUpdates([a!, c!])
    const { replica, doc } = probe()
    expect(replica.load([snapshot])).toEqual([])
    expect(hasPending(doc)).toBe(true)
    replica.load([b!])
    expect(doc.getText('t').toString()).toBe('abc')
  })
})

describe('[ST5] damaged records', () => {
  it('[ST5] are handed back to be set aside; the others are kept', () => {
    const [a, b] = typed(docOf(9), 'ab')
    const broken = [Uint8Array.of(7, 7, 7), b!.slice(0, 6), new Uint8Array(0)]
    const { snapshot, damaged } = compactUpdates([broken[0]!, a!, broken[1]!, b!, broken[2]!])
    expect(damaged).toEqual(broken)
    expect(docOf(98, snapshot).getText('t').toString()).toBe('ab')
  })

  it('[ST5] a log of nothing but damage becomes an empty record', () => {
    const { snapshot, damaged } = compactUpdates([Uint8Array.of(7, 7, 7)])
    expect([damaged.length, docOf(98, snapshot).store.clients.size]).toEqual([1, 0])
  })
})
