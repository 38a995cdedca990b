/** Runs the seeds it is sent, one after the other, and reports each. The parent notices when one does not end. */
import type { RunOptions } from './run-seed.ts'
import { silenceYjs } from './quiet.ts'
import { runSeed } from './run-seed.ts'
import { plantedBugs } from '../planted/all.ts'

export interface Task {
  readonly seed: number
  readonly plannedBug?: string | undefined
  readonly options: Omit<RunOptions, 'planted' | 'print'>
}

export interface Report {
  readonly seed: number
  readonly violation: { readonly check: string; readonly what: string } | null
  readonly events: number
  readonly edits: number
  readonly acknowledgements: number
  readonly levelAfterMs: number | null
  readonly convergedAfterMs: number | null
  readonly traceHash: string
}

async function work({ seed, plannedBug, options }: Task): Promise<Report> {
  const planted = plantedBugs.find((bug) => bug.name === plannedBug)
  const { violation, plan: _, ...report } = await runSeed(seed, { ...options, planted })
  return { ...report, violation }
}

silenceYjs()
process.on('message', (task: Task) => {
  void work(task).then((report) => process.send?.(report))
})
process.on('disconnect', () => process.exit(0))
