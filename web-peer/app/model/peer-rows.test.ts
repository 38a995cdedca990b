import type { Neighbour } from '@knotwork/web-peer'
import { describe, expect, it } from 'vitest'
import type { Person } from './people.ts'
import { peerRows } from './peer-rows.ts'

const id = (letter: string): string => letter.repeat(43)
const self = id('s')
const person = (letter: string, name: string): Person => ({ id: id(letter), name, color: '#000000', note: null })

const none = { whyNotDirect: null, why: null, keeps: false, isDirect: false, roundTripMs: null } as const
const hub = {
  ...none,
  id: id('h'),
  address: 'ws://peer.example:4000/peer',
  transport: 'websocket',
  whyNotDirect: 'reached by its own address',
  state: 'linked',
  keeps: true,
  roundTripMs: 3,
  bytesIn: 10,
  bytesOut: 20,
} as unknown as Neighbour
const direct = {
  ...hub,
  id: id('b'),
  address: `direct:${'b'.repeat(54)}`,
  transport: 'webrtc',
  keeps: false,
} as Neighbour
const failed = {
  ...hub,
  ...none,
  id: null,
  address: `direct:${'c'.repeat(54)}`,
  transport: 'direct',
  state: 'waiting',
  why: 'no answer in time',
  whyNotDirect: 'could not connect: no answer in time',
} as Neighbour

describe('rows of peers', () => {
  it('call people by their names, node peers by their hosts, and tabs tabs', () => {
    const tab = { ...direct, id: self, address: 'tab 1', transport: 'tab' } as Neighbour
    const rows = peerRows([hub, direct, tab], [person('b', 'Bob'), person('s', 'Me'), person('h', 'Liar')], self)
    expect(rows.map(({ name, id: shown, path }) => [name, shown, path])).toEqual([
      ['peer.example:4000', 'hhhhhhhh', 'WebSocket'],
      ['Bob', 'bbbbbbbb', 'direct (WebRTC)'],
      ['Another tab', 'ssssssss', 'direct (this browser)'],
    ])
    expect(rows[0]).toMatchObject({ keeps: true, roundTripMs: 3, bytes: { in: 10, out: 20 }, isTrouble: false })
  })

  it('say through whom somebody is reached that has no link of its own, and why, once', () => {
    const rows = peerRows([hub, failed], [person('c', 'Cy'), person('d', 'Dee'), person('d', 'Dee')], self)
    expect(rows.slice(1)).toMatchObject([
      {
        name: 'Cy',
        path: 'through peer.example:4000',
        aside: 'could not connect: no answer in time',
        isTrouble: false,
      },
      { name: 'Dee', path: 'through peer.example:4000', aside: '', id: 'dddddddd' },
    ])
  })

  it('say that a direct link is being tried', () => {
    const dialling = { ...failed, state: 'dialling', why: null, whyNotDirect: null } as Neighbour
    const [, row] = peerRows([hub, dialling], [person('c', 'Cy')], self)
    expect(row).toMatchObject({ path: 'through peer.example:4000', aside: 'trying to connect directly', state: '' })
  })

  it('say what is wrong where nothing is reached', () => {
    const away = { ...hub, id: null, keeps: false, state: 'waiting', why: 'no answer', whyNotDirect: null } as Neighbour
    expect(peerRows([away, failed], [person('c', 'Cy')], self)).toMatchObject([
      { name: 'peer.example:4000', id: '', state: 'not reached', aside: 'no answer', isTrouble: true, bytes: null },
      { name: 'Cy', path: 'direct (WebRTC)', state: 'not reached', isTrouble: true },
    ])
    expect(peerRows([], [person('c', 'Cy'), { ...person('x', 'Y'), id: 'client 7' }], self)).toEqual([])
  })
})
