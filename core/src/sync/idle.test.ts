import { describe, expect, it } from 'vitest'
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
import { docOf, stateOf, typed } from '../../test/replicas.ts'
import { edgeTraits, peerTraits } from '../../test/traits.ts'
import { limits } from '../limits.ts'
import { digestOfNothing } from '../replica/digest.ts'
import type { DocumentMessage } from '../wire/message.ts'

const { idleUnloadMs } = limits
const stored = typed(docOf(50), 'stored')
const guest = peerTraits(2, { keeps: false })

function updates(sequence: number, ...all: readonly Uint8Array[]): DocumentMessage {
  return { type: 'updates', sequence, updates: all }
}

/** A document that a neighbour brought into memory, and that no app has open. */
function kept(): Desk {
  const one = new Desk({ stored })
  one.join(link1, haveOfDoc(one.logged))
  return one
}

describe('[ME3] a replica nobody uses leaves memory', () => {
  it('[ME3] after idleUnloadMs, not before', () => {
    const one = kept()
    one.pass(idleUnloadMs - 1)
    expect(one.machine.replica).not.toBeNull()
    expect(one.pass(1)).toContainEqual({ type: 'unloaded' })
    expect([one.machine.replica, one.machine.isLoaded]).toEqual([null, false])
  })

  it('[ME3] not while an app has it open, however often others opened and closed it', () => {
    const one = kept()
    one.handle({ type: 'appOpened' })
    one.handle({ type: 'appOpened' })
    one.handle({ type: 'appClosed' })
    one.pass(10 * idleUnloadMs)
    expect(one.machine.replica).not.toBeNull()
    one.handle({ type: 'appClosed' })
    one.pass(idleUnloadMs - 1)
    expect(one.machine.replica).not.toBeNull()
    one.pass(1)
    expect(one.machine.replica).toBeNull()
  })

  it.each<[string, (one: Desk) => unknown]>([
    ['edits of a neighbour', (one) => one.hear(link1, updates(1, ...typed(docOf(9), 'a')))],
    ['requests', (one) => one.request(null)],
    ['somebody who joins', (one) => one.join(link2, haveOfDoc(one.doc))],
  ])('[ME3] %s put it off', (_what, happens) => {
    const one = kept()
    one.pass(idleUnloadMs - 1)
    happens(one)
    one.pass(idleUnloadMs - 1)
    expect(one.machine.replica).not.toBeNull()
  })

  it('[ME3] not while something waits for the log, or for an update that is missing, or a client of another wire is there', () => {
    const unwritten = kept()
    unwritten.isPrompt = false
    unwritten.hear(link1, updates(1, ...typed(docOf(9), 'a')))
    unwritten.pass(3 * idleUnloadMs)
    expect(unwritten.machine.replica).not.toBeNull()

    const waiting = kept()
    waiting.hear(link1, updates(1, typed(docOf(9), 'ab')[1]!))
    waiting.pass(3 * idleUnloadMs)
    expect(waiting.machine.replica).not.toBeNull()

    const watched = kept()
    watched.join(link2, nothing, edgeTraits)
    watched.pass(3 * idleUnloadMs)
    expect(watched.machine.replica).not.toBeNull()
    watched.handle({ type: 'left', link: link2, how: 'lost' })
    watched.pass(2 * idleUnloadMs)
    expect(watched.machine.replica).toBeNull()
  })

  it('[ME3] not while a neighbour has not acknowledged what it was sent, nor answered that it takes part', () => {
    const one = kept()
    const sent = one.request(typed(docOf(9), 'a')[0]!)
    expect(leaving(sent, link1)).toEqual(['updates'])
    one.handle({ type: 'invited', link: link2, traits: peerTraits(2) })
    one.pass(3 * idleUnloadMs)
    expect(one.machine.replica).not.toBeNull()
    one.hear(link1, { type: 'stored', sequence: 1 })
    one.pass(3 * idleUnloadMs)
    expect(one.machine.replica).not.toBeNull()
    one.handle({ type: 'left', link: link2, how: 'declined' })
    one.pass(3 * idleUnloadMs)
    expect(one.machine.replica).toBeNull()
  })

  it('[ME3] two neighbours that only compare do not keep each other awake', () => {
    const one = kept()
    const doc = docOf(8, ...stored)
    for (let ms = 0; ms < 2 * idleUnloadMs; ms += 5_000) {
      one.pass(5_000)
      one.hear(link1, digestFrom(doc, 0, true))
    }
    expect(one.machine.replica).toBeNull()
  })

  it('[ME3] its digest is remembered: who is equal is answered without reading the log', () => {
    const one = kept()
    const doc = docOf(8, ...stored)
    one.pass(idleUnloadMs)
    expect(one.machine.digest).toEqual(digestOfDoc(doc))
    const answers = one.hear(link1, digestFrom(doc, 5, true))
    expect(answers).toEqual([{ type: 'send', link: link1, message: digestFrom(doc, 0, false) }])
    expect(one.hear(link1, digestFrom(doc, 5, false))).toEqual([])
    expect(one.machine.replica).toBeNull()
  })

  it('[ME3] a digest that differs wakes it, and it asks', () => {
    const one = kept()
    one.pass(idleUnloadMs)
    const far = docOf(9, ...stored)
    typed(far, '!')
    const effects = one.hear(link1, digestFrom(far, 1, true))
    expect(effects.map((effect) => effect.type)).toContain('load')
    expect(leaving(effects, link1)).toEqual(['have'])
    one.hear(link1, missingFrom(far, 1))
    expect(one.text).toBe('stored!')
  })

  it('[ME3] an update wakes it, and nothing of the conversation is forgotten', () => {
    const one = kept()
    const far = docOf(9, ...stored)
    const [a, b] = typed(far, 'ab')
    one.hear(link1, updates(1, a!))
    one.pass(2 * idleUnloadMs)
    expect(one.machine.replica).toBeNull()
    const effects = one.hear(link1, updates(2, b!))
    expect(said(effects, link1)).toEqual([{ type: 'stored', sequence: 2 }])
    expect([one.text, stateOf(one.logged)]).toEqual(['storedab', stateOf(far)])
  })

  it('[ME3] a keeping neighbour that closed is told again at the first change; a guest is not', () => {
    const one = kept()
    one.join(link2, haveOfDoc(one.doc), guest)
    one.handle({ type: 'left', link: link1, how: 'closed' })
    one.handle({ type: 'left', link: link2, how: 'closed' })
    expect(leaving(one.pass(1_000))).toEqual([])
    const effects = one.request(typed(docOf(9), 'a')[0]!)
    expect([leaving(effects, link1), leaving(effects, link2)]).toEqual([['open'], []])
    expect(leaving(one.request(typed(docOf(8), 'b')[0]!), link1)).toEqual([])
  })

  it('[ME3] and at once of a change that was still on its way into the log when it closed', () => {
    const one = kept()
    one.isPrompt = false
    one.request(typed(docOf(9), 'a')[0]!)
    one.handle({ type: 'left', link: link1, how: 'closed' })
    expect(leaving([...one.store(), ...one.pass(1_000)], link1)).toContain('open')
  })

  it('[ME3] nothing is forgotten before nobody takes part', () => {
    const one = kept()
    expect(one.machine.isForgettable).toBe(false)
    one.pass(idleUnloadMs)
    expect(one.machine.isForgettable).toBe(false)
    one.handle({ type: 'left', link: link1, how: 'lost' })
    expect(one.machine.isForgettable).toBe(true)
  })

  it('[ME3] a document with nothing in it is blank', () => {
    const empty = new Desk()
    expect(empty.machine.digest).toBe(null)
    empty.join(link1)
    expect(empty.machine.digest).toEqual(digestOfNothing)
    expect(kept().machine.digest).not.toEqual(digestOfNothing)
  })
})

