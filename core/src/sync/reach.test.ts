import { describe, expect, it } from 'vitest'
import * as Y from 'yjs'
import { Desk, digestOfDoc, leaving, link1, link2, link3, missingFrom, nothing, said } from '../../test/desk.ts'
import { MachineNetwork } from '../../test/machine-network.ts'
import { docOf, stateOf, typed, updateOf } from '../../test/replicas.ts'
import { peerTraits } from '../../test/traits.ts'
import type { LinkId } from '../ids.ts'
import { limits } from '../limits.ts'
import { encodePresence } from '../presence/presence-codec.ts'
import type { DocumentMessage, ReachName } from '../wire/message.ts'
import { isDoubtful } from './doubt.ts'
import type { SyncEffect } from './sync-events.ts'

const { answerMs, pushBytesMax, reachEveryMs, reachMax, reachQuietMs, reachStallMs } = limits

const nameOf = (link: LinkId): ReachName => BigInt(link)
const all = [link1, link2, link3]

function updates(sequence: number, update: Uint8Array, reach?: number): DocumentMessage {
  return { type: 'updates', sequence, updates: [update], ...(reach === undefined ? {} : { reach }) }
}

function reach(names: readonly LinkId[], version = 1, known = 1): DocumentMessage {
  return { type: 'reach', version, known, names: names.map(nameOf) }
}

/** With three level neighbours that have names, and have been told whom it reaches. */
function desk(): Desk {
  const one = Desk.ready()
  for (const link of all) one.joinLevel(link, peerTraits(link, { name: nameOf(link) }))
  one.pass(reachQuietMs)
  return one
}

/** All of them reach each other, and have said so; here they are called by 9. */
function fullMesh(): Desk {
  const one = desk()
  for (const link of all) one.hear(link, reach([...all.filter((other) => other !== link)]))
  return one
}

const lists = (effects: readonly SyncEffect[], link: LinkId): readonly DocumentMessage[] =>
  said(effects, link).filter(({ type }) => type === 'reach')
const doubts = (one: Desk, link: LinkId): boolean => isDoubtful(one.machine.neighbours.get(link)!.doubt)

describe('[BR8] who is reached', () => {
  it('[BR8] is told to all who take part, once, a little after the last one came', () => {
    const one = Desk.ready()
    for (const link of all) one.joinLevel(link, peerTraits(link, { name: nameOf(link) }))
    const effects = one.pass(reachQuietMs)
    for (const link of all) {
      const names = all.filter((other) => other !== link).map(nameOf)
      expect(lists(effects, link)).toEqual([{ type: 'reach', version: 1, known: 0, names }])
    }
    expect(leaving(one.pass(60_000))).not.toContain('reach')
  })

  it('[BR8] is told to nobody where there is only one', () => {
    const one = Desk.ready()
    one.joinLevel(link1, peerTraits(1, { name: 1n }))
    expect(leaving(one.pass(60_000))).not.toContain('reach')
    expect(said(one.type('a'), link1)).toMatchObject([{ type: 'updates', sequence: 1 }])
    expect(said(one.type('b'), link1).some((message) => 'reach' in message)).toBe(false)
  })

  it('[BR8] no longer holds when one leaves: what is sent before the next list names none', () => {
    const one = desk()
    one.pass(reachEveryMs)
    const effects = one.handle({ type: 'left', link: link3, how: 'lost' })
    expect(lists(effects, link1)).toEqual([{ type: 'reach', version: 2, known: 0, names: [nameOf(link2)] }])
    one.now += 1
    one.handle({ type: 'left', link: link2, how: 'lost' })
    expect(said(one.type('a'), link1)).toMatchObject([{ type: 'updates', sequence: 1 }])
    expect(said(one.type('b'), link1).some((message) => 'reach' in message)).toBe(false)
    expect(lists(one.pass(reachEveryMs), link1)).toEqual([{ type: 'reach', version: 3, known: 0, names: [] }])
  })

  it('[BR8] does not name who has acknowledged nothing for a while, until it does', () => {
    const one = desk()
    one.type('a')
    for (const link of [link1, link2]) one.hear(link, { type: 'stored', sequence: 1 })
    const stalled = one.pass(reachStallMs)
    for (const link of [link1, link2]) {
      expect(lists(stalled, link)).toMatchObject([{ version: 2, names: [nameOf(link === link1 ? link2 : link1)] }])
    }
    expect(lists(stalled, link3)).toEqual([])
    const again = [...one.hear(link3, { type: 'stored', sequence: 1 }), ...one.pass(reachQuietMs)]
    expect(lists(again, link1)).toMatchObject([{ version: 3, names: [nameOf(link2), nameOf(link3)] }])
  })

  it('[BR8] does not name who reads too slowly', () => {
    const one = desk()
    one.pass(reachEveryMs)
    expect(lists(one.handle({ type: 'dropped', link: link3 }), link1)).toMatchObject([{ names: [nameOf(link2)] }])
  })

  it('[BR8] is told again to who knows an older list', () => {
    const one = desk()
    expect(lists(one.hear(link1, reach([link2], 1, 0)), link1)).toEqual([])
    one.pass(answerMs)
    const again = [...one.hear(link1, reach([link2], 1, 0)), ...one.pass(1)]
    expect(lists(again, link1)).toMatchObject([{ type: 'reach', version: 1, known: 1 }])
    expect(lists([...one.hear(link1, reach([link2], 1, 1)), ...one.pass(60_000)], link1)).toEqual([])
  })

  it('[BR8] of very many names only those that it reaches itself', () => {
    const one = Desk.ready()
    const many = Array.from({ length: reachMax + 2 }, (_, index) => (index + 1) as LinkId)
    for (const link of many) one.joinLevel(link, peerTraits(link, { name: nameOf(link) }))
    expect(leaving(one.pass(reachQuietMs))).not.toContain('reach')
    const effects = [...one.hear(link1, reach([link2, 500 as LinkId])), ...one.pass(reachQuietMs)]
    expect(said(effects).filter(({ type }) => type === 'reach')).toMatchObject([{ version: 1, names: [nameOf(link2)] }])
    expect(lists(effects, link1)).toHaveLength(1)
  })
})

