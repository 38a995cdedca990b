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
import { docOf, exchange, hasPending, stateOf, typed, updateOf } from '../../test/replicas.ts'
import { peerTraits } from '../../test/traits.ts'
import { limits } from '../limits.ts'
import type { DocumentMessage } from '../wire/message.ts'
import type { SyncEffect } from './sync-events.ts'

const { answerMs, answersBurst, graftMs, antiEntropyFirstMs, deletesWaitMs, slowBytesPerMs, waitingUpdatesMax } = limits

function updates(sequence: number, ...all: readonly Uint8Array[]): DocumentMessage {
  return { type: 'updates', sequence, updates: all }
}

/** A document that holds `shared` and a neighbour's document that holds it, too; they have not met yet. */
function pair(): { readonly one: Desk; readonly far: Y.Doc } {
  const stored = typed(docOf(50), 'shared')
  return { one: Desk.ready({ stored }), far: docOf(9, ...stored) }
}

/** The same, level and in conversation. */
function met(): { readonly one: Desk; readonly far: Y.Doc } {
  const { one, far } = pair()
  one.joinLevel(link1)
  return { one, far }
}

function apply(effects: readonly SyncEffect[], doc: Y.Doc): void {
  for (const message of said(effects, link1)) {
    if (message.type === 'missing') Y.applyUpdate(doc, message.update)
    if (message.type === 'updates') for (const update of message.updates) Y.applyUpdate(doc, update)
  }
}

describe('[DS3] deletes that both know', () => {
  /** A long-lived text: every third of its characters is deleted. */
  function edited(): Y.Doc {
    const doc = docOf(50)
    const text = doc.getText('t')
    text.insert(0, 'abc'.repeat(1_000))
    for (let at = 2; at < 2_000; at += 2) text.delete(at, 1)
    return doc
  }

  it('[DS3] are not sent to who lacks one insertion: it gets that, and is equal', () => {
    const doc = edited()
    const before = Y.encodeStateAsUpdate(doc)
    doc.getText('t').insert(5, '!')
    const one = Desk.ready({ stored: [Y.encodeStateAsUpdate(doc)] })
    const far = docOf(9, before)
    const [missing] = said(one.join(link1, haveOfDoc(far)), link1).filter((message) => message.type === 'missing')
    expect(Y.encodeStateAsUpdate(doc, Y.encodeStateVector(far)).byteLength).toBeGreaterThan(1_500)
    expect(missing!.update.byteLength).toBeLessThan(40)
    Y.applyUpdate(far, missing!.update)
    expect(stateOf(far)).toBe(stateOf(doc))
  })

  it('[DS3] are sent to who lacks some of them, and to who asks later than something else was deleted', () => {
    const doc = edited()
    const before = Y.encodeStateAsUpdate(doc)
    doc.getText('t').insert(5, '!')
    doc.getText('t').delete(9, 1)
    const one = Desk.ready({ stored: [Y.encodeStateAsUpdate(doc)] })
    const far = docOf(9, before)
    apply(one.join(link1, haveOfDoc(far)), far)
    expect(stateOf(far)).toBe(stateOf(doc))
  })

  it('[DS3] are sent where it is not known which of them they have', () => {
    const doc = edited()
    const one = Desk.ready({ stored: [Y.encodeStateAsUpdate(doc)] })
    const far = docOf(9, Y.encodeStateAsUpdate(doc))
    far.getText('t').insert(0, '?')
    one.join(link1, haveOfDoc(far))
    // They sent what we lacked, and deleted nothing; meanwhile something was typed and deleted here.
    one.doc.getText('t').insert(0, '!')
    one.doc.getText('t').delete(20, 3)
    apply(one.handle({ type: 'woke' }), far)
    apply(one.hear(link1, missingFrom(far, 1)), far)
    apply(one.pass(10_000), far)
    apply(one.hear(link1, { type: 'have', have: haveOfDoc(far) }), far)
    expect(stateOf(far)).toBe(stateOf(one.doc))
  })
})

