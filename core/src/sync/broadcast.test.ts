import { describe, expect, it } from 'vitest'
import * as Y from 'yjs'
import {
  Desk,
  digestFrom,
  digestOfDoc,
  haveOfDoc,
  leaving,
  link1,
  link2,
  link3,
  missingFrom,
  nothing,
  said,
} from '../../test/desk.ts'
import { docOf, hasPending, stateOf, typed, updateOf } from '../../test/replicas.ts'
import { edgeTraits } from '../../test/traits.ts'
import { digestFrom as digestOfBytes } from '../ids.ts'
import { limits } from '../limits.ts'
import type { DocumentMessage } from '../wire/message.ts'
import type { SyncEffect } from './sync-events.ts'

const { acknowledgeKnownMs, answerMs, forwardBytesMax, slowStrikesMax } = limits

function updates(sequence: number, ...all: readonly Uint8Array[]): DocumentMessage {
  return { type: 'updates', sequence, updates: all }
}

/** With three level neighbours. */
function desk(): Desk {
  const one = Desk.ready()
  for (const link of [link1, link2, link3]) one.joinLevel(link)
  return one
}

describe('[BR1] passing on', () => {
  it('[BR1] news goes on, its bytes as they came, to everybody but the one it came from', () => {
    const one = desk()
    const far = docOf(9)
    const update = updateOf(far, () => far.getText('t').insert(0, 'news', { bold: true }))
    const effects = one.hear(link1, updates(1, update))
    expect(said(effects, link1)).toEqual([{ type: 'stored', sequence: 1 }])
    for (const link of [link2, link3]) expect(said(effects, link)).toEqual([updates(1, update)])
  })

  it('[BR1] what was known is not passed on again', () => {
    const one = desk()
    const [update] = typed(docOf(9), 'a')
    one.hear(link1, updates(1, update!))
    const effects = [...one.hear(link2, updates(1, update!)), ...one.pass(acknowledgeKnownMs)]
    expect(said(effects)).toEqual([{ type: 'stored', sequence: 1 }])
  })

  it('[BR1] what came in a missing is passed on like any other', () => {
    const one = desk()
    const far = docOf(9)
    typed(far, 'abc')
    const effects = one.hear(link1, missingFrom(far, 1))
    expect(leaving(effects, link2)).toEqual(['updates'])
    expect(leaving(effects, link1)).not.toContain('updates')
  })

  it('[BR1] what an app offered through the peer goes to all, and is answered', () => {
    const one = desk()
    const effects = one.request(typed(docOf(9), 'a')[0]!)
    for (const link of [link1, link2, link3]) expect(leaving(effects, link)).toEqual(['updates'])
    expect(effects.filter((effect) => effect.type === 'settle')).toMatchObject([
      { request: 1, settled: { type: 'merged', merged: { type: 'news' } } },
    ])
  })

  it('[BR1] [DS7] what an app offered and cannot be applied is answered so, and neither logged nor sent', () => {
    const one = desk()
    const [a, b] = typed(docOf(9), 'ab')
    expect(one.request(b!)).toMatchObject([{ settled: { type: 'merged', merged: { type: 'waiting' } } }])
    expect(one.request(Uint8Array.of(7))).toMatchObject([{ settled: { type: 'merged', merged: { type: 'refused' } } }])
    one.request(a!)
    expect(one.request(a!)).toMatchObject([{ settled: { type: 'merged', merged: { type: 'known' } } }])
    expect([one.log.length, one.text]).toEqual([1, 'a'])
  })

  it('[BR2] all who get the same get the same array', () => {
    const one = desk()
    const arrays = said(one.type('a')).map((message) => (message.type === 'updates' ? message.updates : null))
    expect(arrays).toHaveLength(3)
    expect(new Set(arrays).size).toBe(1)
  })
})

