/** Makes a failing run smaller as long as the same check fails: fewer fault classes, fewer peers, fewer operations. */
import type { Outcome } from '../simulation.ts'
import { runSeed, type RunOptions } from './run-seed.ts'

export interface Shrunk {
  readonly options: RunOptions
  readonly outcome: Outcome
}

export async function shrink(failed: Outcome, options: RunOptions): Promise<Shrunk> {
  const { seed, violation } = failed
  let best: Shrunk = { options, outcome: failed }
  const attempt = async (smaller: RunOptions): Promise<boolean> => {
    const outcome = await runSeed(seed, smaller)
    if (outcome.violation?.check !== violation?.check) return false
    best = { options: smaller, outcome }
    return true
  }
  const fewerFaults = async (): Promise<void> => {
    for (const name of failed.plan.faults) {
      const without = best.options.without ?? []
      if (!without.includes(name)) await attempt({ ...best.options, without: [...without, name] })
    }
  }
  await fewerFaults()
  for (let peers = 2; peers < best.outcome.plan.machines.length; peers++) {
    if (await attempt({ ...best.options, peers })) break
  }
  for (const operationShare of [0.05, 0.1, 0.2, 0.35, 0.5, 0.75]) {
    if (await attempt({ ...best.options, operationShare })) break
  }
  // With fewer peers and operations some faults may have become dispensable.
  await fewerFaults()
  return best
}