describe('[CA2] what keepers brought into memory to catch up', () => {
  const isUnloaded = (effects: readonly { readonly type: string }[]): boolean =>
    effects.some((effect) => effect.type === 'unloaded')

  it('[CA2] leaves it when they are done, without waiting', () => {
    const one = kept()
    one.handle({ type: 'rested' })
    expect(one.machine.deadline()).toBeLessThanOrEqual(one.now)
    expect(isUnloaded(one.pass(0))).toBe(true)
  })

  it('[CA2] leaves it when the last of them has closed it', () => {
    const one = kept()
    one.join(link2, haveOfDoc(one.logged))
    one.handle({ type: 'left', link: link1, how: 'closed' })
    expect(isUnloaded(one.pass(1))).toBe(false)
    one.handle({ type: 'left', link: link2, how: 'closed' })
    expect(isUnloaded(one.pass(1))).toBe(true)
  })

  it('[CA2] [ME3] stays where somebody else used it, for the idle time', () => {
    for (const use of ['asked', 'guest', 'app'] as const) {
      const one = kept()
      if (use === 'asked') one.handle({ type: 'asked', request: 1 })
      if (use === 'guest') {
        one.join(link2, haveOfDoc(one.logged), guest)
        one.handle({ type: 'left', link: link2, how: 'lost' })
      }
      if (use === 'app') {
        one.handle({ type: 'appOpened' })
        one.handle({ type: 'appClosed' })
      }
      one.handle({ type: 'rested' })
      expect([use, isUnloaded(one.pass(1)), isUnloaded(one.pass(idleUnloadMs))]).toEqual([use, false, true])
    }
  })

  it('[CA2] stays while they are not level', () => {
    const one = kept()
    const far = docOf(9, ...stored)
    typed(far, '!')
    one.hear(link1, { type: 'have', have: haveOfDoc(far) })
    one.handle({ type: 'rested' })
    expect(isUnloaded(one.pass(1))).toBe(false)
    // What it waited for is no use of it.
    one.hear(link1, missingFrom(far, 1))
    expect(isUnloaded(one.pass(limits.restAgainMs))).toBe(true)
  })

  it('[CA2] stays for its idle time when edits come', () => {
    const one = kept()
    const far = docOf(9, ...stored)
    one.hear(link1, { type: 'have', have: haveOfDoc(one.logged) })
    one.handle({ type: 'rested' })
    one.hear(link1, updates(1, ...typed(far, '!')))
    expect(isUnloaded(one.pass(idleUnloadMs - 1))).toBe(false)
    expect(isUnloaded(one.pass(1))).toBe(true)
  })
})