describe('[BR3] big updates', () => {
  const big = (doc: Y.Doc, size = forwardBytesMax + 1): Uint8Array =>
    updateOf(doc, () => doc.getMap('m').set('k', new Uint8Array(size)))

  it('[BR3] one of up to forwardBytesMax is passed on as it is', () => {
    const one = desk()
    const update = big(docOf(9), forwardBytesMax - 100)
    expect(leaving(one.hear(link1, updates(1, update)), link2)).toEqual(['updates'])
  })

  it('[BR3] above that neighbours hear have, and fetch it', () => {
    const one = desk()
    const effects = one.hear(link1, updates(1, big(docOf(9))))
    expect(said(effects, link1)).toEqual([{ type: 'stored', sequence: 1 }])
    for (const link of [link2, link3]) expect(said(effects, link)).toEqual([{ type: 'have', have: haveOfDoc(one.doc) }])
    const fetched = said(one.hear(link2, { type: 'have', have: nothing }), link2)
    const there = docOf(8)
    for (const message of fetched) if (message.type === 'missing') Y.applyUpdate(there, message.update)
    expect(stateOf(there)).toBe(stateOf(one.doc))
  })

  it('[BR3] an own edit too', () => {
    const one = desk()
    const effects = one.edit((doc) => doc.getMap('m').set('k', new Uint8Array(forwardBytesMax + 1)))
    for (const link of [link1, link2, link3]) expect(leaving(effects, link)).toEqual(['have'])
  })

  it('[BR3] what two announce is fetched from the first; from the other when that gives no answer', () => {
    const one = desk()
    const far = docOf(9)
    big(far)
    const have = { type: 'have', have: haveOfDoc(far) } as const
    expect(leaving(one.hear(link1, have), link1)).toEqual(['have'])
    expect(leaving(one.hear(link2, have), link2)).toEqual([])
    one.now += answerMs
    expect(leaving(one.hear(link2, have), link2)).toEqual(['have'])
  })

  it('[BR3] clients of other wires cannot fetch: they get it', () => {
    const one = desk()
    one.join(link3, nothing, edgeTraits)
    const other = Desk.ready()
    other.joinLevel(link1)
    other.join(link2, nothing, edgeTraits)
    other.hear(link2, step1(docOf(8)))
    const update = big(docOf(9))
    expect(said(other.hear(link1, updates(1, update)), link2)).toEqual([expect.objectContaining({ updates: [update] })])
  })

  it('[BR3] [DS13] nobody is said to hold a big edit before it has fetched it', () => {
    const one = desk()
    // A deletion of many ranges: later edits do not build on it.
    one.edit((doc) => doc.getText('t').insert(0, 'ab'.repeat(20_000)))
    one.hear(link1, { type: 'have', have: haveOfDoc(one.doc) })
    const safe = one.machine.progress.edits
    expect(one.machine.neighbours.holders(safe, false)).toBe(1)
    const deletion = one.edit((doc) =>
      doc.transact(() => {
        for (let at = 20_000; at > 0; at--) doc.getText('t').delete(at * 2 - 1, 1)
      }),
    )
    expect(leaving(deletion, link1)).toEqual(['have'])
    const deleted = one.machine.progress.edits
    one.type('!')
    const { sent } = one.machine.neighbours.get(link1)!
    one.hear(link1, { type: 'stored', sequence: sent })
    expect(one.machine.neighbours.holders(deleted, false)).toBe(0)
    one.hear(link1, digestFrom(one.doc, 0, false))
    expect(one.machine.neighbours.holders(deleted, false)).toBe(1)
  })
})

