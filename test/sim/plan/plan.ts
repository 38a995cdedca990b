/** Everything a seed decides before its run begins: who takes part, what goes wrong, and how badly. */
import { Rng } from '../world/random.ts'
import { faultClasses, type FaultClass } from './fault-class.ts'
import { drawSmallLimits, type SmallLimits } from './small-limits.ts'
import { edgesOf, shapes, type Edge, type Shape } from './topology.ts'

export interface MachinePlan {
  readonly index: number
  /** A node peer; otherwise a page. */
  readonly keeps: boolean
  /** It has no disk: what it stores ends with the process. */
  readonly isVolatile: boolean
  /** Documents its app opens, and when. */
  readonly opens: readonly { readonly document: number; readonly atMs: number }[]
  /** When it comes for the first time. */
  readonly startsAtMs: number
}

export interface LinkWeather {
  readonly lossRate: number
  readonly duplicationRate: number
  readonly delayMinMs: number
  readonly delayMaxMs: number
  /** How often a frame is late by up to `jitterMs` more, and is overtaken. */
  readonly jitterRate: number
  readonly jitterMs: number
  /** Frames keep their order and none is lost while a link is open, as on TCP: then delay and jitter hold up what follows. */
  readonly isStream: boolean
}

export interface DiskWeather {
  readonly writeMinMs: number
  readonly writeMaxMs: number
}

export interface Plan {
  readonly seed: number
  readonly shape: Shape
  readonly faults: ReadonlySet<FaultClass>
  readonly machines: readonly MachinePlan[]
  readonly edges: readonly Edge[]
  readonly documents: readonly string[]
  /** Clients of y-websocket's wire. */
  readonly clients: readonly { readonly machine: number; readonly document: number }[]
  readonly links: LinkWeather
  readonly disks: DiskWeather
  readonly operations: number
  readonly workMs: number
  /** Mean time between two faults of one class. */
  readonly faultEveryMs: number
  readonly smallLimits: SmallLimits
  /** Whether the run goes on to its full length after it has converged. */
  readonly restsToTheEnd: boolean
}

export interface PlanOptions {
  readonly without?: readonly FaultClass[]
  readonly peers?: number
  readonly shape?: Shape
  /** Share of the operations to be done, for shrinking. */
  readonly operationShare?: number
  /** In place of the drawn ones. */
  readonly smallLimits?: SmallLimits
}

const documentNames = ['notes', 'a/b c', 'ünï__proto__'] as const

export function planOf(seed: number, options: PlanOptions = {}): Plan {
  const rng = new Rng(`plan ${seed}`)
  const faults = drawFaults(rng.fork('faults'), options.without ?? [])
  const count = options.peers ?? drawCount(rng.fork('count'))
  const shape = options.shape ?? rng.fork('shape').pick(shapes)
  const documents = documentNames.slice(0, rng.fork('documents').pick([1, 1, 2, 3]))
  const workMs = rng.fork('work').between(6_000, 20_000)
  const machines = Array.from({ length: count }, (_, index) =>
    drawMachine(rng.fork(`machine ${index}`), { index, faults, documents: documents.length, workMs }),
  )
  const clientRng = rng.fork('clients')
  const clients = Array.from({ length: faults.has('stock-client') ? clientRng.whole(1, 3) : 0 }, () => ({
    machine: clientRng.pick(machines.filter((machine) => machine.keeps)).index,
    document: clientRng.whole(0, documents.length - 1),
  }))
  const limitsRng = rng.fork('limits')
  return {
    seed,
    shape,
    faults,
    machines,
    edges: edgesOf(shape, count, rng.fork('edges')),
    documents,
    clients,
    links: drawLinks(rng.fork('links'), faults),
    disks: drawDisks(rng.fork('disks'), faults),
    operations: Math.ceil(rng.fork('operations').whole(15, 70) * (options.operationShare ?? 1)),
    workMs,
    faultEveryMs: rng.fork('every').between(1_500, 10_000),
    smallLimits: options.smallLimits ?? (faults.has('small-limits') ? drawSmallLimits(limitsRng) : {}),
    restsToTheEnd: rng.fork('rest').chance(0.15),
  }
}

/** One seed in twelve is calm, so that faults are not needed to find a bug. */
function drawFaults(rng: Rng, without: readonly FaultClass[]): ReadonlySet<FaultClass> {
  const rate = rng.chance(1 / 12) ? 0 : rng.between(0.15, 0.6)
  // Who was refused for garbage waits long: such runs cost more.
  const drawn = faultClasses.filter((name) => rng.fork(name).chance(name === 'garbage' ? rate / 3 : rate))
  return new Set(drawn.filter((name) => !without.includes(name)))
}

function drawCount(rng: Rng): number {
  return rng.pick([3, 3, 3, 4, 4, 5, 5, 6, 7, 8, 9, 10])
}

interface MachineContext {
  readonly index: number
  readonly faults: ReadonlySet<FaultClass>
  readonly documents: number
  readonly workMs: number
}

function drawMachine(rng: Rng, context: MachineContext): MachinePlan {
  const { index, faults, documents, workMs } = context
  // The first one keeps: somebody can pass on what pages do not have open.
  const keeps = rng.chance(0.6) || index === 0
  const opensRng = rng.fork('opens')
  const opens = Array.from({ length: documents }, (_, document) => ({
    document,
    atMs: opensRng.chance(0.7) ? 0 : opensRng.between(0, workMs),
  })).filter(() => opensRng.chance(keeps ? 0.35 : 0.85))
  const volatileRng = rng.fork('volatile')
  const startRng = rng.fork('start')
  return {
    index,
    keeps,
    isVolatile: faults.has('volatile') && !keeps && volatileRng.chance(0.5),
    opens,
    startsAtMs: faults.has('churn') && startRng.chance(0.3) ? startRng.between(0, workMs) : startRng.between(0, 100),
  }
}

function drawLinks(rng: Rng, faults: ReadonlySet<FaultClass>): LinkWeather {
  const has = (name: FaultClass): number => (faults.has(name) ? 1 : 0)
  const delayMinMs = rng.fork('delay min').between(1, 40)
  return {
    lossRate: has('loss') * rng.fork('loss').between(0, 0.3),
    duplicationRate: has('duplication') * rng.fork('duplication').between(0, 0.5),
    delayMinMs,
    delayMaxMs: rng.fork('delay max').between(delayMinMs, 200),
    jitterRate: has('jitter') * rng.fork('jitter rate').between(0, 0.4),
    jitterMs: rng.fork('jitter').between(0, 2_000),
    isStream: rng.fork('stream').chance(0.35),
  }
}

function drawDisks(rng: Rng, faults: ReadonlySet<FaultClass>): DiskWeather {
  const maxMs = rng.fork('write').between(0, faults.has('slow-disk') ? 500 : 10)
  return { writeMinMs: maxMs * rng.fork('min').between(0, 0.5), writeMaxMs: maxMs }
}
