import { describe, expect, it } from 'vitest'
import * as Y from 'yjs'
import { withFlippedBit } from '../../test/bytes.ts'
import { docOf, hasPending, stateOf, typed, updateOf } from '../../test/replicas.ts'
import { SeededRandom } from '../../test/seeded-random.ts'
import { editRichly, session } from '../../test/sessions.ts'
import { coldReplica, Twins } from '../../test/twins.ts'
import { digestOfNothing } from './digest.ts'
import { DeletedRanges } from './deleted-ranges.ts'
import { bulkLimits } from './gate.ts'
import type { Replica } from './replica.ts'

const seeds = Array.from({ length: 15 }, (_, at) => at + 1)

/** All there is in a document, spelled out; a document in a document has a random client id. */
function contentOf(doc: Y.Doc): unknown {
  const roots = [doc.getMap('m'), doc.getArray('a'), doc.getMap('map'), doc.getArray('array')]
  const texts = [doc.getText('t').toDelta(), doc.getText('text').toDelta(), doc.getXmlFragment('x').toString()]
  const json = JSON.stringify([...roots, ...texts], (_key, value: unknown) =>
    value instanceof Y.Doc ? value.guid : value,
  )
  return JSON.parse(json)
}

/** The digest of a replica that was told these, and whether any of them had to wait. */
function afterAll(updates: readonly Uint8Array[]): unknown {
  const replica = coldReplica()
  const hasWaited = replica.merge(updates, bulkLimits).some(({ type }) => type === 'waiting')
  return { digest: replica.digest(), hasWaited }
}

describe('[DS2] a document held as bytes and one held as a Y.Doc say the same', () => {
  it('[DS2] [DS7] of everything that editors write, in any order: news or known, have, digest', () => {
    for (const seed of seeds) {
      const random = new SeededRandom(seed)
      const { updates } = session(random, editRichly)
      const twins = new Twins()
      twins.tell(updates, random)
      expect(twins.cold.isCold).toBe(true)
      expect(updates.map((update) => twins.merge(update))).toEqual(updates.map(() => 'known'))
    }
  })

  it('[DS3] what is missing anywhere brings that one level, and one that has nothing', () => {
    for (const seed of seeds) {
      const random = new SeededRandom(seed)
      const { updates: told, docs } = session(random, editRichly)
      const twins = new Twins()
      twins.tell(told, random)
      for (const doc of [...docs, docOf(98)]) {
        const vector = Y.decodeStateVector(Y.encodeStateVector(doc))
        const state = Y.encodeStateAsUpdate(doc)
        const updates = [twins.cold, twins.live].map((replica) => replica.missing(vector))
        const [fromBytes, fromDoc] = updates.map((update) => afterAll([state, update]))
        expect(fromBytes).toEqual(fromDoc)
        expect(fromBytes).toMatchObject({ hasWaited: false })
        const [one, other] = updates.map((update) => docOf(97, state, update))
        expect(hasPending(one!)).toBe(false)
        // Where a Y.Doc tidies up formats, what it deletes depends on what came at once.
        const areSame = stateOf(one!) === stateOf(other!)
        expect(areSame ? contentOf(one!) : null).toEqual(areSame ? contentOf(other!) : null)
      }
    }
  })

  it('[DS3] what is missing without deletes: the same structs, and none of the deletes', () => {
    for (const seed of seeds) {
      const random = new SeededRandom(seed)
      const { updates: told, docs } = session(random, editRichly)
      const twins = new Twins()
      twins.tell(told, random)
      for (const doc of docs) {
        const vector = Y.decodeStateVector(Y.encodeStateVector(doc))
        for (const replica of [twins.cold, twins.live]) {
          const [all, none] = [replica.missing(vector), replica.missing(vector, new DeletedRanges())]
          // The bytes of the structs, and a delete set of no clients.
          expect(none).toEqual(Uint8Array.of(...all.subarray(0, none.byteLength - 1), 0))
          expect(Y.decodeUpdate(none).structs).toHaveLength(Y.decodeUpdate(all).structs.length)
        }
      }
    }
  })

  it('[DS3] what was deleted since brings level who had all deletes then, and who has them now gets none', () => {
    let known = 0
    for (const seed of seeds) {
      const random = new SeededRandom(seed)
      const { updates } = session(random, editRichly)
      for (const replica of [coldReplica(), new Twins().live]) {
        const before: Replica[] = []
        for (const update of updates) {
          replica.merge([update], bulkLimits)
          if (!random.chance(0.1)) continue
          before.push(coldReplica())
          before.at(-1)?.load([replica.snapshot()])
          replica.have()
        }
        for (const one of before) {
          const since = replica.deletedSince(one.have().deletes)
          if (since === null) continue
          known++
          one.merge([replica.missing(one.vector(), since)], bulkLimits)
          expect(one.digest()).toEqual(replica.digest())
          expect(replica.deletedSince(one.have().deletes)).toEqual(new DeletedRanges())
        }
      }
    }
    expect(known).toBeGreaterThan(seeds.length * 4)
  })

  it('[DS3] what is missing brings a replica level that is bytes itself, wherever it stopped', () => {
    for (const seed of seeds) {
      const random = new SeededRandom(seed)
      const { updates } = session(random, editRichly)
      const whole = coldReplica()
      const replicas = Array.from({ length: 6 }, coldReplica)
      for (const update of updates) {
        whole.merge([update], bulkLimits)
        for (const replica of replicas) if (random.chance(0.9)) replica.merge([update], bulkLimits)
      }
      for (const replica of replicas) {
        const theirs = replica.missing(whole.vector())
        whole.merge([theirs], bulkLimits)
        const ours = whole.missing(replica.vector())
        expect(replica.merge([ours], bulkLimits)[0]?.type).not.toBe('waiting')
        expect(replica.digest()).toEqual(whole.digest())
        expect(replica.isCold && whole.isCold).toBe(true)
      }
    }
  })

  it('[DS6] of 4,000 updates with a flipped bit: what both make of each is the same', () => {
    const random = new SeededRandom(3)
    const { updates } = session(random, editRichly)
    let twins = new Twins()
    let live = 0
    const base = updates.slice(0, 60)
    const begin = (): void => {
      twins = new Twins()
      for (const update of base) twins.merge(update)
    }
    begin()
    for (let round = 0; round < 4_000; round++) {
      const type = twins.merge(withFlippedBit(random.pick(updates), random))
      if (type === 'news') twins.agree()
      if (!twins.cold.isCold) live++
      if (type === 'news' || !twins.cold.isCold) begin()
    }
    expect(live).toBeLessThan(400)
  })
})

