import { describe, expect, it } from 'vitest'
import { baselineOf, faultsOf, regressions } from './baseline.ts'
import { meshReport } from './mesh-report.ts'

/** The same seed gives the same figures; `npm run mesh -- 1000 1` makes those of the biggest. */
describe.each([10, 100])('a mesh of %i members', (members) => {
  it('[OV1] [OV2] [BR1] costs each a handful of copies, loses nothing when half of it dies, and stays in one piece', async () => {
    const before = baselineOf(members)
    if (before === undefined) throw new Error(`no figures of ${members} members`)
    const report = await meshReport(members, 1)
    expect([...faultsOf(report), ...regressions(report, before)]).toEqual([])
  })
})

describe('a comparison of two runs', () => {
  it('tells what has become dearer, and what must not be', () => {
    const before = baselineOf(100)
    if (before === undefined) throw new Error('no figures of 100 members')
    expect([...faultsOf(before), ...regressions(before, before)]).toEqual([])
    const dearer = { ...before, copies: before.copies * 1.2, idle: { messages: 1_000, bytes: before.idle.bytes } }
    expect(regressions(dearer, before)).toHaveLength(2)
    const kills = before.kills.map((kill) => ({ ...kill, lost: 1, components: 2 }))
    expect(faultsOf({ ...before, kills, hops: { ...before.hops, p99: 7 } })).toHaveLength(5)
  })
})
