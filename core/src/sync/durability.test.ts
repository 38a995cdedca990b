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
  missingFrom,
  nothing,
  said,
} from '../../test/desk.ts'
import { docOf, editAtRandom, exchange, stateOf, typed, updateOf } from '../../test/replicas.ts'
import { SeededRandom } from '../../test/seeded-random.ts'
import { edgeTraits, peerTraits } from '../../test/traits.ts'
import { linkId } from '../ids.ts'
import { limits } from '../limits.ts'
import type { SyncEffect } from './sync-events.ts'

const { acknowledgeKnownMs, storageRetryFirstMs, unloggedBytesMax } = limits

/** A document with two level neighbours, whose storage answers only when told. */
function desk(): Desk {
  const one = Desk.ready()
  one.joinLevel(link1)
  one.joinLevel(link2)
  one.isPrompt = false
  return one
}

function updates(sequence: number, ...all: readonly Uint8Array[]) {
  return { type: 'updates', sequence, updates: all } as const
}

describe('[ST2] nothing leaves that the own log does not hold yet', () => {
  it('[ST2] an edit is appended, and goes out when that has succeeded', () => {
    const one = desk()
    const effects = one.type('a')
    expect(effects.map((effect) => effect.type)).toEqual(['append'])
    expect(leaving(one.store(), link1)).toEqual(['updates'])
    expect(one.logged.getText('t').toString()).toBe('a')
  })

  it('[ST2] what a neighbour sends is neither acknowledged nor passed on before', () => {
    const one = desk()
    const effects = one.hear(link1, updates(1, ...typed(docOf(9), 'a')))
    expect(effects.map((effect) => effect.type)).toEqual(['append'])
    const after = one.store()
    expect([said(after, link1), leaving(after, link2)]).toEqual([[{ type: 'stored', sequence: 1 }], ['updates']])
  })

  const far = docOf(9)
  typed(far, 'far')
  it.each<[string, (one: Desk) => readonly SyncEffect[]]>([
    ['a neighbour joins', (one) => one.join(linkId(7), nothing)],
    ['a client of another wire joins', (one) => one.join(linkId(7), nothing, edgeTraits)],
    ['a link wants to be told', (one) => one.handle({ type: 'invited', link: linkId(7), traits: peerTraits(7) })],
    ['a neighbour asks for everything', (one) => one.hear(link1, { type: 'have', have: nothing })],
    ['a neighbour holds more', (one) => one.hear(link1, { type: 'have', have: haveOfDoc(far) })],
    ['a neighbour compares', (one) => one.hear(link1, digestFrom(far, 0, true))],
    ['a neighbour brings all it has', (one) => one.hear(link1, missingFrom(far, 1))],
    ['a neighbour brings edits', (one) => one.hear(link1, updates(1, Y.encodeStateAsUpdate(far)))],
    ['a neighbour leaves a gap', (one) => one.hear(link1, updates(5, Y.encodeStateAsUpdate(far)))],
    ['an app offers an update', (one) => one.request(Y.encodeStateAsUpdate(far))],
    ['an app asks for the document', (one) => one.request(null)],
    [
      'a slow reader has drained',
      (one) => [...one.handle({ type: 'dropped', link: link1 }), ...one.handle({ type: 'drained', link: link1 })],
    ],
    ['time passes', (one) => one.pass(100_000)],
  ])('[ST2] nor anything else that could speak of it: %s', (_what, happens) => {
    const one = desk()
    one.type('secret')
    const effects = [...happens(one)]
    expect(leaving(effects)).toEqual([])
    expect(effects.some((effect) => effect.type === 'settle')).toBe(false)
    // Nothing is lost by waiting: all is said when the log holds it.
    expect(leaving(one.store(), link2)).toContain('updates')
  })

  it('[ST2] presence speaks of no change: it does not wait', () => {
    const one = desk()
    one.type('a')
    one.presence.setLocalState({ name: 'me' })
    expect(leaving(one.handle({ type: 'woke' }))).toEqual(['presence', 'presence'])
  })

  it('[ST2] one append at a time; a hundred keystrokes meanwhile make one more', () => {
    const one = desk()
    one.type('a')
    for (let count = 0; count < 100; count++) one.type('b')
    expect(one.work).toMatchObject([{ type: 'append', updates: { length: 1 } }])
    one.isPrompt = true
    const effects = one.store()
    const appends = effects.filter((effect) => effect.type === 'append')
    expect(appends).toMatchObject([{ updates: { length: 100 } }])
    const sent = [...said(effects, link1), ...said(one.pass(limits.editsTogetherMs), link1)]
    expect(sent.map((message) => message.type)).toEqual(['updates', 'updates'])
    const there = docOf(9, ...sent.flatMap((message) => (message.type === 'updates' ? message.updates : [])))
    expect(stateOf(there)).toBe(stateOf(one.doc))
  })

  it('[ST2] [BR5] whatever happens in whatever order: no message speaks of what the log does not hold', () => {
    for (let seed = 1; seed <= 25; seed++) {
      const random = new SeededRandom(seed)
      const one = Desk.ready({ stored: seed % 2 === 0 ? typed(docOf(50), 'old') : [] })
      const fars = [docOf(11), docOf(12)]
      one.joinLevel(link1)
      one.join(link2, haveOfDoc(fars[1]!))
      one.isPrompt = false
      const sequences = [0, 0]
      for (let step = 0; step < 60; step++) {
        const which = random.below(2)
        const [far, link] = [fars[which]!, which === 0 ? link1 : link2]
        const before = one.log.length
        const effects = random.pick<() => readonly SyncEffect[]>([
          () => one.edit((doc) => doc.transact(() => editAtRandom(doc, random))),
          () => one.edit((doc) => doc.transact(() => editAtRandom(doc, random))),
          () => {
            far.transact(() => editAtRandom(far, random))
            return one.hear(link, missingFrom(far, ++sequences[which]!))
          },
          () => one.hear(link, { type: 'have', have: haveOfDoc(far) }),
          () => one.hear(link, digestFrom(far, sequences[which]!, true)),
          () => (random.chance(0.3) && one.work.length > 0 ? one.failAppend() : one.store()),
          () => one.store(),
          () => one.pass(random.below(4_000)),
          () => one.join(linkId(10 + step), nothing),
        ])()
        expect(one.log.length).toBeGreaterThanOrEqual(before)
        expect(uncovered(effects, one.logged)).toEqual([])
      }
      one.isPrompt = true
      one.pass(20_000)
      expect(stateOf(one.logged)).toBe(stateOf(one.doc))
    }
  })
})