describe('[BR4] a slow reader', () => {
  it('[BR4] gets no updates while it is behind, and one resync when it has drained', () => {
    const one = desk()
    one.type('a')
    one.handle({ type: 'dropped', link: link1 })
    for (const text of ['b', 'c', 'd']) {
      one.now += limits.editsTogetherMs
      const effects = one.type(text)
      expect([leaving(effects, link1), leaving(effects, link2)]).toEqual([[], ['updates']])
    }
    one.presence.setLocalState({ name: 'me' })
    expect(leaving(one.handle({ type: 'woke' }), link1)).toEqual([])
    const drained = one.handle({ type: 'drained', link: link1 })
    expect(leaving(drained, link1).toSorted()).toEqual(['have', 'presence'])
    expect(leaving(one.hear(link1, { type: 'have', have: nothing }), link1)).toEqual(['missing'])
    one.now += limits.editsTogetherMs
    expect(leaving(one.type('e'), link1)).toEqual(['updates'])
  })

  it('[BR4] [DS13] is not level, and holds nothing for sure, until then', () => {
    const one = desk()
    one.type('a')
    one.hear(link1, { type: 'stored', sequence: 1 })
    expect(one.machine.neighbours.holders(1, false)).toBe(1)
    one.handle({ type: 'dropped', link: link1 })
    one.type('b')
    expect(one.machine.summary()).toMatchObject({ taking: 3, level: 2 })
    expect(one.machine.neighbours.holders(2, false)).toBe(0)
    one.handle({ type: 'drained', link: link1 })
    one.hear(link1, digestFrom(one.doc, 0, false))
    expect(one.machine.summary()).toMatchObject({ level: 3 })
    expect(one.machine.neighbours.holders(2, false)).toBe(1)
  })

  it('[BR4] what was dropped in one go counts as one strike; after slowStrikesMax the link is closed with 4513', () => {
    const one = desk()
    for (let strike = 1; strike <= slowStrikesMax; strike++) {
      for (let message = 0; message < 5; message++) expect(one.handle({ type: 'dropped', link: link1 })).toEqual([])
      one.handle({ type: 'drained', link: link1 })
    }
    expect(one.handle({ type: 'dropped', link: link1 })).toEqual([
      { type: 'closeLink', link: link1, code: 4513, reason: expect.any(String) },
    ])
  })

  it('[BR4] a client of another wire gets everything again: it cannot be asked what it lost', () => {
    const one = Desk.ready({ stored: typed(docOf(50), 'stored') })
    one.join(link1, nothing, edgeTraits)
    one.handle({ type: 'dropped', link: link1 })
    one.type('!')
    const drained = said(one.handle({ type: 'drained', link: link1 }), link1)
    const there = docOf(8)
    for (const message of drained) if (message.type === 'missing') Y.applyUpdate(there, message.update)
    expect(stateOf(there)).toBe(stateOf(one.doc))
  })

  it('[BR4] links that are not there, or did not fall behind, change nothing', () => {
    const one = desk()
    expect(one.handle({ type: 'drained', link: link1 })).toEqual([])
    one.handle({ type: 'left', link: link1, how: 'lost' })
    expect(one.handle({ type: 'dropped', link: link1 })).toEqual([])
  })
})

/** A client of that wire says nothing of its deletes. */
function step1(doc: Y.Doc): DocumentMessage {
  return { type: 'have', have: { stateVector: haveOfDoc(doc).stateVector, deletes: digestOfBytes(new Uint8Array(0)) } }
}

