import { describe, expect, it } from 'vitest'
import { linkId, peerAddress, type PeerAddress } from '../ids.ts'
import { limits } from '../limits.ts'
import { Membership, type MembershipEffect } from './membership.ts'

const { directLinksWanted, membersMax, membersQueryFirstMs, shuffleMs, passiveViewMax } = limits
const { directRetryFirstMs, directFailuresMax, shuffleActive, shufflePassive } = limits
const link = linkId(1)

function address(index: number): PeerAddress {
  return peerAddress(new Uint8Array(40).fill(index))
}

const addresses = (from: number, count: number): PeerAddress[] =>
  Array.from({ length: count }, (_, index) => address(from + index))

/** Deterministic, and different each time. */
function dice(): () => number {
  let state = 1
  return () => {
    state = (state * 48_271) % 2_147_483_647
    return state / 2_147_483_647
  }
}

function member(dials = true): Membership {
  return new Membership({ own: address(200), fraction: dice(), dials })
}

const dialled = (effects: readonly MembershipEffect[]): PeerAddress[] =>
  effects.flatMap((effect) => (effect.type === 'dial' ? [effect.peer] : []))

describe('[OV2] filling the active view', () => {
  it('[OV1] [OV2] dials as many as wanted of those it was told of, the first one urgently', () => {
    const machine = member()
    machine.handle({ type: 'began' }, 0)
    const effects = machine.handle({ type: 'told', members: addresses(1, 16) }, 0)
    expect(new Set(dialled(effects)).size).toBe(directLinksWanted)
    expect(effects.filter((effect) => effect.type === 'dial' && effect.isUrgent)).toHaveLength(1)
  })

  it('[OV2] asks a contact at once, then with doubling waits while nobody is named', () => {
    const machine = member()
    machine.handle({ type: 'began' }, 0)
    expect(machine.handle({ type: 'contact', link }, 0)).toEqual([{ type: 'ask', link, members: [] }])
    const waits: number[] = []
    let asked = 0
    for (let now = 0; waits.length < 3; now += 50) {
      if (machine.handle({ type: 'woke' }, now).length === 0) continue
      waits.push(now - asked)
      asked = now
    }
    expect(waits[0]).toBeGreaterThan(membersQueryFirstMs * 0.7)
    expect(waits[1]).toBeGreaterThan((waits[0] ?? 0) * 1.1)
    expect(waits[2]).toBeGreaterThan((waits[1] ?? 0) * 1.1)
  })

  it('[OV2] replaces a lost link from the names it has', () => {
    const machine = member()
    machine.handle({ type: 'began' }, 0)
    const first = dialled(machine.handle({ type: 'told', members: addresses(1, 10) }, 0))
    for (const peer of first) machine.handle({ type: 'linked', peer }, 1)
    expect(machine.active.size).toBe(directLinksWanted)
    const [lost] = first
    const next = dialled(machine.handle({ type: 'unlinked', peer: lost ?? address(0) }, 2))
    expect(next).toHaveLength(1)
    expect(first).not.toContain(next[0])
  })

  it('[OV1] a peer that only names others dials nobody, and neither does one whose app has let go', () => {
    const keeper = member(false)
    keeper.handle({ type: 'began' }, 0)
    expect(keeper.handle({ type: 'told', members: addresses(1, 5) }, 0)).toEqual([])
    const left = member()
    left.handle({ type: 'began' }, 0)
    left.handle({ type: 'ended' }, 0)
    expect(left.handle({ type: 'told', members: addresses(1, 5) }, 0)).toEqual([])
    expect(left.deadline(0)).toBeNull()
  })
})

describe('[OV3] names', () => {
  it('[OV3] answers with a sample of links and names, without the asker, and learns what the asker named', () => {
    const machine = member(false)
    for (const peer of addresses(1, 20)) machine.handle({ type: 'linked', peer }, 0)
    const asked = { type: 'asked', link, by: address(1), members: [address(100), address(200)] } as const
    const [tell] = machine.handle(asked, 0)
    expect(tell?.type === 'tell' ? tell.members.length : 0).toBe(membersMax)
    expect(tell?.type === 'tell' && tell.members.includes(address(1))).toBe(false)
    // Its own address is no news.
    expect(machine.passiveSize).toBe(1)
  })

  it('[OV3] exchanges some of both views with a contact now and then', () => {
    const machine = member()
    machine.handle({ type: 'began' }, 0)
    for (const peer of addresses(1, directLinksWanted)) machine.handle({ type: 'linked', peer }, 0)
    machine.handle({ type: 'told', members: addresses(50, 20) }, 0)
    machine.handle({ type: 'contact', link }, 0)
    const due = machine.deadline(0) ?? 0
    expect(due).toBeGreaterThan(shuffleMs * 0.7)
    const [ask] = machine.handle({ type: 'woke' }, due)
    expect(ask?.type === 'ask' ? ask.members.length : 0).toBe(shuffleActive + shufflePassive)
  })

  it('[OV3] keeps so many names and no more', () => {
    const machine = member(false)
    machine.handle({ type: 'told', members: addresses(1, 100) }, 0)
    expect(machine.passiveSize).toBe(passiveViewMax)
  })
})

describe('[OV4] who cannot be reached', () => {
  it('[OV4] is tried again later and later, then forgotten until named again', () => {
    const machine = member()
    machine.handle({ type: 'began' }, 0)
    const peer = address(1)
    expect(dialled(machine.handle({ type: 'told', members: [peer] }, 0))).toEqual([peer])
    let now = 0
    const waits: number[] = []
    for (;;) {
      const failedAt = now
      machine.handle({ type: 'dialFailed', peer }, now)
      if (machine.passiveSize === 0) break
      while (dialled(machine.handle({ type: 'woke' }, now)).length === 0) now += 100
      waits.push(now - failedAt)
    }
    expect(waits).toHaveLength(directFailuresMax)
    expect(waits[0]).toBe(directRetryFirstMs)
    expect(waits[1]).toBe(directRetryFirstMs * 4)
    expect(dialled(machine.handle({ type: 'told', members: [peer] }, now))).toEqual([peer])
  })
})
