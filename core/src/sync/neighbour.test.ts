import { describe, expect, it } from 'vitest'
import { digestFrom, linkId, peerId } from '../ids.ts'
import { limits } from '../limits.ts'
import {
  isActive,
  isInFlight,
  isLevel,
  newNeighbour,
  noteEqual,
  noteGap,
  noteReceived,
  noteSent,
  noteStored,
  raise,
  takeAnswer,
  type Neighbour,
  type Traits,
} from './neighbour.ts'
import { Neighbourhood } from './neighbourhood.ts'

const onDisk: Traits = { kind: 'peer', keeps: true, disk: true, peer: peerId(Uint8Array.of(1)) }
const inMemory: Traits = { kind: 'peer', keeps: false, disk: false, peer: peerId(Uint8Array.of(2)) }
const edge: Traits = { kind: 'edge', keeps: false, disk: false, peer: null }
const update = { now: 0, isComplete: false }
const whole = { now: 0, isComplete: true }

function neighbour(state: Partial<Neighbour> = {}, traits = onDisk): Neighbour {
  return Object.assign(newNeighbour(linkId(1), traits, 0), { opened: true, joined: true }, state)
}

describe('[DS13] what may be said of a neighbour', () => {
  it('[DS1] two talk once both have opened the document', () => {
    expect([
      isActive(neighbour()),
      isActive(neighbour({ opened: false })),
      isActive(neighbour({ joined: false })),
      isActive(neighbour({ opened: false, joined: false })),
    ]).toEqual([true, false, false, false])
  })

  it('[DS13] level: it takes part, each had what the other held, nothing is missing, nothing was dropped', () => {
    const level = { weHaveTheirs: true, theyHaveOurs: true }
    expect(isLevel(neighbour(level))).toBe(true)
    const others: readonly Partial<Neighbour>[] = [
      { joined: false },
      { weHaveTheirs: false },
      { theyHaveOurs: false },
      { hasGap: true },
      { behind: true },
    ]
    for (const other of others) expect(isLevel(neighbour({ ...level, ...other }))).toBe(false)
  })

  it('[DS13] found equal: nothing is open any more, and it holds every edit', () => {
    const one = neighbour({
      askedAt: 5,
      owed: { stateVector: Uint8Array.of(0), deletes: digestFrom(new Uint8Array(8)) },
      missingUntil: 99,
    })
    noteSent(one, 1, update)
    noteSent(one, 2, whole)
    noteEqual(one, 7)
    expect(one).toMatchObject({ askedAt: null, owed: null, missingUntil: 0, holds: 7, acknowledged: 2 })
    expect([isLevel(one), one.covers, isInFlight(one, 0)]).toEqual([true, [], false])
    noteEqual(one, 3)
    expect(one.holds).toBe(7)
  })

  it('[DS13] structs it is known to hold only grow', () => {
    const vector = new Map([[1, 5]])
    raise(
      vector,
      new Map([
        [1, 3],
        [2, 4],
      ]),
    )
    expect(vector).toEqual(
      new Map([
        [1, 5],
        [2, 4],
      ]),
    )
  })
})

