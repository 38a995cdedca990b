import { describe, expect, it } from 'vitest'
import * as Y from 'yjs'
import { Desk, haveOfDoc, leaving, link1, link2, missingFrom, nothing, said } from '../../test/desk.ts'
import { docOf, stateOf, typed } from '../../test/replicas.ts'
import { peerTraits } from '../../test/traits.ts'
import { limits } from '../limits.ts'
import type { SyncEffect } from './sync-events.ts'

const { storageRetryFirstMs, storageRetryMaxMs, stashedMessagesMax } = limits
const stored = typed(docOf(50), 'stored')

/** A document whose log is being read. */
function loading(): Desk {
  const one = new Desk({ stored, isPrompt: false })
  one.handle({ type: 'appOpened' })
  return one
}

function updates(sequence: number, ...all: readonly Uint8Array[]) {
  return { type: 'updates', sequence, updates: all } as const
}

function settled(effects: readonly SyncEffect[]): readonly unknown[] {
  return effects.flatMap((effect) => (effect.type === 'settle' ? [effect.settled] : []))
}

describe('[ME1] a document comes into memory', () => {
  it('[ME1] when an app opens it: its log is read once, however many open it', () => {
    const one = new Desk({ stored, isPrompt: false })
    expect(one.machine.replica).toBeNull()
    expect(one.handle({ type: 'appOpened' }).map((effect) => effect.type)).toEqual(['load'])
    expect(one.handle({ type: 'appOpened' })).toEqual([])
    expect([one.machine.isLoaded, one.machine.summary().isLoading]).toEqual([false, true])
    one.store()
    expect([one.machine.isLoaded, one.machine.summary().isLoading, one.text]).toEqual([true, false, 'stored'])
  })

  it.each<[string, (one: Desk) => readonly SyncEffect[]]>([
    ['a neighbour opens it', (one) => one.join(link1)],
    ['a neighbour is to be told of it', (one) => one.handle({ type: 'invited', link: link1, traits: peerTraits(1) })],
    ['an update is offered', (one) => one.request(stored[0]!)],
    ['somebody asks for it', (one) => one.request(null)],
  ])('[ME1] when %s', (_what, happens) => {
    const one = new Desk({ stored, isPrompt: false })
    expect(happens(one).map((effect) => effect.type)).toEqual(['load'])
  })

  it('[DS9] an app can edit before the log was read: the edit is appended at once, and goes out when both are there', () => {
    const one = loading()
    one.join(link1)
    expect(one.type('early').map((effect) => effect.type)).toEqual(['append'])
    const work = one.work.splice(0)
    expect(work.map((each) => each.type)).toEqual(['load', 'append'])
    one.work.push(...work.toReversed())
    const effects = one.store()
    expect(leaving(effects, link1)).toEqual(['open', 'missing'])
    const there = docOf(8)
    for (const message of said(effects, link1)) if (message.type === 'missing') Y.applyUpdate(there, message.update)
    expect(stateOf(there)).toBe(stateOf(one.doc))
    expect(one.text).toContain('early')
  })

  it('[DS9] what the log held counts as one edit that nobody is known to have', () => {
    expect(Desk.ready({ stored }).machine.summary().pending).toBe(1)
    expect(Desk.ready().machine.summary().pending).toBe(0)
  })

  it('[DS13] nothing is digested, and nobody is done with it, before it was read', () => {
    const one = loading()
    one.join(link1)
    expect([one.machine.digest, one.machine.isDoneWith(link1), one.machine.isSettled]).toEqual([null, false, false])
    one.store()
    expect(one.machine.digest).not.toBeNull()
  })

  it('[ME1] answers that nobody waits for change nothing', () => {
    const one = Desk.ready({ stored })
    const before = stateOf(one.doc)
    expect(one.handle({ type: 'loaded', updates: typed(docOf(51), 'again'), unreadable: 0 })).toEqual([])
    expect(stateOf(one.doc)).toBe(before)
  })
})

describe('[ME1] what comes while the log is being read', () => {
  it('[ME1] waits, and is handled in order afterwards', () => {
    const one = loading()
    one.join(link1)
    const [a, b] = typed(docOf(9), 'ab')
    expect(one.hear(link1, updates(1, a!))).toEqual([])
    expect(one.hear(link1, updates(2, b!))).toEqual([])
    expect(one.request(null)).toEqual([])
    const effects = one.store()
    expect(one.doc.getText('t').toString()).toMatch(/ab/)
    expect(said(effects, link1)).toContainEqual({ type: 'stored', sequence: 2 })
    expect(settled(effects)).toMatchObject([{ type: 'snapshot' }])
  })

  it('[PR1] presence needs no document: it does not wait', () => {
    const one = loading()
    one.join(link1)
    one.presence.setLocalState({ name: 'me' })
    one.hear(link1, { type: 'presence', states: Uint8Array.of(1, 7, 1, 2, 123, 125) })
    expect(one.presence.states.size).toBe(2)
    expect(leaving(one.hear(link1, { type: 'presenceQuery' }), link1)).toEqual(['presence'])
  })

  it('[WI8] [BR5] what does not fit is not acknowledged, and asked for afterwards', () => {
    const one = loading()
    one.join(link1)
    const source = docOf(9)
    const all = typed(source, 'x'.repeat(stashedMessagesMax + 5))
    for (const [index, update] of all.entries()) one.hear(link1, updates(index + 1, update))
    const effects = [...one.store(), ...one.pass(limits.answerMs + 1)]
    const acknowledged = said(effects, link1).map((message) => (message.type === 'stored' ? message.sequence : 0))
    expect(Math.max(...acknowledged)).toBeLessThanOrEqual(stashedMessagesMax)
    expect(leaving(effects, link1)).toContain('have')
    one.isPrompt = true
    const after = one.hear(link1, missingFrom(source, all.length + 1))
    expect(said(after, link1)).toContainEqual({ type: 'stored', sequence: all.length + 1 })
    expect(one.text).toContain('x'.repeat(all.length))
  })

  it('[ME3] however long that takes', () => {
    const one = new Desk({ stored, isPrompt: false })
    one.request(null)
    one.presence.setLocalState({ name: 'me' })
    expect(one.pass(5 * limits.idleUnloadMs).map((effect) => effect.type)).not.toContain('unloaded')
    expect(settled(one.store())).toMatchObject([{ type: 'snapshot', update: { byteLength: expect.any(Number) } }])
    expect(one.text).toBe('stored')
  })

  it('[ME1] what a lost link said is dropped with it', () => {
    const one = loading()
    one.join(link1)
    one.hear(link1, updates(1, ...typed(docOf(9), 'gone')))
    one.handle({ type: 'left', link: link1, how: 'lost' })
    const effects = one.store()
    expect([leaving(effects, link1), one.text]).toEqual([[], 'stored'])
    expect(one.machine.summary().taking).toBe(0)
  })
})