describe('[DS1] taking part', () => {
  it('[DS1] open says what is held; whoever opens is answered by open', () => {
    const { one } = pair()
    const invited = one.handle({ type: 'invited', link: link1, traits: peerTraits(1) })
    expect(invited).toEqual([{ type: 'open', link: link1, have: haveOfDoc(one.doc) }])
    expect(leaving(one.join(link2, haveOfDoc(one.doc)), link2)).toEqual(['open'])
    // Once is enough.
    expect(leaving(one.handle({ type: 'invited', link: link1, traits: peerTraits(1) }))).toEqual([])
  })

  it('[DS1] nothing is said to who has not opened it', () => {
    const { one } = pair()
    one.handle({ type: 'invited', link: link1, traits: peerTraits(1) })
    expect(leaving(one.type('a'))).toEqual([])
    one.presence.setLocalState({ name: 'me' })
    expect(leaving(one.handle({ type: 'woke' }))).toEqual([])
  })

  it('[ME5] a message from a neighbour that is not known to take part is answered by unknown', () => {
    const { one, far } = pair()
    expect(one.hear(link1, digestFrom(far, 0, true))).toEqual([{ type: 'unknown', link: link1 }])
    one.handle({ type: 'invited', link: link1, traits: peerTraits(1) })
    expect(one.hear(link1, updates(1, ...typed(docOf(8), 'x')))).toEqual([{ type: 'unknown', link: link1 }])
    expect(one.text).toBe('shared')
  })

  it('[ME5] who hears unknown opens again, and forgets nothing else', () => {
    const { one } = met()
    one.type('a')
    const effects = one.handle({ type: 'unheard', link: link1 })
    expect(leaving(effects, link1)).toEqual(['open'])
    one.pass(limits.editsTogetherMs)
    expect(said(one.type('b'), link1)).toMatchObject([{ type: 'updates', sequence: 2 }])
  })

  it('[ME5] an open without an answer is said again after answerMs, then with doubling waits', () => {
    const { one } = pair()
    one.handle({ type: 'invited', link: link1, traits: peerTraits(1) })
    const moments: number[] = []
    for (let ms = 0; ms < 12 * answerMs; ms += 250) {
      if (leaving(one.pass(250), link1).includes('open')) moments.push(ms + 250)
    }
    expect(moments).toEqual([answerMs, 3 * answerMs, 7 * answerMs])
    one.join(link1, haveOfDoc(one.doc))
    expect(leaving(one.pass(30_000), link1)).not.toContain('open')
  })

  it('[ME5] who declined is not asked again until it opens the document itself', () => {
    const { one } = pair()
    one.handle({ type: 'invited', link: link1, traits: peerTraits(1) })
    one.handle({ type: 'left', link: link1, how: 'declined' })
    expect(leaving(one.type('a'), link1)).toEqual([])
    expect(leaving(one.pass(300_000), link1)).toEqual([])
    expect(leaving(one.join(link1), link1)).toEqual(['open', 'missing'])
  })

  it('[ME5] who says open again has not heard ours: it is said again, but not twice within answerMs', () => {
    const { one } = met()
    const have = haveOfDoc(one.doc)
    expect(leaving(one.join(link1, have), link1)).not.toContain('open')
    one.now += answerMs
    expect(leaving(one.join(link1, have), link1)).toContain('open')
    expect(leaving(one.join(link1, have), link1)).not.toContain('open')
  })
})