describe('[YW1] [YW2] a client of another wire', () => {
  it('[YW1] is asked what it holds, and told all presence, unasked', () => {
    const one = Desk.ready({ stored: typed(docOf(50), 'stored') })
    one.presence.setLocalState({ name: 'me' })
    one.handle({ type: 'woke' })
    const effects = one.join(link1, nothing, edgeTraits)
    expect(leaving(effects, link1).toSorted()).toEqual(['have', 'presence'])
  })

  it('[YW1] its question is always answered, also when nothing is missing there', () => {
    const one = Desk.ready({ stored: typed(docOf(50), 'stored') })
    one.join(link1, nothing, edgeTraits)
    expect(leaving(one.hear(link1, step1(one.doc)), link1)).toEqual(['missing'])
    const empty = Desk.ready()
    empty.join(link1, nothing, edgeTraits)
    expect(leaving(empty.hear(link1, step1(empty.doc)), link1)).toEqual(['missing'])
  })

  it('[YW2] its updates pass the gate, are logged and passed on; others’ reach it as they came', () => {
    const one = Desk.ready()
    one.join(link1, nothing, edgeTraits)
    one.join(link2, nothing, edgeTraits)
    one.hear(link2, step1(docOf(8)))
    one.joinLevel(link3)
    const [update] = typed(docOf(9), 'a')
    const effects = one.hear(link1, updates(1, update!))
    expect([leaving(effects, link1), one.log]).toEqual([['stored'], [update]])
    for (const link of [link2, link3])
      expect(said(effects, link)).toEqual([expect.objectContaining({ updates: [update] })])
    expect(one.hear(link2, updates(1, Uint8Array.of(9, 9)))).toMatchObject([
      { type: 'closeLink', link: link2, code: 4400 },
    ])
  })

  it('[YW2] an edit does not reach it before its first question was answered', () => {
    const one = Desk.ready()
    one.join(link1, nothing, edgeTraits)
    expect(
      leaving(
        one.edit((doc) => doc.getText('t').insert(0, 'a')),
        link1,
      ),
    ).not.toContain('updates')
    expect(leaving(one.hear(link1, step1(docOf(8))), link1)).toEqual(['missing'])
    one.pass(limits.editsTogetherMs)
    expect(
      leaving(
        one.edit((doc) => doc.getText('t').insert(1, 'b')),
        link1,
      ),
    ).toContain('updates')
  })

  it('[YW2] [BR4] nor one that builds on what was dropped for it, before it was given that', () => {
    const one = Desk.ready()
    one.join(link1, nothing, edgeTraits)
    one.hear(link1, step1(docOf(8)))
    one.joinLevel(link3)
    const [dropped, next] = typed(docOf(9), 'ab')
    one.handle({ type: 'dropped', link: link1 })
    one.hear(link3, updates(1, dropped!))
    one.isPrompt = false
    one.hear(link3, updates(2, next!))
    one.handle({ type: 'drained', link: link1 })
    const there = docOf(8)
    for (const message of said([...one.store(), ...one.pass(limits.editsTogetherMs)], link1)) {
      if (message.type === 'missing') Y.applyUpdate(there, message.update)
      if (message.type === 'updates') for (const update of message.updates) Y.applyUpdate(there, update)
      expect(hasPending(there)).toBe(false)
    }
    expect(stateOf(there)).toBe(stateOf(one.doc))
  })

  it('[YW2] [DS7] one that builds on something missing makes us ask it, and only for a while', () => {
    const one = Desk.ready()
    one.join(link1, nothing, edgeTraits)
    one.now += answerMs
    const far = docOf(9)
    const [, b] = typed(far, 'ab')
    expect(leaving(one.hear(link1, updates(1, b!)), link1)).toEqual(['have'])
    one.hear(link1, updates(2, Y.encodeStateAsUpdate(far)))
    expect(one.text).toBe('ab')
  })

  it('[DS13] counts as no neighbour: it acknowledges nothing', () => {
    const one = Desk.ready()
    one.join(link1, nothing, edgeTraits)
    one.type('a')
    expect(one.machine.summary()).toMatchObject({ taking: 0, level: 0, pending: 1, storedOn: 0 })
    expect(one.machine.neighbours.holders(0, false)).toBe(0)
  })
})

