/** Runs of one seed as the command line wants them. */
import type { PlanOptions } from '../plan/plan.ts'
import type { PlantedBug } from '../planted/planted-bug.ts'
import { simulate, type Outcome } from '../simulation.ts'
import type { Violation } from '../world/violation.ts'

export interface RunOptions extends PlanOptions {
  readonly planted?: PlantedBug | undefined
  readonly print?: (line: string) => void
}

export function runSeed(seed: number, options: RunOptions = {}): Promise<Outcome> {
  const { planted, ...rest } = options
  return simulate(seed, { ...planted?.plan, ...rest, ...planted?.plant() })
}

/** A failing seed is worth nothing if it does not fail in the same way again. */
export async function runTwice(seed: number, options: RunOptions = {}): Promise<Outcome> {
  const first = await runSeed(seed, options)
  const { print: _, ...silent } = options
  const second = await runSeed(seed, silent)
  if (first.traceHash === second.traceHash) return first
  const what = `two runs of this seed differ: ${first.traceHash} and ${second.traceHash}`
  const violation: Violation = { check: 'no-fault', atMs: 0, what }
  return { ...first, violation: first.violation ?? violation }
}

/** The command that shows a run again. */
export function commandFor(seed: number, options: RunOptions = {}): string {
  const { peers, shape, without = [], operationShare, planted } = options
  const parts = [
    `npm run sim -- --seed ${seed}`,
    ...(peers === undefined ? [] : [`--peers ${peers}`]),
    ...(shape === undefined ? [] : [`--shape ${shape}`]),
    ...without.map((name) => `--no-fault ${name}`),
    ...(operationShare === undefined ? [] : [`--operations ${operationShare}`]),
    ...(planted === undefined ? [] : [`--planted ${planted.name}`]),
  ]
  return parts.join(' ')
}