describe('[CA2] when a link needs no more attention', () => {
  it('[CA2] when both are level, or it takes no part any more', () => {
    const one = new Desk({ stored })
    one.handle({ type: 'invited', link: link1, traits: peerTraits(1) })
    expect(one.machine.isDoneWith(link1)).toBe(false)
    const far = docOf(9, ...stored)
    typed(far, '!')
    one.join(link1, haveOfDoc(far))
    expect(one.machine.isDoneWith(link1)).toBe(false)
    one.hear(link1, missingFrom(far, 1))
    expect(one.machine.isDoneWith(link1)).toBe(true)
  })

  it('[CA2] also when it has declined', () => {
    const one = new Desk({ stored })
    one.handle({ type: 'invited', link: link1, traits: peerTraits(1) })
    one.handle({ type: 'left', link: link1, how: 'declined' })
    expect(one.machine.isDoneWith(link1)).toBe(true)
  })
})

describe('[DS10] a document that a listener left in the middle of a transaction', () => {
  it('[DS10] is dropped and read again from the log, where no app holds it', () => {
    const one = kept()
    const broken = one.doc
    // Where our isolation does not reach: Yjs itself is left half way.
    broken._transactionCleanups.push(broken._transactionCleanups[0]!)
    const far = docOf(9, ...stored)
    const effects = one.hear(link1, updates(1, ...typed(far, '!')))
    expect(effects).toContainEqual(expect.objectContaining({ type: 'log', event: 'replica stuck' }))
    expect(effects.map((effect) => effect.type)).toContain('load')
    expect(one.doc).not.toBe(broken)
    one.hear(link1, missingFrom(far, 2))
    expect([one.text, one.logged.getText('t').toString()]).toEqual(['stored!', 'stored!'])
  })

  it('[DS10] where an app holds it, that is told to open it again', () => {
    const one = kept()
    one.handle({ type: 'appOpened' })
    one.doc._transactionCleanups.push(one.doc._transactionCleanups[0]!)
    one.hear(link1, updates(1, ...typed(docOf(9, ...stored), '!')))
    expect(one.machine.summary().fault).toMatch(/open it again/)
  })
})