describe('[PR1] presence in a document', () => {
  const state = (client: number, clock: number, json = '{"n":1}'): DocumentMessage => ({
    type: 'presence',
    states: Uint8Array.from([1, client, clock, json.length, ...Buffer.from(json)]),
  })

  it('[PR1] goes to everybody but where it came from; a newcomer gets all of it', () => {
    const one = desk()
    const effects = one.hear(link1, state(7, 1))
    expect([leaving(effects, link1), leaving(effects, link2), leaving(effects, link3)]).toEqual([
      [],
      ['presence'],
      ['presence'],
    ])
    one.handle({ type: 'left', link: link3, how: 'lost' })
    expect(leaving(one.join(link3, haveOfDoc(one.doc)), link3)).toEqual(['open', 'presence'])
    expect(leaving(one.hear(link2, { type: 'presenceQuery' }), link2)).toEqual(['presence'])
  })

  it('[PR3] what was heard through a lost link is taken back from the others', () => {
    const one = desk()
    one.hear(link1, state(7, 1))
    one.handle({ type: 'left', link: link1, how: 'lost' })
    const effects = one.pass(limits.presenceEveryMs)
    expect([one.presence.states.size, leaving(effects, link2)]).toEqual([0, ['presence']])
  })

  it('[PR6] many changes are one message', () => {
    const one = desk()
    let count = 0
    for (let at = 0; at < 1_000; at += 10) {
      one.presence.setLocalState({ at })
      count += leaving([...one.handle({ type: 'woke' }), ...one.pass(10)], link1).length
    }
    expect(count).toBeLessThanOrEqual(11)
    expect(count).toBeGreaterThanOrEqual(10)
  })

  it('[PR1] one state that is too big is reported, and costs the others nothing', () => {
    const one = desk()
    const big = JSON.stringify('x'.repeat(5_000))
    const states = Uint8Array.from([
      2,
      7,
      1,
      ...[(big.length & 127) | 128, big.length >> 7],
      ...Buffer.from(big),
      8,
      1,
      2,
      123,
      125,
    ])
    const effects = one.hear(link1, { type: 'presence', states })
    expect(effects).toContainEqual({ type: 'log', level: 'warn', event: 'presence too big', details: { count: 1 } })
    expect([...one.presence.states.keys()]).toEqual([8])
  })

  it('[TR3] what is no presence closes the link it came by', () => {
    const one = desk()
    const effects = one.hear(link1, { type: 'presence', states: Uint8Array.of(5, 1) })
    expect(effects).toMatchObject([{ type: 'closeLink', link: link1, code: 4400 }])
  })

  it('[PR7] a client of another wire does not change what came by another link', () => {
    const one = Desk.ready()
    one.joinLevel(link1)
    one.join(link2, nothing, edgeTraits)
    one.hear(link1, state(7, 1))
    one.hear(link2, state(8, 1))
    one.hear(link2, state(7, 9, '{"n":9}'))
    expect(one.presence.states.get(7)).toEqual({ n: 1 })
    one.hear(link1, state(7, 9, '{"n":9}'))
    expect(one.presence.states.get(7)).toEqual({ n: 9 })
  })
})

