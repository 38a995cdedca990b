import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Desk, link1, link2, haveOfDoc, nothing } from '../../test/desk.ts'
import { docOf, typed } from '../../test/replicas.ts'
import { digestFrom, peerId } from '../ids.ts'
import { limits } from '../limits.ts'
import type { StoredNote } from '../ports/storage.ts'
import { decodeNote, encodeNote, type DocumentNote } from '../wire/document-note.ts'
import type { Traits } from './neighbour.ts'

const keyOf = (byte: number): Uint8Array => new Uint8Array(32).fill(byte)
const server: Traits = { kind: 'peer', keeps: true, disk: true, peer: peerId(keyOf(1)) }
const page: Traits = { kind: 'peer', keeps: false, disk: true, peer: peerId(keyOf(2)) }
const inMemory: Traits = { kind: 'peer', keeps: true, disk: false, peer: peerId(keyOf(3)) }

/** The last note that was to be kept. */
function noteOf(desk: Desk): DocumentNote | null {
  const note = desk.history.findLast((effect) => effect.type === 'note')
  return note === undefined ? null : decodeNote(note.bytes)
}

/** The same disk in a fresh process. */
function restarted(desk: Desk, options: { readonly isCurrent?: boolean } = {}): Desk {
  const kept = desk.history.findLast((effect) => effect.type === 'note')
  const note: StoredNote | null =
    kept === undefined ? null : { bytes: kept.bytes, isCurrent: options.isCurrent ?? true }
  const next = new Desk({ stored: desk.log, clientId: 77, isPrompt: false })
  next.handle({ type: 'appOpened' })
  next.isPrompt = true
  next.handle({ type: 'loaded', updates: [...desk.log], unreadable: 0, note })
  return next
}

function stored(desk: Desk): void {
  const neighbour = desk.machine.neighbours.get(link1)
  desk.hear(link1, { type: 'stored', sequence: neighbour?.sent ?? 0 })
}

describe('[ST9] the note', () => {
  it('[ST9] reads as it was written, whatever is in it', () => {
    const holder = fc.record({
      peer: fc.uint8Array({ minLength: 32, maxLength: 32 }).map((key) => peerId(key)),
      keeps: fc.boolean(),
    })
    const note = fc.record({
      digest: fc.uint8Array({ minLength: 8, maxLength: 8 }).map((bytes) => digestFrom(bytes)),
      pending: fc.maxSafeNat(),
      holders: fc.array(holder, { maxLength: limits.witnessesMax }),
    })
    fc.assert(
      fc.property(note, (one) => {
        expect(decodeNote(encodeNote(one))).toEqual(one)
      }),
    )
  })

  it('[ST9] anything else is no note, and no harm', () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 100 }), (bytes) => void decodeNote(bytes)))
    expect(decodeNote(Uint8Array.of(2, 1, 2, 3, 4, 5, 6, 7, 8, 0, 0))).toBeNull()
    expect(decodeNote(Uint8Array.of(1, 1, 2, 3))).toBeNull()
  })

  it('[ST9] is kept when it has been quiet for a while, once', () => {
    const one = Desk.ready()
    one.type('a')
    expect(noteOf(one)).toBeNull()
    one.pass(limits.noteQuietMs)
    expect(noteOf(one)).toMatchObject({ pending: 1, holders: [] })
    one.pass(10 * limits.noteQuietMs)
    expect(one.history.filter((effect) => effect.type === 'note')).toHaveLength(1)
  })

  it('[ST9] never speaks of what the log does not hold', () => {
    const one = Desk.ready({ isPrompt: false })
    one.type('a')
    one.pass(10 * limits.noteQuietMs)
    expect(noteOf(one)).toBeNull()
    one.store()
    one.pass(limits.noteQuietMs)
    expect([...(noteOf(one)?.digest ?? [])]).toEqual([...(one.machine.digest ?? [])])
  })

  it('[ST9] is kept at once when the peer leaves, and before the document leaves memory', () => {
    const leaving = Desk.ready()
    leaving.type('a')
    leaving.handle({ type: 'leaving' })
    expect(noteOf(leaving)).toMatchObject({ pending: 1 })

    const idle = Desk.ready()
    idle.joinLevel(link1, server)
    idle.type('a')
    stored(idle)
    idle.handle({ type: 'appClosed' })
    idle.pass(2 * limits.idleUnloadMs)
    expect(idle.history.filter((effect) => effect.type === 'note' || effect.type === 'unloaded').at(-1)?.type).toBe(
      'unloaded',
    )
    expect(noteOf(idle)).toMatchObject({ pending: 0, holders: [{ peer: server.peer, keeps: true }] })
  })
})

