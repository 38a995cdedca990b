import { describe, expect, it } from 'vitest'
import * as Y from 'yjs'
import { joined, mutated, varUint, withFlippedBit } from '../../test/bytes.ts'
import {
  docOf,
  editAtRandom,
  exchange,
  hasPending,
  mergeOne,
  probe,
  stateOf,
  typed,
  updateOf,
} from '../../test/replicas.ts'
import { SeededRandom } from '../../test/seeded-random.ts'
import { limits } from '../limits.ts'
import { inOrder } from './order.ts'
import type { StructHeader } from './update-reader.ts'
import { bulkLimits, decodeVector, inspect, liveLimits } from './gate.ts'

/** Updates as they come from real editing: typing, deleting, maps, arrays, nested types, several writers, bulk. */
function realUpdates(seed: number): readonly Uint8Array[] {
  const random = new SeededRandom(seed)
  const docs = [docOf(11), docOf(12), docOf(13)]
  const updates: Uint8Array[] = []
  for (const doc of docs) doc.on('update', (update: Uint8Array) => updates.push(update))
  for (let round = 0; round < 60; round++) {
    const doc = random.pick(docs)
    doc.transact(() => editAtRandom(doc, random))
    if (random.chance(0.2)) exchange(doc, random.pick(docs))
  }
  return [...updates, ...docs.map((doc) => Y.encodeStateAsUpdate(doc))].filter((update) => update.byteLength > 2)
}

interface Tried {
  readonly answers: Record<string, number>
  /** What must never be seen, each with the bytes that did it. */
  readonly wrongs: readonly string[]
}

/** Offers each of `damaged` to a replica that holds `base`, and looks at what became of it. */
function offer(base: readonly Uint8Array[], damaged: Iterable<Uint8Array>): Tried {
  const answers: Record<string, number> = {}
  const wrongs: string[] = []
  let subject = probe()
  subject.replica.load(base)
  for (const update of damaged) {
    const { replica, doc } = subject
    const before = stateOf(doc)
    let type = 'thrown'
    try {
      type = mergeOne(replica, update).type
    } catch {
      // Counted below.
    }
    answers[type] = (answers[type] ?? 0) + 1
    const faults = [
      type === 'thrown' && 'thrown',
      replica.isStuck && 'stuck',
      hasPending(doc) && 'pending',
      type !== 'news' && stateOf(doc) !== before && `changed although ${type}`,
      type === 'news' && replica.takeChanges().length === 0 && 'news without a change',
      ...subject.faults.splice(0),
    ].filter((fault) => fault !== false)
    if (faults.length > 0) wrongs.push(`${faults.join(', ')}: ${Buffer.from(update).toString('hex')}`)
    if (type === 'news' || faults.length > 0) {
      subject = probe()
      subject.replica.load(base)
    }
  }
  return { answers, wrongs }
}

