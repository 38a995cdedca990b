/**
 * `npm run mesh -- 100 1`: the figures of a mesh of 100 members, seed 1. Exits with 1 when they are not as they must
 * be, or worse than those in baseline.json; `--keep` puts them there.
 */
import { baselineOf, faultsOf, keepAsBaseline, regressions } from './baseline.ts'
import { meshReport } from './mesh-report.ts'

const [members = '100', seed = '1', keep = ''] = process.argv.slice(2)
const report = await meshReport(Number(members), Number(seed))
console.log(JSON.stringify(report, null, 2))
const before = baselineOf(report.members)
if (before === undefined) console.error('nothing to compare with in baseline.json')
const worse = keep === '--keep' || before === undefined ? [] : regressions(report, before)
const faults = [...faultsOf(report), ...worse]
for (const fault of faults) console.error(`WORSE: ${fault}`)
if (keep === '--keep' && faults.length === 0) keepAsBaseline(report)
process.exitCode = faults.length === 0 ? 0 : 1