describe('[DS3] who gives and who asks', () => {
  it('[DS3] equal on open: nothing is said, both see it for themselves', () => {
    const { one } = pair()
    one.handle({ type: 'invited', link: link1, traits: peerTraits(1) })
    expect(one.join(link1, haveOfDoc(one.doc))).toEqual([])
    expect(one.machine.summary()).toMatchObject({ taking: 1, level: 1 })
  })

  it('[DS3] equal on have: a digest that asks for nothing', () => {
    const { one } = met()
    expect(said(one.hear(link1, { type: 'have', have: haveOfDoc(one.doc) }), link1)).toEqual([
      digestFrom(one.doc, 0, false),
    ])
  })

  it('[DS3] they lack structs: they get what is missing, and it brings them level', () => {
    const { one, far } = pair()
    one.type(' and more')
    const effects = one.join(link1, haveOfDoc(far))
    expect(leaving(effects, link1)).toEqual(['open', 'missing'])
    apply(effects, far)
    expect(stateOf(far)).toBe(stateOf(one.doc))
    expect(said(effects, link1)[0]).toMatchObject({
      sequence: 1,
      digest: digestOfDoc(one.doc),
    })
  })

  it('[DS3] we lack structs: they are asked with what is held here', () => {
    const { one, far } = met()
    typed(far, '!')
    expect(said(one.hear(link1, { type: 'have', have: haveOfDoc(far) }), link1)).toEqual([
      { type: 'have', have: haveOfDoc(one.doc) },
    ])
    one.hear(link1, missingFrom(far, 1))
    expect(stateOf(one.doc)).toBe(stateOf(far))
  })

  it('[DS3] on joining our own open was the question', () => {
    const { one, far } = pair()
    typed(far, '!')
    expect(leaving(one.join(link1, haveOfDoc(far)), link1)).toEqual(['open'])
  })

  it('[DS2] [DS3] the same structs and other deletes: they get ours, we get theirs', () => {
    const { one, far } = met()
    one.edit((doc) => doc.getText('t').delete(0, 1))
    far.getText('t').delete(3, 1)
    one.hear(link1, { type: 'stored', sequence: 1 })
    // Nobody here ever had just their deletes: they may know ours, and are heard first.
    expect(leaving(one.hear(link1, { type: 'have', have: haveOfDoc(far) }), link1)).toEqual([])
    const effects = one.pass(deletesWaitMs)
    expect(leaving(effects, link1)).toEqual(['missing'])
    apply(effects, far)
    one.hear(link1, missingFrom(far, 1))
    expect([stateOf(one.doc), one.text]).toEqual([stateOf(far), far.getText('t').toString()])
  })

  it('[DS3] level again after missing: a digest tells them so', () => {
    const { one, far } = met()
    typed(far, '!')
    const effects = one.hear(link1, missingFrom(far, 1))
    expect(said(effects, link1)).toContainEqual(digestFrom(far, 0, false))
    expect(one.machine.summary()).toMatchObject({ level: 1, taking: 1 })
  })

  it('[DS3] after missing, nothing is sent back that they have or that is on its way', () => {
    const { one, far } = met()
    one.type('on its way')
    typed(far, '!')
    expect(leaving(one.hear(link1, missingFrom(far, 1)), link1)).toEqual(['stored'])
    const level = met()
    typed(level.far, '!')
    expect(leaving(level.one.hear(link1, missingFrom(level.far, 1)), link1).toSorted()).toEqual(['digest', 'stored'])
  })

  it('[DS3] after missing, what they cannot have is sent to them', () => {
    const { one, far } = pair()
    one.handle({ type: 'invited', link: link1, traits: peerTraits(1) })
    typed(far, '!')
    one.join(link1, haveOfDoc(far))
    one.edit((doc) => doc.getText('t').delete(0, 1))
    const effects = one.hear(link1, missingFrom(far, 1))
    apply(one.history, far)
    apply(effects, far)
    one.pass(answerMs + 1)
    apply(one.history, far)
    expect(stateOf(far)).toBe(stateOf(one.doc))
  })

  it('[DS6] a have that is none closes the link it came by', () => {
    const { one } = met()
    const have = { stateVector: Uint8Array.of(9, 9), deletes: nothing.deletes }
    expect(one.hear(link1, { type: 'have', have })).toMatchObject([{ type: 'closeLink', link: link1, code: 4400 }])
  })
})

