/** The command line of `npm run sim`. */
import { parseArgs } from 'node:util'
import { faultClasses, isFaultClass, type FaultClass } from '../plan/fault-class.ts'
import { shapes, type Shape } from '../plan/topology.ts'
import { plantedBugs } from '../planted/all.ts'
import type { PlantedBug } from '../planted/planted-bug.ts'

export interface Settings {
  readonly from: number
  readonly to: number
  readonly isVerbose: boolean
  readonly peers: number | undefined
  readonly shape: Shape | undefined
  readonly without: readonly FaultClass[]
  readonly operationShare: number | undefined
  readonly planted: PlantedBug | undefined
  readonly jobs: number
}

export const usage = `npm run sim -- --seed N | --seeds FROM-TO [options]

  --seed N           one seed, twice: both runs must be equal. A failure is made small, and printed as a command
  --seeds FROM-TO    many seeds, on all cores; prints a summary, exits with 1 when one failed
  --jobs N           processes for --seeds (default: as many as there are cores)
  --verbose          prints what happens (with --seed)
  --peers N          so many peers instead of the drawn 3 to 10
  --shape X          line, ring, star, random, or full: everybody linked to everybody, which is never drawn
  --no-fault X       leaves a fault class out; repeatable. One of:
                     ${faultClasses.slice(0, 12).join(' ')}
                     ${faultClasses.slice(12).join(' ')}
  --operations X     only this share (0 to 1) of the operations
  --planted X        with a bug put in on purpose; all: ${plantedBugs.map((bug) => bug.name).join(' ')}`

/** Throws an error for people when the arguments make no sense. */
export function settingsFrom(args: readonly string[], cores: number): Settings {
  const { values } = parseArgs({
    args: [...args],
    options: {
      seed: { type: 'string' },
      seeds: { type: 'string' },
      jobs: { type: 'string' },
      verbose: { type: 'boolean', default: false },
      peers: { type: 'string' },
      shape: { type: 'string' },
      'no-fault': { type: 'string', multiple: true, default: [] },
      operations: { type: 'string' },
      planted: { type: 'string' },
    },
  })
  const range = /^(\d+)(?:-(\d+))?$/.exec(values.seeds ?? values.seed ?? '')
  if (range === null) throw new Error(usage)
  const unknown = values['no-fault'].filter((name) => !isFaultClass(name))
  if (unknown.length > 0) throw new Error(`no such fault class: ${unknown.join()}\n\n${usage}`)
  const planted = plantedBugs.find((bug) => bug.name === values.planted)
  if (values.planted !== undefined && planted === undefined)
    throw new Error(`no such bug: ${values.planted}\n\n${usage}`)
  const shape = [...shapes, 'full' as const].find((name) => name === values.shape)
  if (values.shape !== undefined && shape === undefined) throw new Error(`no such shape: ${values.shape}\n\n${usage}`)
  return {
    shape,
    from: Number(range[1]),
    to: Number(range[2] ?? range[1]),
    isVerbose: values.verbose,
    peers: values.peers === undefined ? undefined : Number(values.peers),
    without: values['no-fault'].filter(isFaultClass),
    operationShare: values.operations === undefined ? undefined : Number(values.operations),
    planted,
    jobs: Number(values.jobs ?? cores),
  }
}