/** Words in these effects that speak of something this document does not hold. */
function uncovered(effects: readonly SyncEffect[], logged: Y.Doc): readonly unknown[] {
  const known = Y.decodeStateVector(Y.encodeStateVector(logged))
  const covers = (update: Uint8Array): boolean => {
    const copy = docOf(999, Y.encodeStateAsUpdate(logged))
    Y.applyUpdate(copy, update)
    return stateOf(copy) === stateOf(logged)
  }
  const holds = (stateVector: Uint8Array): boolean =>
    [...Y.decodeStateVector(stateVector)].every(([client, clock]) => (known.get(client) ?? 0) >= clock)
  return effects.filter((effect) => {
    if (effect.type === 'open') return !holds(effect.have.stateVector)
    if (effect.type !== 'send') return false
    const { message } = effect
    if (message.type === 'have') return !holds(message.have.stateVector)
    if (message.type === 'updates') return !message.updates.every(covers)
    return message.type === 'missing' && !covers(message.update)
  })
}

describe('[ST3] a storage that fails', () => {
  it('[ST3] a failed append is shown, tried again with back-off, and claims nothing meanwhile', () => {
    const one = desk()
    one.type('a')
    const effects = one.failAppend('disk full')
    expect(effects).toMatchObject([
      { type: 'log', level: 'error', event: 'append failed', details: { why: 'disk full' } },
    ])
    expect(one.machine.summary()).toMatchObject({ fault: 'disk full', isSettled: false, pending: 1 })
    expect(one.machine.deadline()).toBe(one.now + storageRetryFirstMs)
    expect(one.pass(storageRetryFirstMs - 1)).toEqual([])
    expect(one.pass(1).map((effect) => effect.type)).toEqual(['append'])
    one.failAppend()
    expect(one.pass(2 * storageRetryFirstMs - 1)).toEqual([])
    expect(one.pass(1).map((effect) => effect.type)).toEqual(['append'])
    expect(leaving(one.store(), link1)).toEqual(['updates'])
    expect(one.machine.summary()).toMatchObject({ fault: null, isSettled: true })
  })

  it('[ST3] it recovers without a gap: everything once, in order', () => {
    const one = desk()
    one.type('a')
    one.type('b')
    one.failAppend()
    one.type('c')
    one.hear(link2, updates(1, ...typed(docOf(9), 'x')))
    one.isPrompt = true
    const effects = one.pass(storageRetryFirstMs)
    expect(stateOf(one.logged)).toBe(stateOf(one.doc))
    const there = docOf(8)
    for (const message of said(effects, link1)) {
      for (const update of message.type === 'updates' ? message.updates : []) Y.applyUpdate(there, update)
    }
    expect(stateOf(there)).toBe(stateOf(one.doc))
    expect(said(effects, link2)).toContainEqual({ type: 'stored', sequence: 1 })
  })

  it('[ST3] while it fails no update is taken beyond unloggedBytesMax; it is fetched when it works again', () => {
    const one = desk()
    const far = docOf(9)
    const first = updateOf(far, () => far.getMap('m').set('big', new Uint8Array(unloggedBytesMax + 1)))
    const second = updateOf(far, () => far.getText('t').insert(0, 'x'))
    one.request(first)
    one.failAppend()
    one.hear(link1, updates(1, second))
    one.hear(link2, missingFrom(far, 1))
    expect(one.text).toBe('')
    one.isPrompt = true
    const effects = one.pass(storageRetryFirstMs + limits.answerMs + 1)
    expect(said(effects).some((message) => message.type === 'stored')).toBe(false)
    expect(leaving(effects, link1)).toContain('have')
    const answered = one.hear(link1, missingFrom(far, 2))
    expect(one.text).toBe('x')
    expect(said(answered, link1)).toContainEqual({ type: 'stored', sequence: 2 })
  })

  it('[ST3] requests are answered when the log holds what they brought', () => {
    const one = desk()
    one.request(typed(docOf(9), 'a')[0]!)
    one.failAppend()
    expect(one.request(null)).toEqual([])
    one.isPrompt = true
    const settled = one.pass(storageRetryFirstMs).filter((effect) => effect.type === 'settle')
    expect(settled).toMatchObject([
      { request: 1, settled: { type: 'merged', merged: { type: 'news' } } },
      { request: 2, settled: { type: 'snapshot' } },
    ])
  })
})