describe('[BR5] [ST6] sequences and acknowledgements', () => {
  it('[BR5] messages are numbered from 1, without gaps', () => {
    const one = neighbour()
    expect([noteSent(one, 1, update), noteSent(one, 2, whole), noteSent(one, 3, update)]).toEqual([1, 2, 3])
  })

  it('[BR5] who takes part anew goes on where he was: an acknowledgement from before means nothing', () => {
    const neighbours = new Neighbourhood()
    const before = Object.assign(neighbours.at(linkId(1), onDisk, 0), { opened: true, joined: true })
    noteSent(before, 1, whole)
    noteSent(before, 2, update)
    neighbours.leave(linkId(1), 'closed', null)
    const again = neighbours.at(linkId(1), onDisk, 0)
    noteStored(again, 2, 10)
    expect([again.holds, again.theyHaveOurs, noteSent(again, 3, whole)]).toEqual([0, false, 3])
    noteStored(again, 3, 20)
    expect([again.holds, again.theyHaveOurs]).toEqual([3, true])
  })

  it('[BR5] so does a document that was forgotten in between', () => {
    const one = newNeighbour(linkId(1), { ...onDisk, sent: 7 }, 0)
    noteStored(one, 7, 10)
    expect([noteSent(one, 1, whole), one.theyHaveOurs]).toEqual([8, false])
  })

  it('[BR5] stored acknowledges all through its sequence, and nothing beyond', () => {
    const one = neighbour({ theyHaveOurs: true })
    for (const edits of [1, 2, 3]) noteSent(one, edits, update)
    noteStored(one, 2, 10)
    expect([one.acknowledged, one.holds, one.covers.length]).toEqual([2, 2, 1])
    noteStored(one, 3, 10)
    expect([one.acknowledged, one.holds, one.covers.length]).toEqual([3, 3, 0])
  })

  it('[BR5] [DS13] before it had everything once, later edits alone say nothing about the earlier ones', () => {
    const one = neighbour({ theyHaveOurs: false })
    noteSent(one, 5, update)
    noteStored(one, 1, 10)
    expect([one.holds, one.theyHaveOurs]).toEqual([0, false])
    noteSent(one, 6, whole)
    noteSent(one, 7, update)
    noteStored(one, 3, 10)
    expect([one.holds, one.theyHaveOurs]).toEqual([7, true])
  })

  it('[BR5] a gap is closed by what says that we have all of it, and not while something newer was seen', () => {
    const one = neighbour()
    noteReceived(one, 1)
    expect(one).toMatchObject({ received: 1, hasGap: false })
    noteGap(one, 4)
    expect(one).toMatchObject({ received: 1, hasGap: true })
    noteReceived(one, 3)
    expect(one).toMatchObject({ received: 3, hasGap: true })
    noteReceived(one, 2)
    expect(one).toMatchObject({ received: 3, hasGap: true })
    noteReceived(one, 4)
    expect(one).toMatchObject({ received: 4, hasGap: false })
  })

  it('[BR5] a whole that was acknowledged makes room for another answer', () => {
    const have = { stateVector: Uint8Array.of(0), deletes: digestFrom(new Uint8Array(8)) }
    const one = neighbour({ missingUntil: 99_999, owed: have })
    noteSent(one, 1, whole)
    noteStored(one, 1, 10)
    expect([one.missingUntil, one.owed]).toEqual([0, null])
  })

  it('[TR1] acknowledgements that are old, repeated, or of what was never sent change nothing', () => {
    const one = neighbour({ theyHaveOurs: true })
    noteSent(one, 1, update)
    noteSent(one, 2, update)
    noteStored(one, 3, 10)
    noteStored(one, Number.MAX_SAFE_INTEGER, 10)
    expect([one.acknowledged, one.holds]).toEqual([0, 0])
    noteStored(one, 2, 10)
    noteStored(one, 1, 10)
    noteStored(one, 2, 10)
    expect([one.acknowledged, one.holds]).toEqual([2, 2])
  })

  it('[WI8] a peer that never acknowledges costs no more than a limit, and claims less, not more', () => {
    const one = neighbour({ theyHaveOurs: true })
    for (let edits = 1; edits <= limits.unacknowledgedMax + 10; edits++) noteSent(one, edits, update)
    expect(one.covers).toHaveLength(limits.unacknowledgedMax)
    noteStored(one, 10, 10)
    expect(one.holds).toBe(0)
    noteStored(one, 11, 10)
    expect(one.holds).toBe(11)
  })

  it('[DS12] what was sent counts as on its way until it is acknowledged, or until answerMs has passed', () => {
    const one = neighbour({ theyHaveOurs: true })
    expect(isInFlight(one, 0)).toBe(false)
    noteSent(one, 1, { now: 100, isComplete: false })
    noteSent(one, 2, { now: 500, isComplete: false })
    expect([isInFlight(one, 100), isInFlight(one, 100 + limits.answerMs - 1)]).toEqual([true, true])
    expect(isInFlight(one, 100 + limits.answerMs)).toBe(false)
    noteStored(one, 1, 600)
    expect(isInFlight(one, 600 + limits.answerMs - 1)).toBe(true)
    noteStored(one, 2, 700)
    expect(isInFlight(one, 700)).toBe(false)
  })

  it('[DS12] a big answer is on its way for as long as a slow link takes', () => {
    const one = neighbour({ missingUntil: 60_000 })
    noteSent(one, 1, { now: 0, isComplete: true })
    expect([isInFlight(one, limits.answerMs), isInFlight(one, 59_999), isInFlight(one, 60_000)]).toEqual([
      true,
      true,
      false,
    ])
  })

  it('[BR5] clients of another wire acknowledge nothing: nothing is remembered of what was sent', () => {
    const one = neighbour({}, edge)
    noteSent(one, 1, update)
    expect([one.covers, isInFlight(one, 0)]).toEqual([[], false])
  })
})

describe('[DS8] the ration of answers', () => {
  it('[DS8] a burst, then so many a second', () => {
    const one = neighbour()
    const taken = (now: number): boolean => takeAnswer(one, now)
    expect(Array.from({ length: limits.answersBurst }, () => taken(0)).every(Boolean)).toBe(true)
    expect([taken(0), taken(499), taken(500), taken(501), taken(1_000)]).toEqual([false, false, true, false, true])
  })

  it('[DS8] rest brings no more than another burst', () => {
    const one = neighbour()
    const taken = Array.from({ length: 20 }, () => takeAnswer(one, 1_000_000))
    expect(taken.filter(Boolean)).toHaveLength(limits.answersBurst)
  })
})