describe('[ST5] a log that cannot be read', () => {
  it('[ST5] is shown and reported, and nothing overwrites it', () => {
    const one = loading()
    const effects = one.failLoad('no such disk')
    expect(effects).toMatchObject([
      { type: 'log', level: 'error', event: 'load failed', details: { why: 'no such disk' } },
    ])
    expect(one.machine.summary()).toMatchObject({ fault: 'no such disk', isLoading: false })
    one.pass(storageRetryFirstMs - 1)
    expect([one.work, one.log]).toEqual([[], stored])
  })

  it('[ST5] is tried again with waits that double, and works as if nothing had been', () => {
    const one = loading()
    const waits: number[] = []
    one.failLoad()
    for (let round = 0; round < 7; round++) {
      waits.push((one.machine.deadline() ?? NaN) - one.now)
      one.pass(waits.at(-1) ?? 0)
      if (round < 6) one.failLoad()
    }
    expect(waits).toEqual([500, 1_000, 2_000, 4_000, 8_000, storageRetryMaxMs, storageRetryMaxMs])
    one.store()
    expect([one.text, one.machine.summary().fault]).toEqual(['stored', null])
  })

  it('[ME5] neighbours are declined with `failed`; the document is opened to them when the log could be read', () => {
    const one = loading()
    one.handle({ type: 'invited', link: link2, traits: peerTraits(2) })
    one.join(link1)
    expect(one.failLoad()).toContainEqual({ type: 'decline', link: link1, reason: 'failed' })
    expect(leaving(one.join(link1))).toEqual(['decline'])
    expect(one.machine.summary().taking).toBe(0)
    one.isPrompt = true
    const effects = one.pass(storageRetryFirstMs)
    expect([leaving(effects, link1)[0], leaving(effects, link2)]).toEqual(['open', ['open']])
    one.join(link1)
    expect(one.machine.summary().taking).toBe(1)
  })

  it('[ME5] also to those who asked only once, before it failed', () => {
    const one = loading()
    one.join(link1)
    one.failLoad()
    one.isPrompt = true
    expect(leaving(one.pass(storageRetryFirstMs), link1)).toEqual(['open'])
  })

  it('[ST5] requests are answered: it failed, and why', () => {
    const one = loading()
    one.request(stored[0]!)
    one.request(null)
    expect(settled(one.failLoad('no such disk'))).toEqual([
      { type: 'failed', why: 'no such disk' },
      { type: 'failed', why: 'no such disk' },
    ])
  })

  it('[ST5] edits made meanwhile are kept, and logged beside what was there', () => {
    const one = loading()
    one.failLoad()
    one.type('early')
    one.isPrompt = true
    one.store()
    one.pass(storageRetryFirstMs)
    expect(stateOf(one.logged)).toBe(stateOf(one.doc))
    expect(one.text).toMatch(/early/)
    expect(one.text).toMatch(/stored/)
  })
})

describe("[DS9] an app's own Y.Doc", () => {
  it('[DS9] [ST2] with content: all of it is logged, then sent', () => {
    const doc = docOf(77)
    typed(doc, 'mine')
    const one = new Desk({ doc, isPrompt: false })
    one.machine.adopt(doc)
    one.handle({ type: 'appOpened' })
    one.join(link1)
    expect(one.work.map((work) => work.type).toSorted()).toEqual(['append', 'load'])
    const effects = one.store()
    expect(one.logged.getText('t').toString()).toBe('mine')
    const there = docOf(8)
    for (const message of said(effects, link1)) if (message.type === 'missing') Y.applyUpdate(there, message.update)
    expect(there.getText('t').toString()).toBe('mine')
  })

  it('[DS9] meets what the log holds', () => {
    const doc = docOf(77)
    typed(doc, 'mine')
    const one = Desk.ready({ doc, stored })
    expect(one.text).toMatch(/mine/)
    expect(one.text).toMatch(/stored/)
    expect(stateOf(one.logged)).toBe(stateOf(doc))
    expect(haveOfDoc(doc)).not.toEqual(nothing)
  })
})