describe('[ST5] a log read as bytes', () => {
  it('[ST4] in any order, and after any restart, is the document', () => {
    for (const seed of seeds) {
      const random = new SeededRandom(seed)
      const { updates } = session(random, editRichly)
      const twins = new Twins()
      const log: Uint8Array[] = []
      for (const update of updates) {
        twins.merge(update)
        log.push(...twins.cold.takeChanges().map((change) => change.update))
      }
      for (const records of [log, log.toReversed(), [twins.cold.snapshot()], [twins.live.snapshot(), ...log]]) {
        const restarted = coldReplica()
        expect(restarted.load(records)).toEqual([])
        expect([restarted.isCold, restarted.digest()]).toEqual([true, twins.live.digest()])
        expect(restarted.takeChanges()).toEqual([])
      }
    }
  })

  it('[ST4] [DS3] of one record is handed out as it is, and looked into when more is asked', () => {
    for (const seed of seeds) {
      const random = new SeededRandom(seed)
      const { updates } = session(random, editRichly)
      const twins = new Twins()
      twins.tell(updates, random)
      const record = twins.cold.snapshot()
      const [handed, asked, edited] = [coldReplica(), coldReplica(), coldReplica()]
      for (const replica of [handed, asked, edited]) expect(replica.load([record])).toEqual([])
      expect(handed.snapshot()).toBe(record)
      expect(handed.vector()).toEqual(twins.live.vector())
      const noted = coldReplica()
      noted.load([record])
      expect([noted.isAt(digestOfNothing), noted.isAt(twins.live.digest())]).toEqual([false, true])
      expect([noted.have(), noted.isCold]).toEqual([twins.live.have(), true])
      expect(handed.isAt(twins.live.digest())).toBe(true)
      expect(handed.snapshot()).toBe(record)
      expect(handed.haveWithoutDeletes().stateVector).toEqual(twins.live.have().stateVector)
      expect(handed.compare(twins.live.have())).toBeNull()
      expect(asked.missing(new Map([[11, 3]]))).toEqual(twins.cold.missing(new Map([[11, 3]])))
      const more = typed(docOf(40, record), 'more')
      expect(edited.merge(more, bulkLimits).map(({ type }) => type)).toEqual(more.map(() => 'news'))
      for (const update of more) twins.merge(update)
      expect([edited.isCold, edited.digest()]).toEqual([true, twins.live.digest()])
    }
  })

  it('[ST5] with a record lost, what builds on it waits until it comes back', () => {
    const [a, b, c] = typed(docOf(9), 'abc')
    const replica = coldReplica()
    replica.load([a!, c!])
    expect([replica.isCold, replica.vector()]).toEqual([false, new Map([[9, 1]])])
    expect(replica.merge([b!], bulkLimits)[0]?.type).toBe('news')
    expect([replica.takeFilledHole(), replica.doc.getText('t').toString()]).toEqual([true, 'abc'])
  })
})

describe('[DS9] from bytes to a Y.Doc', () => {
  it('[DS9] an app that opens it finds everything, under a client id of its own, and edits go on from there', () => {
    const source = docOf(9)
    const replica = coldReplica()
    replica.merge(typed(source, 'abc'), bulkLimits)
    replica.takeChanges()
    const digest = replica.digest()
    expect(replica.isCold).toBe(true)
    const { doc } = replica
    expect([replica.isCold, doc.clientID, doc.getText('t').toString(), replica.takeChanges()]).toEqual([
      false,
      1,
      'abc',
      [],
    ])
    expect(replica.digest()).toEqual(digest)
    const update = updateOf(doc, () => doc.getText('t').insert(3, '!'))
    expect(replica.takeChanges()).toEqual([{ update, isEdit: true }])
    expect(replica.digest()).not.toEqual(digest)
  })

  it('[DS7] what no editor writes is left to a Y.Doc: a value under a key, put before another', () => {
    const source = docOf(9)
    const first = updateOf(source, () => source.getMap('m').set('k', 1))
    // A struct of client 8, to the left of 9's, in the same map.
    const odd = Uint8Array.from([1, 1, 8, 0, 0x48, 9, 0, 1, 0x7d, 1, 0])
    const replica = coldReplica()
    expect(replica.merge([first, odd, ...typed(docOf(7), 'x')], bulkLimits).map(({ type }) => type)).toEqual([
      'news',
      'news',
      'news',
    ])
    expect(replica.isCold).toBe(false)
    expect(replica.doc.getText('t').toString()).toBe('x')
  })
})
