/** `npm run mesh -- 100 1`: the figures of a mesh of 100 members, seed 1. */
import { meshReport } from './mesh-report.ts'

const [members = '100', seed = '1'] = process.argv.slice(2)
console.log(JSON.stringify(await meshReport(Number(members), Number(seed)), null, 2))
