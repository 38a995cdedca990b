import { describe, expect, it } from 'vitest'
import type { SyncSummary } from '../sync/sync-events.ts'
import { statusOf } from './status.ts'

const calm: SyncSummary = {
  isLoading: false,
  fault: null,
  isSettled: true,
  damaged: 0,
  taking: 0,
  level: 0,
  pending: 0,
  receivedOn: 0,
  storedOn: 0,
  keptOn: 0,
}
const peer = { isOnline: true, durability: 'disk' } as const

describe('[DS13] a status says only what is known', () => {
  it.each([
    [
      'a storage that fails comes first',
      { fault: 'disk full', isLoading: true, level: 1 },
      peer,
      { type: 'failed', why: 'disk full' },
    ],
    ['the log is being read', { isLoading: true, level: 1, taking: 1 }, peer, { type: 'loading' }],
    [
      'no link',
      { pending: 2 },
      { ...peer, isOnline: false },
      { type: 'offline', pending: 2, receivedOn: 0, storedOn: 0, keptOn: 0, saved: 'disk' },
    ],
    [
      'links, and nobody takes part',
      { pending: 2 },
      peer,
      { type: 'looking', pending: 2, receivedOn: 0, storedOn: 0, keptOn: 0, saved: 'disk' },
    ],
    [
      'somebody takes part, nobody is level',
      { taking: 2 },
      peer,
      { type: 'syncing', behind: 2, pending: 0, receivedOn: 0, storedOn: 0, keptOn: 0, saved: 'disk' },
    ],
    [
      'level with somebody',
      { taking: 2, level: 1, receivedOn: 1, storedOn: 1, pending: 3 },
      peer,
      { type: 'live', neighbours: 1, pending: 3, receivedOn: 1, storedOn: 1, keptOn: 0, saved: 'disk' },
    ],
    [
      'still being written',
      { isSettled: false },
      peer,
      { type: 'looking', pending: 0, receivedOn: 0, storedOn: 0, keptOn: 0, saved: 'writing' },
    ],
    [
      'in memory only',
      {},
      { ...peer, durability: 'memory' as const },
      { type: 'looking', pending: 0, receivedOn: 0, storedOn: 0, keptOn: 0, saved: 'memory' },
    ],
  ])('[DS13] %s', (_what, differing, about, expected) => {
    expect(statusOf({ ...calm, ...differing }, about)).toEqual(expected)
  })
})
