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

  it('[OV2] waits ever longer, too, while only those are named whom it knows', () => {
    const machine = member()
    machine.handle({ type: 'began' }, 0)
    machine.handle({ type: 'contact', link }, 0)
    machine.handle({ type: 'told', members: [address(1)] }, 0)
    machine.handle({ type: 'linked', peer: address(1) }, 0)
    let asked = 0
    for (let now = 0; now < 60_000; now += 50) {
      for (const effect of machine.handle({ type: 'woke' }, now)) {
        if (effect.type !== 'ask') continue
        asked++
        machine.handle({ type: 'told', members: [address(1)] }, now)
      }
    }
    // 2, 4, 8, 16, 30 s, and two exchanges in between; not one every two seconds.
    expect(asked).toBeLessThan(9)
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

describe('[OV2] a member that was picked', () => {
  function began(): Membership {
    const machine = member()
    machine.handle({ type: 'began' }, 0)
    return machine
  }

  it('[OV2] and had no room waits its turn, with no failure counted', () => {
    const machine = began()
    const peer = address(1)
    machine.handle({ type: 'told', members: [peer] }, 0)
    for (let now = 0, turn = 0; turn < 3 * directFailuresMax; turn++, now += directRetryFirstMs) {
      expect(machine.handle({ type: 'dialPostponed', peer }, now)).toEqual([])
      expect(machine.deadline(now)).toBeLessThanOrEqual(now + directRetryFirstMs)
      expect(dialled(machine.handle({ type: 'woke' }, now + directRetryFirstMs - 1))).toEqual([])
      expect(dialled(machine.handle({ type: 'woke' }, now + directRetryFirstMs))).toEqual([peer])
    }
  })

  it('[OV5] and does not take part is not dialled again until it is named again', () => {
    const machine = began()
    const peer = address(1)
    machine.handle({ type: 'told', members: [peer] }, 0)
    expect(machine.handle({ type: 'parted', peer }, 0)).toEqual([])
    expect([machine.passiveSize, dialled(machine.handle({ type: 'woke' }, 10_000))]).toEqual([0, []])
    expect(dialled(machine.handle({ type: 'told', members: [peer] }, 10_000))).toEqual([peer])
    machine.handle({ type: 'linked', peer }, 10_000)
    machine.handle({ type: 'parted', peer }, 20_000)
    expect([machine.active.size, machine.passiveSize]).toEqual([0, 0])
  })

  it('[OV2] whose link was lost before it took part leaves its place to others', () => {
    const machine = began()
    const first = dialled(machine.handle({ type: 'told', members: addresses(1, directLinksWanted) }, 0))
    expect(first).toHaveLength(directLinksWanted)
    expect(machine.handle({ type: 'told', members: [address(99)] }, 0)).toEqual([])
    expect(dialled(machine.handle({ type: 'unlinked', peer: first[0] ?? address(0) }, 0))).toEqual([address(99)])
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