describe('[DS6] the gate', () => {
  it('[DS6] lets every update of real editing through', () => {
    const updates = realUpdates(1)
    const { replica } = probe()
    for (const update of updates) expect(['news', 'known', 'waiting']).toContain(mergeOne(replica, update).type)
    expect(updates.map((update) => mergeOne(replica, update).type)).toEqual(updates.map(() => 'known'))
  })

  it('[DS6] [DS7] 2,000 updates with a flipped bit: refused whole or applied cleanly, nothing stuck, nothing pending', () => {
    const random = new SeededRandom(2)
    const updates = realUpdates(3)
    const base = updates.slice(0, 40)
    const damaged = Array.from({ length: 2_000 }, () => withFlippedBit(random.pick(updates), random))
    const { answers, wrongs } = offer(base, damaged)
    expect(wrongs).toEqual([])
    expect(Math.min(answers['refused'] ?? 0, answers['news'] ?? 0, answers['waiting'] ?? 0)).toBeGreaterThan(50)
  })

  it('[DS6] [DS7] 2,000 strings of random bytes, and as many that begin like an update', () => {
    const random = new SeededRandom(4)
    const updates = realUpdates(5)
    const damaged = [
      ...Array.from({ length: 2_000 }, () => random.bytes(random.below(60))),
      ...Array.from({ length: 2_000 }, () => mutated(random.pick(updates), random)),
    ]
    const { answers, wrongs } = offer(updates.slice(0, 40), damaged)
    expect(wrongs).toEqual([])
    expect(answers['refused'] ?? 0).toBeGreaterThan(1_500)
  })

  it('[DS6] [DS7] what the gate takes out of an update: where it begins and ends, what it builds on, its holes', () => {
    const source = docOf(9)
    const [a, b, c] = typed(source, 'abc')
    const editor = docOf(5, a!, b!)
    const update = updateOf(editor, () =>
      editor.transact(() => {
        editor.getText('t').insert(2, 'xy')
        editor.getText('t').delete(0, 1)
      }),
    )
    expect(inspect(update, liveLimits)).toEqual({
      ok: true,
      value: {
        from: new Map([[5, 0]]),
        to: new Map([[5, 2]]),
        needs: new Map([[9, 2]]),
        holes: new Map(),
        hasDeletes: true,
      },
    })
    expect(inspect(a!, liveLimits)).toMatchObject({ value: { hasDeletes: false, needs: new Map() } })
    const withHole = inspect(Y.mergeUpdates([a!, c!]), liveLimits)
    expect(withHole).toMatchObject({
      value: { from: new Map([[9, 0]]), to: new Map([[9, 3]]), holes: new Map([[9, 2]]) },
    })
  })
})

/** An update of hand-written structs; `deletes` are the client, then clock and length of each range. */
function handwritten(structs: readonly (readonly number[])[], deletes: readonly number[] = []): Uint8Array {
  const [client, ...ranges] = deletes
  const deleteSet = client === undefined ? [0] : [1, client, ...varUint(ranges.length / 2), ...ranges.flatMap(varUint)]
  return joined([structs.length], structs.flat(), deleteSet)
}

/** `count` structs of a client from `clock` on, each one character in the root `t`, or on top of `origin`. */
function characters(client: number, clock: number, ...origins: readonly (readonly [number, number] | null)[]) {
  const items = origins.map((origin) => (origin === null ? [0x04, 1, 1, 116, 1, 97] : [0x84, ...origin, 1, 97]))
  return [origins.length, client, clock, ...items.flat()]
}

