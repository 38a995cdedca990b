/** Figures of earlier runs, kept beside this file; what would make a run worse than those, or than it must be. */
import { readFileSync, writeFileSync } from 'node:fs'
import { limits } from '../../core/src/limits.ts'
import type { MeshReport } from './mesh-report.ts'

const file = new URL('baseline.json', import.meta.url)
/** Room for a change that shifts the dice, none for one that makes the mesh dearer; healing is mostly dice. */
const slack = 1.1
const healingSlack = 2
const hopsMax = 6

function read(): readonly MeshReport[] {
  return JSON.parse(readFileSync(file, 'utf8')) as readonly MeshReport[]
}

/** The figures to compare with; undefined when nobody measured a mesh of this size yet. */
export function baselineOf(members: number): MeshReport | undefined {
  return read().find((report) => report.members === members)
}

export function keepAsBaseline(report: MeshReport): void {
  const others = read().filter(({ members }) => members !== report.members)
  const all = [...others, report].toSorted((a, b) => a.members - b.members)
  writeFileSync(file, `${JSON.stringify(all, null, 2)}\n`)
}

/** What is not as it must be, whatever it was before; empty when all is. */
export function faultsOf(report: MeshReport): readonly string[] {
  const { members, links, copies, hops, kills } = report
  const faults: string[] = []
  const wanted = Math.min(limits.directLinksWanted, members - 1)
  if (links.fewest < wanted) faults.push(`a member has ${links.fewest} links of ${wanted} that it wants`)
  if (copies > links.mean) faults.push(`${copies} copies of an edit per member, above the ${links.mean} links it has`)
  if (hops.p99 > hopsMax) faults.push(`${hops.p99} hops (p99), above ${hopsMax}`)
  for (const { share, lost, components, relinkedMs, slowestEditMs } of kills) {
    const after = `after the deaths of ${share * 100} %`
    if (lost > 0) faults.push(`${lost} edits lost ${after}`)
    if (components !== 1) faults.push(`${components} pieces ${after}`)
    if (relinkedMs === null || slowestEditMs === null) faults.push(`not healed ${after}`)
  }
  return faults
}

/** Where a run costs more than an earlier one. */
export function regressions(report: MeshReport, before: MeshReport): readonly string[] {
  const worst = (kills: MeshReport['kills']): number => Math.max(...kills.map(({ relinkedMs }) => relinkedMs ?? 0))
  const compared: readonly (readonly [string, number, number | undefined])[] = [
    ['copies of an edit', report.copies, before.copies],
    ['bytes of an edit', report.bytesPerEditAndMember, before.bytesPerEditAndMember],
    ['milliseconds to a reader (p99)', report.latencyMs.p99, before.latencyMs.p99],
    ['idle messages', report.idle.messages, before.idle.messages],
    ['idle bytes', report.idle.bytes, before.idle.bytes],
    ...report.presence.flatMap(({ shown, messages, bytes }, index) => [
      [`messages for the presence of ${shown}`, messages, before.presence[index]?.messages] as const,
      [`bytes for the presence of ${shown}`, bytes, before.presence[index]?.bytes] as const,
    ]),
    ['milliseconds to re-link', worst(report.kills), (worst(before.kills) * healingSlack) / slack],
  ]
  return compared.flatMap(([what, now, then]) =>
    then !== undefined && now > then * slack ? [`${what}: ${now}, and ${then} before`] : [],
  )
}
