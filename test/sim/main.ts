/** `npm run sim`: see `usage` in runner/settings.ts. */
import { availableParallelism } from 'node:os'
import { messageOf } from '../../core/src/result.ts'
import { silenceYjs } from './runner/quiet.ts'
import { runFleet } from './runner/fleet.ts'
import { commandFor, runTwice, type RunOptions } from './runner/run-seed.ts'
import { settingsFrom, type Settings } from './runner/settings.ts'
import { shrink } from './runner/shrink.ts'
import { Tally } from './runner/tally.ts'
import type { Report } from './runner/worker.ts'
import type { Outcome } from './simulation.ts'

const progressEveryMs = 10_000
/** Failures printed as they come; all are counted. */
const shownMax = 50

silenceYjs()
process.exitCode = await main(process.argv.slice(2))

async function main(args: readonly string[]): Promise<number> {
  let settings: Settings
  try {
    settings = settingsFrom(args, availableParallelism())
  } catch (thrown) {
    console.error(messageOf(thrown))
    return 2
  }
  return settings.from === settings.to ? showOne(settings) : runMany(settings)
}

function optionsOf({ peers, shape, without, operationShare, planted }: Settings): RunOptions {
  return {
    without,
    ...(peers === undefined ? {} : { peers }),
    ...(shape === undefined ? {} : { shape }),
    ...(operationShare === undefined ? {} : { operationShare }),
    ...(planted === undefined ? {} : { planted }),
  }
}

async function showOne(settings: Settings): Promise<number> {
  const seed = settings.from
  const options = optionsOf(settings)
  const print = settings.isVerbose ? { print: (line: string) => console.info(line) } : {}
  const outcome = await runTwice(seed, { ...options, ...print })
  console.info(wordsOf(outcome))
  if (outcome.violation === null) return 0
  const { options: smaller, outcome: smallest } = await shrink(outcome, options)
  console.info(`\nsmaller: ${wordsOf(smallest)}\n\n  ${commandFor(seed, smaller)} --verbose`)
  return 1
}

function wordsOf({ seed, plan, violation, traceHash, ...counts }: Outcome): string {
  const faults = [...plan.faults].join(' ') || 'none'
  const cast = `${plan.machines.length} peers in a ${plan.shape}, ${plan.documents.length} documents, faults: ${faults}`
  const { events, edits, acknowledgements, convergedAfterMs } = counts
  const converged = convergedAfterMs === null ? '' : `, converged ${convergedAfterMs} ms after the faults`
  const result =
    violation === null
      ? `all well${converged}`
      : `FAILED ${violation.check} at ${violation.atMs.toFixed(1)} ms: ${violation.what}`
  return `seed ${seed}: ${cast}\n  ${events} events, ${edits} edits, ${acknowledgements} acknowledgements, trace ${traceHash}\n  ${result}`
}

async function runMany(settings: Settings): Promise<number> {
  const { from, to, jobs, planted } = settings
  const { planted: _, ...options } = optionsOf(settings)
  const tally = new Tally(to - from + 1)
  const progress = setInterval(() => console.info(tally.words), progressEveryMs)
  const reported = (report: Report): void => {
    tally.add(report)
    if (report.violation === null || tally.failed.length > shownMax) return
    const command = commandFor(report.seed, { ...options, planted })
    console.info(`FAILED ${report.violation.check}: ${report.violation.what}\n  ${command}`)
  }
  await runFleet({ from, to, jobs, task: (seed) => ({ seed, plannedBug: planted?.name, options }), reported })
  clearInterval(progress)
  console.info(`${tally.words}\n${tally.summary}`)
  return tally.failed.length === 0 ? 0 : 1
}
