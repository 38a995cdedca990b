import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { limits } from '../../core/src/limits.ts'
import { meshReport, type MeshReport } from './mesh-report.ts'

/** Figures of earlier runs; the same seed gives the same ones. `npm run mesh -- 1000 1` makes the last one. */
const baseline = JSON.parse(readFileSync(new URL('baseline.json', import.meta.url), 'utf8')) as readonly MeshReport[]

describe.each([10, 100])('a mesh of %i members', (members) => {
  it('[OV1] [OV2] [BR1] costs each a handful of copies, loses nothing when half of it dies, and stays in one piece', async () => {
    const report = await meshReport(members, 1)
    expect(report.links.fewest).toBeGreaterThanOrEqual(Math.min(limits.directLinksWanted, members - 1))
    expect(report.copies).toBeLessThanOrEqual(report.links.mean)
    for (const { lost, components, healedMs } of report.kills) {
      expect([lost, components]).toEqual([0, 1])
      expect(healedMs).not.toBeNull()
    }
    const before = baseline.find((one) => one.members === members)
    // Room for a change that shifts the dice, none for one that makes the mesh dearer.
    expect(report.copies).toBeLessThanOrEqual((before?.copies ?? 0) * 1.1)
    expect(report.bytesPerEditAndMember).toBeLessThanOrEqual((before?.bytesPerEditAndMember ?? 0) * 1.1)
    expect(report.idle.bytes).toBeLessThanOrEqual((before?.idle.bytes ?? 0) * 1.1)
  })
})