describe('[ST1] [ST6] acknowledgements', () => {
  it('[ST6] stored is sent for what is in the log, through the newest of it', () => {
    const one = desk()
    const [a, b, c] = typed(docOf(9), 'abc')
    one.hear(link1, updates(1, a!))
    one.hear(link1, updates(2, b!))
    expect(said(one.store(), link1)).toContainEqual({ type: 'stored', sequence: 2 })
    one.hear(link1, updates(3, c!))
    expect(said(one.store(), link1)).toEqual([{ type: 'stored', sequence: 3 }])
  })

  it('[ST6] what was known already is acknowledged a little later, or with the next news', () => {
    const one = desk()
    const [a, b] = typed(docOf(9), 'ab')
    one.hear(link2, updates(1, a!))
    one.store()
    expect(said(one.hear(link1, updates(1, a!)), link1)).toEqual([])
    expect(said(one.pass(acknowledgeKnownMs - 1), link1)).toEqual([])
    expect(said(one.pass(1), link1)).toEqual([{ type: 'stored', sequence: 1 }])
    one.hear(link1, updates(2, a!))
    one.hear(link1, updates(3, b!))
    expect(said(one.store(), link1)).toEqual([{ type: 'stored', sequence: 3 }])
    expect(said(one.pass(acknowledgeKnownMs), link1)).toEqual([])
  })

  it('[ST6] what was known but is still being written is not', () => {
    const one = desk()
    const [a] = typed(docOf(9), 'a')
    one.hear(link2, updates(1, a!))
    expect(said([...one.hear(link1, updates(1, a!)), ...one.pass(acknowledgeKnownMs)])).toEqual([])
    const after = one.store()
    expect([said(after, link1), said(after, link2)]).toEqual([
      [{ type: 'stored', sequence: 1 }],
      [{ type: 'stored', sequence: 1 }],
    ])
  })

  it('[ST6] others’ acknowledgements count by what they said of their disk', () => {
    const one = Desk.ready()
    one.joinLevel(link1, peerTraits(1, { disk: false }))
    one.type('a')
    const before = one.machine.summary()
    one.hear(link1, { type: 'stored', sequence: 1 })
    expect([before.pending, one.machine.summary()]).toMatchObject([1, { pending: 1, storedOn: 0 }])
    expect([one.machine.neighbours.holders(1, false), one.machine.neighbours.holders(1, true)]).toEqual([1, 0])
    one.joinLevel(link2)
    expect(one.machine.summary()).toMatchObject({ pending: 0, storedOn: 1 })
  })

  it('[DS13] pending counts own edits that nobody has on disk; an edit by others is not one', () => {
    const one = Desk.ready()
    one.joinLevel(link1)
    one.type('a')
    one.pass(limits.editsTogetherMs)
    one.type('b')
    one.hear(link1, updates(1, ...typed(docOf(9), 'x')))
    expect(one.machine.summary().pending).toBe(2)
    one.hear(link1, { type: 'stored', sequence: 1 })
    expect(one.machine.summary().pending).toBe(1)
    one.hear(link1, { type: 'stored', sequence: 2 })
    expect(one.machine.summary()).toMatchObject({ pending: 0, storedOn: 1 })
  })
})

