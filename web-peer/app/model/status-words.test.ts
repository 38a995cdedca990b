import { describe, expect, it } from 'vitest'
import type { DocumentStatus } from '@knotwork/web-peer'
import { statusWords } from './status-words.ts'

const words = (status: DocumentStatus) => {
  const { short, more } = statusWords(status)
  return more === '' ? short : `${short} | ${more}`
}

type Somewhere = Exclude<DocumentStatus, { type: 'loading' | 'failed' }>

/** With nothing to tell but what is given. */
function at(
  type: Somewhere['type'],
  given: Partial<Somewhere & { behind: number; neighbours: number }>,
): DocumentStatus {
  const all = {
    behind: 0,
    neighbours: 0,
    pending: 0,
    receivedOn: 0,
    storedOn: 0,
    keptOn: 0,
    saved: 'disk' as const,
    ...given,
  }
  return { ...all, type }
}

describe('the status in words', () => {
  const cases: readonly (readonly [DocumentStatus, string])[] = [
    [{ type: 'loading' }, 'Opening'],
    [at('offline', { pending: 0, saved: 'disk' }), 'Offline · saved on this device'],
    [at('offline', { pending: 2, saved: 'disk' }), 'Offline · saved on this device | 2 edits not confirmed elsewhere'],
    [at('offline', { pending: 1, saved: 'writing' }), 'Offline · saving… | 1 edit not confirmed elsewhere'],
    [at('offline', { pending: 0, saved: 'memory' }), 'Offline · kept in this tab only'],
    [at('looking', { pending: 0, saved: 'disk' }), 'Looking for peers'],
    [at('looking', { pending: 0, saved: 'memory' }), 'Looking for peers | nothing is kept on this device'],
    [at('syncing', { behind: 0, pending: 0, saved: 'disk' }), 'Syncing'],
    [at('syncing', { behind: 2, pending: 3, saved: 'disk' }), 'Syncing with 2 peers | 3 edits not confirmed elsewhere'],
    [at('live', { neighbours: 1, pending: 0, storedOn: 0, saved: 'disk' }), 'Live: 1 peer'],
    [
      at('live', { neighbours: 4, pending: 0, storedOn: 1, saved: 'disk' }),
      'Live: 4 peers | Your last edit is on 1 other peer',
    ],
    [
      at('live', { neighbours: 4, pending: 1, storedOn: 0, saved: 'writing' }),
      'Live: 4 peers | 1 edit not confirmed elsewhere',
    ],
    [
      at('offline', { storedOn: 3, keptOn: 1 }),
      'Offline · saved on this device | Your last edit is on 3 other peers, 1 always on',
    ],
    [
      at('syncing', { behind: 1, storedOn: 1, keptOn: 1 }),
      'Syncing with 1 peer | Your last edit is on 1 other peer, always on',
    ],
    [{ type: 'failed', why: 'no space is left' }, 'Not saved | Trying again'],
  ]
  it.each(cases)('%j', (status, expected) => {
    expect(words(status)).toBe(expected)
  })

  it('never says saved or live of what failed', () => {
    expect(statusWords({ type: 'failed', why: 'x' })).toMatchObject({ tone: 'bad', short: 'Not saved' })
  })
})