describe('[DS13] [ST6] what may be said of all neighbours together', () => {
  /** One neighbour per given state, on links 1, 2, 3, …; each another peer, unless its traits are given. */
  function neighbourhood(...states: readonly (Partial<Neighbour> & { readonly traits?: Traits })[]): Neighbourhood {
    const all = new Neighbourhood()
    for (const [index, state] of states.entries()) {
      const { traits = { ...onDisk, peer: peerId(Uint8Array.of(10 + index)) } } = state
      Object.assign(all.at(linkId(index + 1), traits, 0), { opened: true, joined: true }, state)
    }
    return all
  }

  it.each<[string, Partial<Neighbour> & { traits?: Traits }, number, number]>([
    ['all of it, on disk', { theyHaveOurs: true, holds: 5 }, 1, 1],
    ['more than all of it', { theyHaveOurs: true, holds: 9 }, 1, 1],
    ['all of it, in memory', { theyHaveOurs: true, holds: 5, traits: inMemory }, 1, 0],
    ['not the last edit', { theyHaveOurs: true, holds: 4 }, 0, 0],
    ['not known to have all', { theyHaveOurs: false, holds: 5 }, 0, 0],
    ['takes no part', { theyHaveOurs: true, holds: 5, joined: false }, 0, 0],
    ['another wire', { theyHaveOurs: true, holds: 5, traits: edge }, 0, 0],
  ])('[DS13] [ST6] who holds every edit: %s', (_what, state, anywhere, onTheirDisk) => {
    const all = neighbourhood(state)
    expect([all.holders(5, false), all.holders(5, true)]).toEqual([anywhere, onTheirDisk])
  })

  it('[DS13] holders are counted, each once', () => {
    const all = neighbourhood(
      { theyHaveOurs: true, holds: 5 },
      { theyHaveOurs: true, holds: 6, traits: inMemory },
      { theyHaveOurs: true, holds: 1 },
    )
    expect([all.holders(5, false), all.holders(5, true), all.holders(1, false), all.holders(9, false)]).toEqual([
      2, 1, 3, 0,
    ])
  })

  it('[DS13] a peer with an old and a new link is one peer', () => {
    const twice = { theyHaveOurs: true, weHaveTheirs: true, holds: 5, traits: onDisk }
    const all = neighbourhood(twice, twice)
    expect([all.holders(5, true), all.counts]).toEqual([1, { taking: 1, level: 1 }])
  })

  it('[DS13] who takes part, and who is level', () => {
    const level = { weHaveTheirs: true, theyHaveOurs: true }
    const all = neighbourhood(level, {}, { ...level, joined: false }, { ...level, traits: edge })
    expect(all.counts).toEqual({ taking: 2, level: 1 })
  })

  it('[ST6] an edit is safe once some neighbour had it on disk, also after that one has left', () => {
    const all = neighbourhood({ holds: 3 }, { holds: 9, traits: inMemory }, { holds: 2 })
    expect(all.safeEdits).toBe(3)
    all.leave(linkId(1), 'lost', null)
    expect(all.safeEdits).toBe(3)
    all.leave(linkId(2), 'lost', null)
    expect(all.safeEdits).toBe(3)
  })

  it('[ME3] who left is forgotten; who closed may be told again, who declined is not asked again', () => {
    const all = neighbourhood({}, {}, {})
    all.leave(linkId(1), 'lost', null)
    all.leave(linkId(2), 'closed', null)
    all.leave(linkId(3), 'declined', null)
    expect(all.get(linkId(1))).toBeUndefined()
    expect(all.get(linkId(2))).toMatchObject({ opened: false, joined: false, declined: false })
    expect(all.get(linkId(3))).toMatchObject({ opened: false, joined: false, declined: true })
    expect([all.isEmpty, all.counts.taking]).toEqual([false, 0])
  })

  it('[ME3] guests are those who take part and keep nothing', () => {
    expect(neighbourhood({ traits: inMemory }).hasGuests).toBe(true)
    expect(neighbourhood({ traits: inMemory, joined: false }).hasGuests).toBe(false)
    expect(neighbourhood({ traits: onDisk }).hasGuests).toBe(false)
    const level = { weHaveTheirs: true, theyHaveOurs: true }
    const needs = [{ ...level, traits: edge }, {}, { ...level, unacknowledgedSince: 0 }, level]
    expect(needs.map((state) => neighbourhood(state).needDocument)).toEqual([true, true, true, false])
  })
})