describe('[BR6] edits that follow one another', () => {
  const { editsTogetherMs } = limits

  it('[BR6] the first after a pause leaves at once', () => {
    const one = desk()
    expect(leaving(one.type('a'), link1)).toEqual(['updates'])
    one.pass(editsTogetherMs)
    expect(leaving(one.type('b'), link1)).toEqual(['updates'])
  })

  it('[BR6] those within editsTogetherMs are logged at once and leave as one', () => {
    const one = desk()
    one.type('a')
    for (const text of ['b', 'c', 'd']) expect(leaving(one.type(text))).toEqual([])
    expect(one.logged.getText('t').toString()).toBe('abcd')
    expect(one.machine.deadline()).toBe(one.now + editsTogetherMs)
    const sent = said(one.pass(editsTogetherMs), link1)
    expect(sent).toMatchObject([{ type: 'updates', sequence: 2, updates: { length: 1 } }])
    expect(one.machine.isSettled).toBe(true)
  })

  it('[BR6] nothing is held for nobody', () => {
    const one = Desk.ready()
    one.type('a')
    one.type('b')
    expect(one.machine.isSettled).toBe(true)
  })

  it('[BR6] what is said of the state brings them along first', () => {
    const one = desk()
    one.type('a')
    one.type('b')
    const effects = one.hear(link1, { type: 'have', have: nothing })
    expect(leaving(effects, link1)).toEqual(['updates', 'missing'])
    expect(leaving(effects, link2)).toEqual(['updates'])
  })

  it('[BR6] updates of others go on at once all the same', () => {
    const one = desk()
    one.type('a')
    one.type('b')
    const effects = one.hear(link1, updates(1, ...typed(docOf(9), 'x')))
    expect(leaving(effects, link2)).toEqual(['updates'])
    expect(said(effects, link2)).toMatchObject([{ updates: { length: 1 } }])
    expect(leaving(one.pass(editsTogetherMs), link2)).toEqual(['updates'])
  })

  it('[BR6] [DS13] none counts as stored elsewhere before it has left', () => {
    const one = desk()
    one.type('a')
    one.type('b')
    one.hear(link1, { type: 'stored', sequence: 1 })
    expect(one.machine.summary().pending).toBe(1)
    one.pass(editsTogetherMs)
    one.hear(link1, { type: 'stored', sequence: 2 })
    expect(one.machine.summary().pending).toBe(0)
  })

  it('[BR6] [DS13] nor is it covered by an update of others that overtook it', () => {
    const one = desk()
    one.type('a')
    one.type('b')
    one.hear(link1, updates(1, ...typed(docOf(9), 'x')))
    one.hear(link2, { type: 'stored', sequence: 2 })
    expect(one.machine.summary().pending).toBe(1)
    one.pass(editsTogetherMs)
    one.hear(link2, { type: 'stored', sequence: 3 })
    expect(one.machine.summary().pending).toBe(0)
  })
})

