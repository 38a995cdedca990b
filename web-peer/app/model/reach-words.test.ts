import type { Neighbour } from '@knotwork/web-peer'
import { describe, expect, it } from 'vitest'
import { reachWords } from './reach-words.ts'

const linked: Neighbour = {
  id: null,
  address: 'ws://peer.example:4000/peer',
  transport: 'websocket',
  isDirect: false,
  whyNotDirect: null,
  state: 'linked',
  why: null,
  keeps: true,
  roundTripMs: 1,
  bytesIn: 0,
  bytesOut: 0,
}
const waiting: Neighbour = { ...linked, transport: 'ws', state: 'waiting', why: 'no answer', keeps: false }
const page: Neighbour = { ...linked, address: 'direct:abc', transport: 'webrtc', isDirect: true, keeps: false }
const notReached: Neighbour = { ...waiting, address: 'direct:abc', transport: 'direct' }

describe('what is said about new people', () => {
  it('nothing while a node peer is there, or none was ever asked for', () => {
    for (const neighbours of [[], [linked], [linked, page, notReached], [page], [{ ...waiting, why: null }]]) {
      expect(reachWords(neighbours)).toEqual({ short: '', long: '' })
    }
  })

  it('what this page waits for when it reaches nobody', () => {
    const { short, long } = reachWords([notReached, waiting])
    expect(short).toBe('Waiting for peer.example:4000: no answer')
    expect(long).toMatch(/^This page waits for peer\.example:4000: no answer\. Nobody else can introduce it/u)
  })

  it('that those who are linked go on, and when others can join', () => {
    const { short, long } = reachWords([page, waiting])
    expect(short).toBe('New people can join when peer.example:4000 is back')
    expect(long).toMatch(/^peer\.example:4000 is not reached: no answer\. You go on with the peers below/u)
  })
})
