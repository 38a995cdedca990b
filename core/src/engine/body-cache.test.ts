import { describe, expect, it } from 'vitest'
import { digestFrom } from '../ids.ts'
import { encodeBody } from '../wire/document-codec.ts'
import type { DocumentMessage } from '../wire/message.ts'
import { bodyOf } from './body-cache.ts'

describe('[BR2] bodies', () => {
  it('[BR2] of the same updates, or the same presence, are encoded once, whatever stands before them', () => {
    const updates = [Uint8Array.of(1), Uint8Array.of(2)]
    const first = bodyOf({ type: 'updates', sequence: 1, updates })
    expect(bodyOf({ type: 'updates', sequence: 77, updates })).toBe(first)
    expect(bodyOf({ type: 'updates', sequence: 1, updates: [...updates] })).not.toBe(first)
    const states = Uint8Array.of(0)
    expect(bodyOf({ type: 'presence', states })).toBe(bodyOf({ type: 'presence', states }))
  })

  it('[BR2] are what the codec makes of each message', () => {
    const digest = digestFrom(new Uint8Array(8).fill(7))
    const messages: readonly DocumentMessage[] = [
      { type: 'have', have: { stateVector: Uint8Array.of(0), deletes: digest } },
      { type: 'digest', sequence: 1, digest, answer: true },
      { type: 'missing', sequence: 1, digest, update: Uint8Array.of(0, 0) },
      { type: 'updates', sequence: 1, updates: [] },
      { type: 'stored', sequence: 1 },
      { type: 'presence', states: Uint8Array.of(0) },
      { type: 'presenceQuery' },
    ]
    for (const message of messages) expect(bodyOf(message)).toEqual(encodeBody(message))
  })
})