describe('[BR7] big updates that come by two ways', () => {
  const { graftMs, pushBytesMax } = limits
  /** Of a document of one client: as many characters as it takes. */
  const big = (doc: Y.Doc, size = pushBytesMax + 1): Uint8Array =>
    updateOf(doc, () => doc.getText('t').insert(0, 'x'.repeat(size)))
  const digestFor = (one: Desk, sequence = 0): DocumentMessage => ({
    type: 'digest',
    sequence,
    digest: digestOfDoc(one.doc),
    answer: false,
  })

  it('[BR7] whoever brings one that is here already is asked for ids, once', () => {
    const one = desk()
    const far = docOf(9)
    const [first, second] = [big(far), big(far)]
    one.hear(link1, updates(1, first))
    expect(leaving(one.hear(link2, updates(1, first)), link2)).toEqual(['prune'])
    one.hear(link1, updates(2, second))
    expect(leaving(one.hear(link2, updates(2, second)), link2)).toEqual([])
    expect(leaving(one.pass(acknowledgeKnownMs), link2)).toEqual(['stored'])
  })

  it('[BR7] not for small ones, and never the last that brings big ones', () => {
    const one = desk()
    const far = docOf(9)
    const small = typed(far, 'a')[0]!
    one.hear(link1, updates(1, small))
    expect(leaving(one.hear(link2, updates(1, small)), link2)).toEqual([])
    const update = big(far)
    const from = [link1, link2, link3, link1].map((link, index) => one.hear(link, updates(index < 2 ? 2 : 1, update)))
    expect(from.map((effects) => leaving(effects).filter((word) => word === 'prune').length)).toEqual([0, 1, 1, 0])
  })

  it('[BR7] who asked for ids hears them instead of a big update, and still gets small ones', () => {
    const one = desk()
    one.hear(link2, { type: 'prune' })
    const far = docOf(9)
    const update = big(far)
    const effects = one.hear(link1, updates(1, update))
    expect(said(effects, link2)).toEqual([{ type: 'announce', ids: new Map([[9, pushBytesMax + 1]]) }])
    expect(said(effects, link3)).toEqual([updates(1, update)])
    const [small] = typed(far, 'a')
    expect(leaving(one.hear(link1, updates(2, small!)), link2)).toEqual(['updates'])
  })

  it('[BR7] what is made here is nowhere else: it goes to all', () => {
    const one = desk()
    one.hear(link2, { type: 'prune' })
    const effects = one.edit((doc) => doc.getText('t').insert(0, 'x'.repeat(pushBytesMax + 1)))
    expect(leaving(effects, link2)).toEqual(['updates'])
  })

  it('[BR7] [DS13] whom it was only announced to does not count as level until it says so', () => {
    const one = desk()
    one.hear(link2, { type: 'prune' })
    one.hear(link1, updates(1, big(docOf(9))))
    expect(one.machine.isDoneWith(link2)).toBe(false)
    one.hear(link2, digestFor(one))
    expect(one.machine.isDoneWith(link2)).toBe(true)
  })

  it('[BR7] what was announced and comes by another way is not asked for; the announcer hears our digest', () => {
    const one = desk()
    const far = docOf(9)
    const update = big(far)
    const ids = new Map([[9, pushBytesMax + 1]])
    expect(leaving(one.hear(link2, { type: 'announce', ids }))).toEqual([])
    one.pass(graftMs - 1)
    expect(leaving(one.hear(link1, updates(1, update)), link2)).toEqual(['digest'])
    expect(leaving(one.pass(graftMs), link2)).not.toContain('have')
    expect(leaving(one.hear(link3, { type: 'announce', ids }), link3)).toEqual(['digest'])
  })

  it('[BR7] what does not come is asked for, and its updates are pushed again', () => {
    const one = desk()
    const far = docOf(9)
    big(far)
    one.hear(link2, { type: 'announce', ids: new Map([[9, pushBytesMax + 1]]) })
    expect(leaving(one.pass(graftMs), link2)).toEqual(['have'])
    one.hear(link2, missingFrom(far, 1))
    expect(one.doc.getText('t').length).toBe(pushBytesMax + 1)

    const other = desk()
    other.hear(link2, { type: 'prune' })
    other.hear(link1, updates(1, big(docOf(9))))
    other.hear(link2, { type: 'have', have: nothing })
    other.hear(link2, digestFor(other))
    expect(leaving(other.hear(link1, updates(2, big(docOf(10)))), link2)).toEqual(['updates'])
  })

  it('[BR7] every way may be cut: over a ring of five a big update reaches all, most links bring it once', () => {
    const ring = [0, 1, 2, 3, 4].map((index) => Desk.ready({ clientId: index + 1 }))
    for (const one of ring) for (const link of [link1, link2]) one.joinLevel(link)
    let pushes = 0
    const onTheWay: (() => void)[] = []
    /** Everything said by one is heard by the next: link 1 leads to the one before, link 2 to the one after. */
    const send = (from: number, effects: readonly SyncEffect[]): void => {
      for (const effect of effects) {
        if (effect.type !== 'send') continue
        if (effect.message.type === 'updates') pushes++
        const isBack = effect.link === link1
        const to = (from + (isBack ? 4 : 1)) % 5
        onTheWay.push(() => send(to, ring[to]!.hear(isBack ? link2 : link1, effect.message)))
      }
    }
    const arrive = (): void => {
      for (let next = onTheWay.shift(); next !== undefined; next = onTheWay.shift()) next()
    }
    const counts = [0, 1, 2].map(() => {
      pushes = 0
      send(0, ring[0]!.type('x'.repeat(pushBytesMax + 1)))
      arrive()
      for (const [index, one] of ring.entries()) send(index, one.pass(limits.editsTogetherMs))
      arrive()
      expect(new Set(ring.map((one) => stateOf(one.doc))).size).toBe(1)
      return pushes
    })
    expect(counts[0]).toBeGreaterThan(4)
    expect(counts[2]).toBe(4)
  })
})