describe('[DS4] requests', () => {
  it('[DS4] are made again when there was no answer for answerMs, not before', () => {
    const { one, far } = met()
    const [, b] = typed(far, 'ab')
    expect(leaving(one.hear(link1, updates(2, b!)), link1)).toEqual(['have'])
    expect(leaving(one.hear(link1, updates(3, b!)), link1)).toEqual([])
    expect(leaving(one.pass(answerMs - 1), link1)).toEqual([])
    expect(leaving(one.pass(1), link1)).toEqual(['have'])
    expect(leaving(one.pass(answerMs - 1), link1)).not.toContain('have')
  })

  it('[DS4] not after the answer has come', () => {
    const { one, far } = met()
    const [, b] = typed(far, 'ab')
    one.hear(link1, updates(2, b!))
    one.hear(link1, missingFrom(far, 3))
    expect(leaving(one.pass(2 * answerMs), link1)).not.toContain('have')
  })
})

describe('[DS5] [DS12] comparing', () => {
  it('[DS5] a digest that asks for an answer, to one neighbour after antiEntropyFirstMs', () => {
    const { one } = met()
    one.joinLevel(link2)
    expect(leaving(one.pass(antiEntropyFirstMs - 1))).toEqual([])
    const [first] = [one.pass(1)]
    expect(said(first)).toEqual([digestFrom(one.doc, 0, true)])
    const second = one.pass(2 * antiEntropyFirstMs)
    expect([leaving(first, link1), leaving(first, link2), leaving(second, link1), leaving(second, link2)]).toEqual([
      ['digest'],
      [],
      [],
      ['digest'],
    ])
  })

  it('[DS5] who is equal answers when asked, and only then', () => {
    const { one, far } = met()
    expect(said(one.hear(link1, digestFrom(far, 7, true)), link1)).toEqual([digestFrom(far, 0, false)])
    expect(said(one.hear(link1, digestFrom(far, 7, false)), link1)).toEqual([])
  })

  it('[DS5] who is not asks with have', () => {
    const { one, far } = met()
    typed(far, '!')
    expect(said(one.hear(link1, digestFrom(far, 1, true)), link1)).toEqual([{ type: 'have', have: haveOfDoc(one.doc) }])
    const quiet = met()
    expect(said(quiet.one.hear(link1, digestFrom(far, 1, false)), link1)).toEqual([])
  })

  it('[DS5] a neighbour that lost deletes only is found and repaired', () => {
    const { one, far } = met()
    one.edit((doc) => doc.getText('t').delete(0, 2))
    one.now += answerMs
    const asked = one.pass(antiEntropyFirstMs)
    expect(said(asked, link1)).toContainEqual(digestFrom(one.doc, 1, true))
    one.hear(link1, { type: 'have', have: haveOfDoc(far) })
    apply(one.pass(deletesWaitMs), far)
    expect(stateOf(far)).toBe(stateOf(one.doc))
  })

  it('[DS3] who held all deletes there were here before gets those since, at once; if that was not enough, all', () => {
    const { one, far } = met()
    one.edit((doc) => doc.getText('t').delete(5, 1))
    Y.applyUpdate(far, Y.encodeStateAsUpdate(one.doc))
    one.hear(link1, { type: 'stored', sequence: 1 })
    one.pass(antiEntropyFirstMs)
    one.edit((doc) => doc.getText('t').delete(0, 2))
    const asks = { type: 'have', have: haveOfDoc(far) } as const
    const [some] = said(one.hear(link1, asks), link1).filter((message) => message.type === 'missing')
    expect(Y.decodeUpdate(some!.update).ds.clients.get(50)).toMatchObject([{ clock: 0, len: 2 }])
    one.hear(link1, asks)
    const [all] = said(one.pass(2 * answerMs), link1).filter((message) => message.type === 'missing')
    Y.applyUpdate(far, all!.update)
    expect(stateOf(far)).toBe(stateOf(one.doc))
  })

  it('[DS12] a digest that differs says nothing while updates of ours are not acknowledged', () => {
    const { one, far } = met()
    one.type('on its way')
    expect(leaving(one.hear(link1, digestFrom(far, 0, true)), link1)).toEqual([])
    one.now += answerMs
    expect(leaving(one.hear(link1, digestFrom(far, 0, true)), link1)).toEqual(['have'])
  })

  it('[DS12] nor while they are not in our log', () => {
    const { one, far } = met()
    one.isPrompt = false
    one.hear(link2, updates(1, ...typed(docOf(8), 'x')))
    one.joinLevel(link2)
    one.hear(link2, updates(1, ...typed(docOf(8), 'x')))
    const effects = [...one.hear(link1, digestFrom(far, 0, true)), ...one.store()]
    expect(leaving(effects, link1)).not.toContain('have')
  })

  it('[DS12] a digest equal to what we offered: they hold that; what was made since is on its way', () => {
    const { one, far } = pair()
    one.type('!')
    one.handle({ type: 'invited', link: link1, traits: peerTraits(1) })
    apply(one.join(link1, haveOfDoc(far)), far)
    const offered = digestFrom(far, 0, false)
    one.type('?')
    one.hear(link1, offered)
    expect(one.machine.summary()).toMatchObject({ level: 1 })
    expect(one.machine.neighbours.get(link1)?.holds).toBe(2)
    expect(one.machine.summary().pending).toBe(1)
  })
})

