import type { PeerId } from '@knotwork/core'
import { describe, expect, it } from 'vitest'
import { lanLimits } from './lan-limits.ts'
import { LanPeers } from './lan-peers.ts'
import { peersIn, recordsFor, service, type LanRecord } from './lan-records.ts'

const idOf = (n: number): PeerId => Buffer.alloc(32, n + 1).toString('base64url') as PeerId
const seen = (n: number) => ({ id: idOf(n), port: 4_000, isLeaving: false })
const at = (n: number): string => `ws://192.0.2.${n}:4000/peer`
const own = idOf(-1)

/** As they come from the wire: texts of TXT records are bytes there. */
function arrived(records: readonly LanRecord[]): readonly LanRecord[] {
  return records.map((each) =>
    each.type === 'TXT' ? { ...each, data: (each.data as readonly string[]).map((text) => Buffer.from(text)) } : each,
  )
}

describe('LanPeers', () => {
  it('dials who is new, once, and neither itself nor a neighbour', () => {
    const peers = new LanPeers(own)
    expect(peers.found({ ...seen(0), id: own }, at(0), 0)).toEqual([])
    expect(peers.found(seen(1), at(1), 0)).toEqual([{ type: 'dial', id: idOf(1), address: at(1) }])
    expect(peers.found(seen(1), at(1), 1)).toEqual([])
    peers.neighbours(new Set([idOf(2)]))
    expect(peers.found(seen(2), at(2), 2)).toEqual([])
    // The link it had otherwise is lost.
    expect(peers.neighbours(new Set())).toEqual([{ type: 'dial', id: idOf(2), address: at(2) }])
  })

  it('follows who moved, and lets go of who left or fell silent, unless a link to it works', () => {
    const peers = new LanPeers(own)
    peers.found(seen(1), at(1), 0)
    expect(peers.found(seen(1), at(9), 0)).toEqual([
      { type: 'hangUp', id: idOf(1) },
      { type: 'dial', id: idOf(1), address: at(9) },
    ])
    peers.neighbours(new Set([idOf(1)]))
    expect(peers.found({ ...seen(1), isLeaving: true }, at(1), 0)).toEqual([])
    expect(peers.found(seen(1), at(8), 0)).toEqual([])
    expect(peers.looked(lanLimits.goneMs)).toEqual([])
    peers.neighbours(new Set())
    expect(peers.found({ ...seen(1), isLeaving: true }, at(1), 0)).toEqual([{ type: 'hangUp', id: idOf(1) }])
    peers.found(seen(2), at(2), 0)
    expect(peers.looked(lanLimits.goneMs)).toEqual([{ type: 'hangUp', id: idOf(2) }])
  })

  it('dials so many and remembers so many, whoever the network names', () => {
    const peers = new LanPeers(own)
    const effects = Array.from({ length: 255 }, (_, n) => peers.found(seen(n), at(n), 0)).flat()
    expect(effects.length).toBeLessThanOrEqual(lanLimits.dialledMax + 1)
    expect(effects.every(({ type }) => type === 'dial')).toBe(true)
    // A place that is free goes to the next.
    expect(peers.found({ ...seen(1), isLeaving: true }, at(1), 0)).toEqual([{ type: 'hangUp', id: idOf(1) }])
    expect(peers.looked(1)).toHaveLength(1)
  })
})

describe('records', () => {
  const announced = { id: idOf(7), hosts: ['192.0.2.7'], port: 4_007 }

  it('tell of a peer what others need, in any case of letters', () => {
    const records = arrived(recordsFor(announced, 120))
    expect(peersIn(records)).toEqual([{ id: idOf(7), port: 4_007, isLeaving: false }])
    const shouted = records.map((each) => ({ ...each, name: each.name.toUpperCase() }))
    expect(peersIn(shouted)).toEqual([{ id: idOf(7), port: 4_007, isLeaving: false }])
    expect(peersIn(arrived(recordsFor(announced, 0)))).toMatchObject([{ isLeaving: true }])
  })

  it.each([
    ['nothing', []],
    ['a pointer to nobody', [{ type: 'PTR', name: service, data: `x.${service}` }]],
    ['a pointer to no name', [{ type: 'PTR', name: service, data: 7 }]],
    ['no id', arrived(recordsFor(announced, 1)).filter(({ type }) => type !== 'TXT')],
    ['an id that is none', arrived(recordsFor({ ...announced, id: '../x' as PeerId }, 1))],
    ['no port', arrived(recordsFor({ ...announced, port: 0 }, 1))],
    ['a port beyond all', arrived(recordsFor({ ...announced, port: 70_000 }, 1))],
    ['another service', arrived(recordsFor(announced, 1)).map((each) => ({ ...each, name: 'x' }))],
    [
      'a crowd before it',
      [...Array.from({ length: 64 }, () => ({ type: 'A', name: 'x', data: '' })), ...recordsFor(announced, 1)],
    ],
  ])('that are %s tell of nobody', (_, records) => {
    expect(peersIn(records as readonly LanRecord[])).toEqual([])
  })
})
