/**
 * `npm run bench`: every workload against the rivals; `npm run bench -- fan-out` one of them. `--size toy` shows that it
 * runs, `--out <file>` writes the page there and the figures beside it as JSON; what is there of other workloads is kept.
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { availableParallelism, cpus, loadavg } from 'node:os'
import { parseArgs } from 'node:util'
import { allContestants, compilePeer, installRivals, ownContestants } from './contestants.ts'
import { barsPage, page, sectionPage, type Report, type Section } from './report.ts'
import { Stage } from './workload.ts'
import { workloads } from './workloads.ts'

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { size: { type: 'string' }, out: { type: 'string' }, 'no-rivals': { type: 'boolean' } },
})
const size = values.size === 'toy' ? 'toy' : 'full'
const chosen = workloads.filter(({ name }) => positionals.length === 0 || positionals.includes(name))
if (chosen.length === 0) throw new Error(`workloads: ${workloads.map(({ name }) => name).join(', ')}`)

compilePeer()
const hasRivals = values['no-rivals'] !== true
if (hasRivals) installRivals()
const sections: Section[] = []
{
  await using stage = new Stage(hasRivals ? allContestants : ownContestants)
  for (const workload of chosen) {
    stage.say(workload.name)
    const before = loadavg()[0] ?? 0
    const found = (await workload.run(stage, size)).map((section) => ({ ...section, load: before }))
    sections.push(...found)
    for (const section of found) console.log(sectionPage(section))
  }
}
console.log(barsPage(sections))
const machine = `${availableParallelism()} cores (${cpus()[0]?.model ?? 'unknown'}), Node ${process.versions.node}`
if (values.out !== undefined) {
  const figures = values.out.replace(/\.md$/u, '.json')
  const known = existsSync(figures) ? (JSON.parse(readFileSync(figures, 'utf8')) as Report).sections : []
  const kept = known.filter(({ title }) => !sections.some((section) => section.title === title))
  const report = { date: new Date().toISOString().slice(0, 10), machine, size, sections: [...kept, ...sections] }
  writeFileSync(values.out, page(report))
  writeFileSync(figures, `${JSON.stringify(report, null, 1)}\n`)
}
process.exit()