describe('[DS7] gaps', () => {
  it('[DS7] an update that builds on something missing waits; another link may bring that, and it is acknowledged', () => {
    const { one, far } = met()
    one.joinLevel(link2)
    const [a, b] = typed(far, 'ab')
    const effects = one.hear(link1, updates(1, b!))
    expect([leaving(effects, link1), leaving(effects, link2)]).toEqual([[], []])
    expect([one.text, hasPending(one.doc)]).toEqual(['shared', false])
    expect(one.machine.summary().level).toBe(1)
    // What it waited for comes by another link: both are applied, logged and passed on.
    const after = one.hear(link2, updates(1, a!))
    expect([one.text, one.logged.getText('t').toString()]).toEqual(['sharedab', 'sharedab'])
    expect(said(after, link2).filter((message) => message.type === 'updates')).toHaveLength(1)
    expect(said(after, link1).filter((message) => message.type === 'updates')).toHaveLength(1)
    expect(said(after, link1)).toContainEqual({ type: 'stored', sequence: 1 })
    expect(leaving(one.pass(graftMs))).not.toContain('have')
    expect(one.machine.summary().level).toBe(2)
  })

  it('[DS7] what it builds on is asked for when nobody has brought it', () => {
    const { one, far } = met()
    const [a, b, c] = typed(far, 'abc')
    expect(leaving(one.hear(link1, updates(1, b!)), link1)).toEqual([])
    // What follows without a gap waits with it.
    expect(leaving(one.hear(link1, updates(2, c!)), link1)).toEqual([])
    expect(leaving(one.pass(graftMs), link1)).toEqual(['have'])
    expect(said(one.hear(link1, updates(3, a!)), link1)).toEqual([])
    expect([one.text, one.machine.summary().level]).toEqual(['sharedabc', 0])
    expect(said(one.hear(link1, missingFrom(far, 4)), link1)).toContainEqual({ type: 'stored', sequence: 4 })
  })

  it('[DS7] [BR5] a number that is missing is asked for at once, whatever waits', () => {
    const { one, far } = met()
    const [, b, c] = typed(far, 'abc')
    one.hear(link1, updates(1, b!))
    expect(leaving(one.hear(link1, updates(3, c!)), link1)).toEqual(['have'])
  })

  it('[DS7] what waited and is gone is never acknowledged', () => {
    const { one, far } = met()
    one.joinLevel(link2)
    const [a, b] = typed(far, 'ab')
    one.hear(link1, updates(1, b!))
    // The app comes with a Y.Doc of its own: what waited for the other one is not in it.
    one.machine.adopt(docOf(77))
    const effects = [...one.hear(link2, updates(1, a!)), ...one.pass(1)]
    expect(said(effects, link1)).not.toContainEqual({ type: 'stored', sequence: 1 })
    expect(leaving([...effects, ...one.pass(limits.answerMs)], link1)).toContain('have')
  })

  it('[BR5] [DS7] it is not acknowledged, before a missing has closed the gap', () => {
    const { one, far } = met()
    const [, b, c] = typed(far, 'abc')
    const effects = [...one.hear(link1, updates(2, b!)), ...one.hear(link1, updates(3, c!)), ...one.pass(60_000)]
    expect(leaving(effects, link1)).not.toContain('stored')
    expect(said(one.hear(link1, missingFrom(far, 4)), link1)).toContainEqual({ type: 'stored', sequence: 4 })
    expect(one.text).toBe('sharedabc')
  })

  it('[DS7] [WI8] what waits has a limit; the answer to the question brings the rest', () => {
    const { one, far } = met()
    const all = typed(far, 'x'.repeat(waitingUpdatesMax + 50))
    for (const [index, update] of all.slice(1).entries()) one.hear(link1, updates(index + 2, update))
    expect([one.text, hasPending(one.doc)]).toEqual(['shared', false])
    one.hear(link1, updates(1, all[0]!))
    expect(one.text.length).toBe('shared'.length + waitingUpdatesMax + 1)
    one.hear(link1, missingFrom(far, all.length + 1))
    expect(stateOf(one.doc)).toBe(stateOf(far))
  })

  it('[DS7] chains of waiting updates are all let in, in whatever order they came', () => {
    const { one, far } = met()
    const [a, ...rest] = typed(far, 'abcdefgh')
    for (const [index, update] of rest.toReversed().entries()) one.hear(link1, updates(index + 2, update))
    one.hear(link1, updates(1, a!))
    expect(one.text).toBe('sharedabcdefgh')
  })
})

