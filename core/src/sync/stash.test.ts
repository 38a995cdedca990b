import { describe, expect, it } from 'vitest'
import { peerTraits } from '../../test/traits.ts'
import { digestFrom, linkId, type LinkId } from '../ids.ts'
import { limits } from '../limits.ts'
import type { DocumentMessage } from '../wire/message.ts'
import { Stash } from './stash.ts'
import type { SyncEvent } from './sync-events.ts'

const { stashedMessagesMax, stashedBytesMax } = limits
const digest = digestFrom(new Uint8Array(8))
const [link1, link2] = [linkId(1), linkId(2)]

function received(link: LinkId, message: DocumentMessage): SyncEvent {
  return { type: 'received', link, message }
}

function updates(size: number, link = link1): SyncEvent {
  return received(link, { type: 'updates', sequence: 1, updates: [new Uint8Array(size - 1), new Uint8Array(1)] })
}

describe('[WI8] what waits while a log is being read', () => {
  it('[WI8] is handed out once, in order', () => {
    const stash = new Stash()
    const events = [
      updates(2),
      received(link2, { type: 'stored', sequence: 1 }),
      { type: 'asked', request: 1 } as const,
    ]
    for (const event of events) expect(stash.add(event)).toBe(true)
    expect(stash.isEmpty).toBe(false)
    expect(stash.take()).toEqual(events)
    expect([stash.isEmpty, stash.take()]).toEqual([true, []])
  })

  it('[WI8] has a limit on messages', () => {
    const stash = new Stash()
    for (let count = 0; count < stashedMessagesMax; count++) expect(stash.add(updates(2))).toBe(true)
    expect(stash.add(updates(2))).toBe(false)
    expect(stash.take()).toHaveLength(stashedMessagesMax)
    expect(stash.add(updates(2))).toBe(true)
  })

  it.each([
    ['updates', (size: number) => updates(size)],
    [
      'missing',
      (size: number) => received(link1, { type: 'missing', sequence: 1, digest, update: new Uint8Array(size) }),
    ],
    [
      'have',
      (size: number) => received(link1, { type: 'have', have: { stateVector: new Uint8Array(size), deletes: digest } }),
    ],
  ])('[WI8] and on bytes: %s', (_what, make) => {
    const stash = new Stash()
    expect(stash.add(make(stashedBytesMax))).toBe(true)
    expect(stash.add(make(2))).toBe(false)
    expect(stash.add(received(link1, { type: 'stored', sequence: 1 }))).toBe(true)
    stash.take()
    expect(stash.add(make(stashedBytesMax))).toBe(true)
  })

  it('[WI8] requests of the own app and those who join always have room', () => {
    const stash = new Stash()
    for (let count = 0; count < stashedMessagesMax; count++) stash.add(updates(2))
    const have = { stateVector: Uint8Array.of(0), deletes: digest }
    expect(stash.add({ type: 'offered', request: 1, update: new Uint8Array(9) })).toBe(true)
    expect(stash.add({ type: 'joined', link: link2, traits: peerTraits(2), have })).toBe(true)
  })

  it('[WI8] what a lost link said is dropped, and makes room', () => {
    const stash = new Stash()
    stash.add(updates(stashedBytesMax / 2, link1))
    stash.add(updates(stashedBytesMax / 2, link2))
    stash.add({ type: 'asked', request: 1 })
    expect(stash.add(updates(2, link2))).toBe(false)
    stash.forget(link1)
    expect(stash.add(updates(stashedBytesMax / 2, link2))).toBe(true)
    expect(stash.add(updates(2, link2))).toBe(false)
    expect(stash.take().map((event) => event.type)).toEqual(['received', 'asked', 'received'])
  })
})