describe('[BR8] what is left to the sender', () => {
  it('[BR8] is not sent to those it reaches, and is acknowledged as ever', () => {
    const one = fullMesh()
    one.hear(link1, reach([link2], 2))
    const [update] = typed(docOf(9), 'a')
    const effects = one.hear(link1, updates(1, update!, 2))
    expect(said(effects, link1)).toEqual([{ type: 'stored', sequence: 1 }])
    expect(leaving(effects, link2)).toEqual([])
    expect(leaving(effects, link3)).toEqual(['updates'])
    expect([doubts(one, link2), doubts(one, link3)]).toEqual([true, false])
  })

  it.each([
    ['names no list', undefined],
    ['names a list that has not come yet', 2],
    ['names an older list', 0],
  ])('[BR8] is nothing where the update %s', (_, version) => {
    const one = fullMesh()
    const effects = one.hear(link1, updates(1, typed(docOf(9), 'a')[0]!, version))
    for (const link of [link2, link3]) expect(leaving(effects, link)).toContain('updates')
  })

  it('[BR8] is nothing where only the sender says that they reach each other', () => {
    const one = desk()
    one.hear(link1, reach([link2, link3]))
    one.hear(link2, reach([link1]))
    one.hear(link3, reach([link2]))
    const effects = one.hear(link1, updates(1, typed(docOf(9), 'a')[0]!, 1))
    expect([leaving(effects, link2), leaving(effects, link3)]).toEqual([[], ['updates']])
  })

  it('[BR8] [BR7] is no big update: its sender may have announced only ids', () => {
    const one = fullMesh()
    const far = docOf(9)
    const big = updateOf(far, () => far.getMap('m').set('k', new Uint8Array(pushBytesMax)))
    const effects = one.hear(link1, updates(1, big, 1))
    for (const link of [link2, link3]) expect(leaving(effects, link)).toContain('updates')
  })

  it('[BR8] is no missing: that is for us alone', () => {
    const one = fullMesh()
    const far = docOf(9)
    typed(far, 'abc')
    const effects = one.hear(link1, missingFrom(far, 1))
    for (const link of [link2, link3]) expect(leaving(effects, link)).toContain('updates')
  })

  it('[BR8] is decided by the list that holds when the log has it', () => {
    const one = fullMesh()
    one.isPrompt = false
    one.hear(link1, updates(1, typed(docOf(9), 'a')[0]!, 1))
    one.hear(link1, reach([link2], 2))
    const effects = one.store()
    for (const link of [link2, link3]) expect(leaving(effects, link)).toContain('updates')
  })

  it('[BR8] [PR1] is presence, too, but never that somebody is gone', () => {
    const one = fullMesh()
    const [client, states] = [77, (clock: number, json: string) => encodePresence([{ client: 77, clock, json }])]
    one.hear(link1, { type: 'presence', states: states(1, '{"name":"Ada"}'), reach: 1 })
    const effects = one.pass(limits.presenceEveryMs)
    expect(one.presence.getStates().has(client)).toBe(true)
    expect(leaving(effects)).not.toContain('presence')
    const message = { type: 'presence', states: states(2, 'null'), reach: 1 } as const
    const gone = [...one.hear(link1, message), ...one.pass(limits.presenceEveryMs)]
    expect([leaving(gone, link1), leaving(gone, link2)]).toEqual([[], ['presence']])
  })
})