describe('[BR5] lost messages', () => {
  it('[BR5] a receiver that misses a number acknowledges nothing beyond it, though it could be applied', () => {
    const { one } = met()
    const effects = one.hear(link1, updates(2, ...typed(docOf(8), 'independent')))
    expect([one.text.includes('independent'), leaving(effects, link1)]).toEqual([true, ['have']])
    expect(one.machine.summary().level).toBe(0)
  })

  it('[BR5] an equal digest closes the gap', () => {
    const { one, far } = met()
    const [update] = [updateOf(far, () => far.getText('t').insert(0, 'x'))]
    one.hear(link1, updates(2, update))
    one.hear(link1, digestFrom(far, 2, false))
    expect(one.machine.summary().level).toBe(1)
    const [next] = typed(far, '!')
    expect(said(one.hear(link1, updates(3, next!)), link1)).toEqual([{ type: 'stored', sequence: 3 }])
  })

  it('[BR5] who takes part anew says where the numbers are, so that the next one leaves no gap', () => {
    const { one, far } = met()
    one.type('x')
    Y.applyUpdate(far, Y.encodeStateAsUpdate(one.doc))
    one.handle({ type: 'left', link: link1, how: 'closed' })
    const effects = one.join(link1, haveOfDoc(far))
    expect(said(effects, link1)).toContainEqual(expect.objectContaining({ type: 'digest', sequence: 1, answer: false }))
  })

  it('[BR5] a digest that does not cover what was seen leaves the gap open', () => {
    const { one, far } = met()
    const [update] = [updateOf(far, () => far.getText('t').insert(0, 'x'))]
    one.hear(link1, updates(2, update))
    one.hear(link1, digestFrom(far, 0, false))
    expect(leaving(one.hear(link1, updates(3, ...typed(docOf(8), 'y'))), link1)).not.toContain('stored')
  })

  it('[BR5] repeated and overtaken messages change no number', () => {
    const { one, far } = met()
    const [a, b] = typed(far, 'ab')
    const sequences = [
      one.hear(link1, updates(1, a!)),
      one.hear(link1, updates(1, a!)),
      one.hear(link1, updates(2, b!)),
      one.hear(link1, updates(1, a!)),
    ].map((effects) => said(effects, link1))
    expect(sequences).toEqual([[{ type: 'stored', sequence: 1 }], [], [{ type: 'stored', sequence: 2 }], []])
    expect(said(one.pass(limits.acknowledgeKnownMs), link1)).toEqual([{ type: 'stored', sequence: 2 }])
  })
})

