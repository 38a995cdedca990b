/**
 * Bugs put in on purpose, between the production engine and its ports, to see that the checks bite. Each names the
 * checks that may catch it and a seed in which one does; `planted-bugs.test.ts` holds them to it.
 */
import type { PlanOptions } from '../plan/plan.ts'
import type { SimulationOptions } from '../simulation.ts'
import type { CheckName } from '../world/violation.ts'

export interface PlantedBug {
  readonly name: string
  /** What the engine would be doing wrong. */
  readonly what: string
  readonly plan?: PlanOptions
  /** Made afresh for each run: a bug may have a memory. */
  plant(): Pick<SimulationOptions, 'graft' | 'tap'>
  readonly caughtBy: readonly CheckName[]
  /** Seeds in which it is caught. */
  readonly seeds: readonly number[]
}