describe('[BR8] what was left to somebody who failed', () => {
  /** Something of link 1 was left to it at both others. */
  function leaning(): Desk {
    const one = fullMesh()
    one.hear(link1, updates(1, typed(docOf(9), 'a')[0]!, 1))
    expect([doubts(one, link2), doubts(one, link3)]).toEqual([true, true])
    return one
  }

  const digestAsked = { type: 'digest', answer: true }

  it.each<[string, (one: Desk) => readonly SyncEffect[]]>([
    ['its sender does not name it any more', (one) => one.hear(link1, reach([link3], 2))],
    ['its sender is gone', (one) => one.handle({ type: 'left', link: link1, how: 'lost' })],
    ['it does not name its sender any more', (one) => one.hear(link2, reach([link3], 2))],
    [
      'its sender acknowledges nothing',
      (one) => [...one.type('b'), ...one.hear(link2, { type: 'stored', sequence: 1 }), ...one.pass(reachStallMs)],
    ],
    ['a list of its sender was lost', (one) => one.hear(link1, updates(2, typed(docOf(8), 'b')[0]!, 3))],
  ])('[BR8] is compared at once when %s', (_, happens) => {
    const one = leaning()
    const effects = [...happens(one), ...one.pass(1)]
    expect(said(effects, link2)).toContainEqual(expect.objectContaining(digestAsked))
  })

  it('[BR8] is compared in anti-entropy before all others otherwise', () => {
    const one = fullMesh()
    one.hear(link1, reach([link3], 2))
    one.hear(link1, updates(1, typed(docOf(9), 'a')[0]!, 2))
    one.hear(link2, { type: 'stored', sequence: 1 })
    expect(leaving(one.pass(limits.antiEntropyFirstMs), link3)).toEqual(['digest'])
    one.hear(link3, { type: 'digest', sequence: 0, digest: digestOfDoc(one.doc), answer: false })
    expect(doubts(one, link3)).toBe(false)
  })

  it('[BR8] arrives when the other lacks it', () => {
    const one = leaning()
    one.hear(link1, reach([link3], 2))
    one.pass(1)
    const answer = said(one.hear(link2, { type: 'have', have: nothing }), link2)
    const there = docOf(8)
    for (const message of answer) if (message.type === 'missing') Y.applyUpdate(there, message.update)
    expect(stateOf(there)).toBe(stateOf(one.doc))
    expect(doubts(one, link2)).toBe(true)
    one.hear(link2, { type: 'stored', sequence: 1 })
    expect(doubts(one, link2)).toBe(false)
  })

  it('[BR8] is told what is held here when a digest brought no answer, and again', () => {
    const one = leaning()
    one.hear(link1, reach([link3], 2))
    const effects = one.pass(limits.answerMs * 2)
    expect(leaving(effects, link2).filter((type) => type === 'have').length).toBeGreaterThanOrEqual(2)
  })

  it('[BR8] keeps the document in memory, and its neighbour from counting as one that has everything', () => {
    const one = leaning()
    const { neighbours } = one.machine
    expect(neighbours.needDocument).toBe(true)
    const whole = neighbours.whole(one.machine.progress.written, 0).map(({ peer }) => peer)
    expect(whole).toEqual([peerTraits(1).peer])
    expect(leaving(one.handle({ type: 'left', link: link2, how: 'closed' }), link2)).toEqual(['open'])
  })
})

describe('[BR8] five who are all linked', () => {
  const five = [0, 1, 2, 3, 4]
  const pairs = five.flatMap((a) => five.filter((b) => b > a).map((b) => [a, b] as const))

  function settled(): MachineNetwork {
    const network = new MachineNetwork(
      five.map(() => ({})),
      pairs,
      1,
    )
    network.pass(30_000)
    network.carried.copies = 0
    return network
  }
  const lacking = (network: MachineNetwork, text: string): readonly number[] =>
    five.filter((index) => !network.desks[index]!.text.includes(text))

  it('[BR8] take four copies of an edit, and one acknowledgement for each', () => {
    const network = settled()
    network.carried.frames = 0
    network.at(0, (desk) => desk.type('x'))
    network.pass(1_000)
    expect(lacking(network, 'x')).toEqual([])
    expect(network.carried).toMatchObject({ copies: 4, frames: 8 })
    expect(network.desks[0]!.machine.summary()).toMatchObject({ pending: 0, storedOn: 4 })
  })

  it('[BR8] lose nothing when the writer dies with its edit half told', () => {
    const network = settled()
    for (const deaf of [2, 3, 4]) network.muted.add(`0 ${deaf}`)
    network.at(0, (desk) => desk.type('x'))
    network.pass(100)
    expect(lacking(network, 'x')).toEqual([2, 3, 4])
    for (const other of [1, 2, 3, 4]) network.cut(0, other)
    network.pass(100)
    expect(lacking(network, 'x')).toEqual([])
  })

  it('[BR8] go on among each other when a link of the writer breaks, or only seems to work', () => {
    const network = settled()
    network.cut(0, 4)
    network.at(0, (desk) => desk.type('x'))
    network.pass(100)
    expect(lacking(network, 'x')).toEqual([])
    network.muted.add('0 3')
    network.at(0, (desk) => desk.type('y'))
    // Nothing has been acknowledged for a while: others are told that they are needed, and compare.
    network.pass(reachStallMs + reachEveryMs)
    expect(lacking(network, 'y')).toEqual([])
    network.at(0, (desk) => desk.type('z'))
    network.pass(100)
    expect(lacking(network, 'z')).toEqual([])
  })
})