describe('[ST9] [DS13] after a restart', () => {
  it('[ST9] [DS13] as many edits are pending as were before', () => {
    const one = Desk.ready()
    for (const text of ['a', 'b', 'c']) one.type(text)
    one.pass(limits.noteQuietMs)
    const next = restarted(one)
    expect(next.machine.summary()).toMatchObject({ pending: 3, storedOn: 0, keptOn: 0 })
    next.type('d')
    expect(next.machine.summary()).toMatchObject({ pending: 4 })
  })

  it('[ST9] [DS13] what others had stored is stored there still, and it is known who keeps it', () => {
    const one = Desk.ready()
    one.joinLevel(link1, server)
    one.joinLevel(link2, page)
    one.type('a')
    stored(one)
    one.hear(link2, { type: 'stored', sequence: 1 })
    one.pass(limits.noteQuietMs)
    const next = restarted(one)
    expect(next.machine.summary()).toMatchObject({ pending: 0, storedOn: 2, keptOn: 1 })
    expect(next.machine.neighbours.holders(next.machine.progress.edits, true)).toBe(2)
    next.type('b')
    expect(next.machine.summary()).toMatchObject({ pending: 1, storedOn: 0, keptOn: 0 })
  })

  it('[ST9] [DS13] without a note, or with one from before the last append, it claims less', () => {
    const one = Desk.ready()
    one.joinLevel(link1, server)
    one.type('a')
    stored(one)
    expect(restarted(one).machine.summary()).toMatchObject({ pending: 1, storedOn: 0 })
    one.pass(limits.noteQuietMs)
    expect(restarted(one, { isCurrent: false }).machine.summary()).toMatchObject({ pending: 1, storedOn: 0 })
    // Another tab wrote to the log, and this one kept its note after that without having seen it.
    one.log.push(...typed(docOf(9), 'x'))
    expect(restarted(one).machine.summary()).toMatchObject({ pending: 1, storedOn: 0 })
  })

  it('[ST9] [DS13] what came from others counts as pending until somebody on disk has it', () => {
    const one = Desk.ready()
    one.joinLevel(link1, inMemory)
    one.hear(link1, { type: 'updates', sequence: 1, updates: typed(docOf(9), 'x') })
    one.pass(limits.noteQuietMs)
    expect(noteOf(one)).toMatchObject({ pending: 1, holders: [] })
  })

  it('[ST9] [DS13] what was typed before the log was read is pending, whatever the note says of the rest', () => {
    const one = Desk.ready()
    one.joinLevel(link1, server)
    one.type('a')
    stored(one)
    one.pass(limits.noteQuietMs)
    const kept = one.history.findLast((effect) => effect.type === 'note')
    const next = new Desk({ stored: one.log, clientId: 77, isPrompt: false })
    next.handle({ type: 'appOpened' })
    next.machine.adopt()
    next.type('early')
    next.isPrompt = true
    next.handle({ type: 'loaded', updates: [...one.log], unreadable: 0, note: { bytes: kept!.bytes, isCurrent: true } })
    expect(next.machine.summary().storedOn).toBe(0)
    expect(next.machine.summary().pending).toBeGreaterThan(0)
  })
})

describe('[DS13] peers that stored it and left', () => {
  it('[DS13] still have it: known until something new is typed', () => {
    const one = Desk.ready()
    one.joinLevel(link1, server)
    one.type('a')
    stored(one)
    one.handle({ type: 'left', link: link1, how: 'lost' })
    expect(one.machine.summary()).toMatchObject({ taking: 0, pending: 0, storedOn: 1, keptOn: 1 })
    one.type('b')
    expect(one.machine.summary()).toMatchObject({ pending: 1, storedOn: 0 })
  })

  it('[DS13] [ST6] those that had it in memory do not count', () => {
    const one = Desk.ready()
    one.joinLevel(link1, inMemory)
    one.type('a')
    stored(one)
    one.handle({ type: 'left', link: link1, how: 'lost' })
    expect(one.machine.summary()).toMatchObject({ storedOn: 0 })
  })

  it('[DS13] who comes back without it has lost it', () => {
    const one = Desk.ready()
    one.joinLevel(link1, server)
    one.type('a')
    stored(one)
    one.handle({ type: 'left', link: link1, how: 'lost' })
    one.join(link2, nothing, server)
    expect(one.machine.summary()).toMatchObject({ storedOn: 0 })
  })

  it('[DS13] who comes back with it counts once', () => {
    const one = Desk.ready()
    one.joinLevel(link1, server)
    one.type('a')
    stored(one)
    one.handle({ type: 'left', link: link1, how: 'lost' })
    one.join(link2, haveOfDoc(one.doc), server)
    expect(one.machine.summary()).toMatchObject({ storedOn: 1, keptOn: 1 })
  })

  it('[DS13] no more are remembered than witnessesMax', () => {
    const one = Desk.ready()
    one.type('a')
    for (let count = 1; count <= limits.witnessesMax + 5; count++) {
      one.joinLevel(link1, { ...server, peer: peerId(keyOf(count)) })
      one.handle({ type: 'left', link: link1, how: 'lost' })
    }
    expect(one.machine.summary().storedOn).toBe(limits.witnessesMax)
  })
})