describe('[DS6] refusals', () => {
  it('[DS6] an update that does not pass closes its own link with 4400; nothing of it is applied or passed on', () => {
    const { one } = met()
    one.joinLevel(link2)
    for (const [sequence, bad] of [Uint8Array.of(1, 2, 3), new Uint8Array(0)].entries()) {
      const effects = one.hear(link1, updates(sequence + 1, bad))
      expect(effects).toContainEqual({ type: 'closeLink', link: link1, code: 4400, reason: expect.any(String) })
      expect([leaving(effects, link2), leaving(effects, link1)]).toEqual([[], expect.not.arrayContaining(['stored'])])
    }
    expect(one.text).toBe('shared')
    expect(one.machine.summary().fault).toBeNull()
  })

  it('[DS6] the good ones beside it count', () => {
    const { one } = met()
    one.hear(link1, updates(1, ...typed(docOf(8), 'ok'), Uint8Array.of(9)))
    expect(one.text).toContain('ok')
  })

  it('[DS6] live updates have a lower limit than a missing', () => {
    const { one } = met()
    const far = docOf(8)
    const big = updateOf(far, () => far.getMap('m').set('k', new Uint8Array(limits.liveUpdateBytesMax)))
    expect(one.hear(link1, updates(1, big))).toMatchObject([{ type: 'closeLink', code: 4400 }, {}])
    const other = met()
    other.one.hear(link1, missingFrom(far, 1))
    expect(other.one.doc.getMap('m').size).toBe(1)
  })

  it('[DS6] a refused missing leaves the question open', () => {
    const { one } = met()
    const digest = digestOfDoc(one.doc)
    const effects = one.hear(link1, { type: 'missing', sequence: 1, digest, update: Uint8Array.of(1, 2, 3) })
    expect(effects).toMatchObject([{ type: 'closeLink', link: link1, code: 4400 }])
    expect(one.machine.summary().level).toBe(0)
  })
})