describe('[ST4] [ST5] compaction of a log', () => {
  it('[ST4] is asked for when the log has grown, and keeps everything', () => {
    const stored = typed(docOf(9), 'x'.repeat(limits.compactRecordsMin))
    const one = Desk.ready({ stored })
    expect([one.history.filter((effect) => effect.type === 'compact').length, one.log.length]).toEqual([1, 1])
    expect(one.logged.getText('t').toString()).toBe('x'.repeat(limits.compactRecordsMin))
    one.type('y')
    expect(one.log).toHaveLength(2)
  })

  it('[ST4] edits during it are in the log after it', () => {
    const one = Desk.ready({ stored: typed(docOf(9), 'x'.repeat(limits.compactRecordsMin - 1)), isPrompt: false })
    one.type('a')
    one.store()
    expect(one.history.at(-1)?.type).not.toBe('append')
    one.type('b')
    one.isPrompt = true
    one.store()
    expect(stateOf(one.logged)).toBe(stateOf(one.doc))
  })

  it('[ST5] damaged records are set aside, reported, and what they held is fetched', () => {
    const source = docOf(9)
    const [a, b, c] = typed(source, 'abc')
    const one = Desk.ready({ stored: [a!, b!.slice(0, 5), c!] })
    expect(one.setAside).toEqual([b!.slice(0, 5)])
    const reports = one.history.filter((effect) => effect.type === 'log')
    expect(reports).toMatchObject([
      { level: 'error', event: 'records set aside', details: { damaged: 1, unreadable: 0 } },
    ])
    expect(one.text).toBe('a')
    // The neighbour has it all: it is asked, and the rest comes back.
    expect(leaving(one.join(link1, haveOfDoc(source)), link1)).toContain('open')
    one.hear(link1, missingFrom(source, 1))
    expect([one.text, one.logged.getText('t').toString()]).toEqual(['abc', 'abc'])
    expect(digestOfDoc(one.doc)).toEqual(digestOfDoc(source))
  })

  it('[ST5] records the storage could not read are reported; nothing is overwritten because of them', () => {
    const one = new Desk({ isPrompt: false })
    one.handle({ type: 'appOpened' })
    one.work.length = 0
    const effects = one.handle({ type: 'loaded', updates: typed(docOf(9), 'a'), unreadable: 3 })
    expect(effects).toMatchObject([{ type: 'log', event: 'records set aside', details: { damaged: 0, unreadable: 3 } }])
    exchange(one.doc, docOf(8))
  })
})