describe('[DS6] limits of the gate', () => {
  it('[DS6] what is no update is refused with a sentence', () => {
    for (const bytes of [new Uint8Array(0), Uint8Array.of(1), Uint8Array.of(255, 255, 255), joined([1, 1, 9, 0, 4])]) {
      expect(inspect(bytes, bulkLimits)).toMatchObject({
        ok: false,
        error: expect.stringContaining('not a Yjs update'),
      })
    }
  })

  it.each([
    ['bytesMax', 'bytes'],
    ['structsMax', 'structs'],
    ['clientsMax', 'clients'],
    ['deleteRangesMax', 'deleted ranges'],
  ] as const)('[DS6] [WI8] %s', (limit, word) => {
    const structs = [characters(9, 0, null, null, null), characters(8, 0, null, null, null)]
    const update = handwritten(structs, [9, 0, 1, 2, 1])
    const size = { bytesMax: update.byteLength, structsMax: 6, clientsMax: 2, deleteRangesMax: 2 }
    expect(inspect(update, size).ok).toBe(true)
    const refused = inspect(update, { ...size, [limit]: size[limit] - 1 })
    expect(refused).toMatchObject({
      ok: false,
      error: expect.stringMatching(new RegExp(`of ${size[limit]} ${word}, the`)),
    })
  })

  it('[DS6] the limits are those of limits.ts; bulk may be bigger than what somebody types', () => {
    const { structsMax, clientsMax, deleteRangesMax } = limits
    expect(liveLimits).toEqual({ bytesMax: limits.liveUpdateBytesMax, structsMax, clientsMax, deleteRangesMax })
    expect(bulkLimits).toEqual({ bytesMax: limits.messageBytesMax, structsMax, clientsMax, deleteRangesMax })
  })

  it('[DS6] a claim of 2^40 structs, clients or ranges costs nothing', () => {
    const huge = varUint(2 ** 40)
    for (const update of [joined(huge), joined([1], huge, [9, 0]), joined([0], huge), joined([0, 1, 9], huge)]) {
      expect(inspect(update, bulkLimits).ok).toBe(false)
    }
  })

  it.each([
    ['the structs of a client are not in one piece', [characters(9, 0, null), characters(9, 5, null)], []],
    ['a struct without length', [[1, 9, 0, 0x04, 1, 1, 116, 0]], []],
    ['a deleted range without length', [characters(9, 0, null)], [9, 0, 0]],
    ['structs that build on one another in a circle', [characters(8, 0, [7, 0]), characters(7, 0, [8, 0])], []],
    ['structs that build on one another in a circle', [characters(8, 0, [8, 1], null)], []],
    ['structs that build on one another in a circle', [characters(8, 0, [8, 0])], []],
  ])('[DS6] [DS7] refused: %s', (why, structs, deletes) => {
    expect(inspect(handwritten(structs, deletes), bulkLimits)).toEqual({ ok: false, error: why })
  })

  it('[DS6] clients may build on one another in turns', () => {
    const structs = [characters(8, 0, null, [7, 0], [7, 1]), characters(7, 0, [8, 0], [8, 1], [8, 2])]
    const update = handwritten(structs)
    expect(inspect(update, bulkLimits).ok).toBe(true)
    const { replica, doc } = probe()
    expect(mergeOne(replica, update).type).toBe('news')
    expect([doc.getText('t').length, hasPending(doc)]).toEqual([6, false])
    expect(inOrder([])).toEqual([])
  })

  it('[DS6] the order of 20,000 structs that two clients wrote in turns is found in one pass', () => {
    const [a, b] = [docOf(8), docOf(7)]
    for (let round = 0; round < 300; round++) {
      const [from, to] = round % 2 === 0 ? [a, b] : [b, a]
      from.getText('t').insert(round % 3 === 0 ? 0 : from.getText('t').length, 'x')
      exchange(from, to)
    }
    expect(inspect(Y.encodeStateAsUpdate(a), bulkLimits).ok).toBe(true)
    const many = Array.from({ length: 20_000 }, (_, at) => at)
    const structsOf = (client: number, other: number, shift: number): readonly StructHeader[] =>
      many.map((at) => itemAt(client, at, at + shift < 0 ? null : [other, at + shift]))
    const structs = [...structsOf(8, 7, -1), ...structsOf(7, 8, 0)]
    expect(inOrder(structs)).toHaveLength(structs.length)
    expect(inOrder([...structsOf(8, 7, 0), ...structsOf(7, 8, 0)])).toBeNull()
  })
})

function itemAt(client: number, clock: number, origin: readonly [number, number] | null): StructHeader {
  const id = origin === null ? null : { client: origin[0], clock: origin[1] }
  const nothing = { rightOrigin: null, parent: null, key: null }
  return { client, clock, length: 1, content: 4, origin: id, ...nothing, start: 0, end: 0, text: 0 }
}

describe('[DS6] state vectors from outside', () => {
  it('[DS6] are read as Yjs reads them', () => {
    const doc = docOf(9)
    for (const client of [1, 300, 4_294_967_295]) exchange(docOf(9, ...typed(docOf(client), 'ab')), doc)
    const vector = decodeVector(Y.encodeStateVector(doc))
    expect(vector).toEqual({ ok: true, value: Y.decodeStateVector(Y.encodeStateVector(doc)) })
  })

  it('[DS6] [WI8] never throw, and have a limit', () => {
    expect(decodeVector(new Uint8Array(0)).ok).toBe(false)
    expect(decodeVector(joined([2, 1, 1])).ok).toBe(false)
    const many = Array.from({ length: limits.clientsMax + 1 }, (_, at) => [...varUint(at), 1])
    expect(decodeVector(joined(varUint(limits.clientsMax), many.slice(1).flat())).ok).toBe(true)
    expect(decodeVector(joined(varUint(limits.clientsMax + 1), many.flat()))).toMatchObject({
      error: expect.stringContaining('the limit is'),
    })
    const random = new SeededRandom(6)
    for (let round = 0; round < 2_000; round++)
      expect(typeof decodeVector(random.bytes(random.below(30))).ok).toBe('boolean')
  })
})