describe('[DS8] answers are rationed', () => {
  it('[DS8] one missing at a time: of many requests the newest is answered when the last has arrived', () => {
    const { one } = met()
    const effects = Array.from({ length: 50 }, () => one.hear(link1, { type: 'have', have: nothing })).flat()
    expect(leaving(effects, link1)).toEqual(['missing'])
    expect(leaving(one.pass(answerMs - 10), link1)).toEqual([])
    expect(leaving(one.pass(100), link1)).toEqual(['missing'])
    // It arrived: there is nothing more to answer.
    one.hear(link1, { type: 'stored', sequence: 2 })
    expect(leaving(one.pass(4_000), link1)).not.toContain('missing')
  })

  it('[DS8] a flood of requests from a peer that acknowledges at once gets a burst, then two a second', () => {
    const { one } = met()
    let answers = 0
    const flood = (times: number): void => {
      for (let count = 0; count < times; count++) {
        const effects = one.hear(link1, { type: 'have', have: nothing })
        for (const message of said(effects, link1)) {
          if (message.type !== 'missing') continue
          answers++
          one.hear(link1, { type: 'stored', sequence: message.sequence })
        }
      }
    }
    flood(1_000)
    expect(answers).toBe(answersBurst)
    for (let second = 0; second < 10; second++) {
      one.now += 1_000
      flood(1_000)
    }
    expect(answers).toBe(answersBurst + 10 * limits.answersPerSecond)
  })

  it('[DS8] one neighbour’s flood takes nothing from another', () => {
    const { one } = met()
    one.joinLevel(link2)
    for (let count = 0; count < 100; count++) one.hear(link1, { type: 'have', have: nothing })
    expect(leaving(one.hear(link2, { type: 'have', have: nothing }), link2)).toEqual(['missing'])
  })

  it('[DS8] a big answer has the time a slow link needs', () => {
    const one = Desk.ready({ stored: [Y.encodeStateAsUpdate(docWithBytes(1_000_000))] })
    one.joinLevel(link1)
    one.hear(link1, { type: 'have', have: nothing })
    one.hear(link1, { type: 'have', have: nothing })
    const slowMs = 1_000_000 / slowBytesPerMs
    expect(leaving(one.pass(answerMs + slowMs - 100), link1)).not.toContain('missing')
    expect(leaving(one.pass(1_000), link1)).toContain('missing')
  })
})

function docWithBytes(count: number): Y.Doc {
  const doc = docOf(50)
  doc.getMap('m').set('k', new Uint8Array(count))
  return doc
}

describe('[DS9] [DS14] and what holds for all of it', () => {
  it('[DS9] an observer that edits in the middle of a merge makes an edit that is logged and sent to everybody', () => {
    const { one, far } = met()
    one.joinLevel(link2)
    one.doc.getText('t').observe(() => {
      if (one.doc.getMap('seen').size === 0) one.doc.getMap('seen').set('by', 'observer')
    })
    const before = Y.encodeStateAsUpdate(one.doc)
    const [update] = typed(far, '!')
    const effects = one.hear(link1, updates(1, update!))
    expect(stateOf(one.logged)).toBe(stateOf(one.doc))
    for (const [link, text] of [
      [link1, 'shared'],
      [link2, 'shared!'],
    ] as const) {
      const sent = said(effects, link).flatMap((message) => (message.type === 'updates' ? message.updates : []))
      const there = docOf(8, before, ...sent)
      expect([there.getText('t').toString(), there.getMap('seen').get('by')]).toEqual([text, 'observer'])
    }
    expect(one.machine.summary().pending).toBe(1)
  })

  it('[DS14] the same events at any hour: the same effects', () => {
    const run = (startAt: number): readonly string[] => {
      const one = new Desk({ stored: typed(docOf(50), 'shared') })
      one.now = startAt
      one.handle({ type: 'appOpened' })
      one.joinLevel(link1)
      one.join(link2, nothing)
      one.type('a')
      one.presence.setLocalState({ name: 'me' })
      one.hear(link1, updates(2, ...typed(docOf(9), 'x')))
      one.pass(70_000)
      one.handle({ type: 'appClosed' })
      one.pass(300_000)
      return one.history.map((effect) => JSON.stringify(effect))
    }
    const reference = run(1_000)
    expect(reference.length).toBeGreaterThan(15)
    for (const startAt of [1, 86_400_000, 1.7e12, 0.5]) expect(run(startAt)).toEqual(reference)
  })

  it('[DS3] a third peer learns from the second what it had from the first', () => {
    const { one, far } = met()
    one.joinLevel(link3)
    const [update] = typed(far, '!')
    const effects = one.hear(link1, updates(1, update!))
    expect(said(effects, link3)).toEqual([{ type: 'updates', sequence: 1, updates: [update] }])
    const third = docOf(3, Y.encodeStateAsUpdate(docOf(2, ...typed(docOf(50), 'shared'))))
    exchange(one.doc, third)
    expect(third.getText('t').toString()).toBe('shared!')
  })
})
