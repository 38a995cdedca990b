/** What real peers in real processes cost each other, and how they get over the death of some. */
import { limits } from '@knotwork/core'
import type { Arrival } from './crew.ts'
import { Fleet, type FleetOptions, type Total } from './fleet.ts'

export interface ScaleReport {
  readonly peers: number
  readonly processes: number
  readonly links: { readonly fewest: number; readonly mean: number; readonly most: number }
  readonly idle: PerPeer & { readonly seconds: number }
  /** Edits with time between them; a person who types fast; everybody at once. */
  readonly work: readonly WorkReport[]
  /** Messages of presence for each renewal of one that does nothing, per peer; null where it was not measured. */
  readonly messagesPerRenewal: number | null
  readonly kill: KillReport
}

interface PerPeer {
  /** Per peer and second. */
  readonly messages: number
  readonly bytes: number
  readonly cpuMs: number
}

export interface WorkReport {
  readonly name: string
  readonly edits: number
  /** Per edit and peer. */
  readonly updates: number
  readonly acknowledgements: number
  readonly messages: number
  readonly bytes: number
  /** Per edit and peer: all there was, and what is left without what idling costs. */
  readonly cpuMs: number
  readonly cpuMsBeyondIdle: number
  readonly latencyMs: { readonly p50: number; readonly p99: number }
}

export interface KillReport {
  readonly killed: number
  readonly survivors: number
  /** From the deaths until every survivor had every edit that a survivor had made before them. */
  readonly convergedMs: number
  /** The longest that an edit of a survivor, made after the deaths, took to the last survivor. */
  readonly slowestAfterMs: number
  /** Edits of survivors that some survivor lacks in the end. */
  readonly lost: number
  readonly areAllEqual: boolean
}

export interface ScaleOptions extends FleetOptions {
  readonly killedProcesses: number
  readonly edits: number
  readonly idleMs: number
  /** How many renewals of one presence to wait for. */
  readonly renewals: number
  readonly log: (line: string) => void
}

interface Typed {
  readonly tokens: readonly string[]
  readonly arrivals: readonly Arrival[]
}

const pause = (forMs: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, forMs))

export async function scaleReport(options: ScaleOptions): Promise<ScaleReport> {
  const { edits, log, idleMs } = options
  await using fleet = await Fleet.start(options)
  const { size, processes } = fleet
  log(`${size} peers are there, and look for one another`)
  await fleet.linked()
  const degrees = (await fleet.states()).map(({ links }) => links)
  const links = { fewest: Math.min(...degrees), mean: mean(degrees), most: Math.max(...degrees) }
  log(`linked: ${JSON.stringify(links)}`)
  const measure = new Measure(fleet)
  // The first ones are for the compiler.
  await measure.work('warming up', (token) => typeSlowly(fleet, token, edits), 0)
  const idle = await measure.idle(idleMs)
  log(`idle: ${JSON.stringify(idle)}`)
  const idleCpu = idle.cpuMs
  const work: WorkReport[] = []
  const workers: readonly (readonly [string, Work])[] = [
    ['one edit at a time', (token) => typeSlowly(fleet, token, edits)],
    ['one fast typist', (token) => typeFast(fleet, token, { edits, typists: 1 })],
    ['six fast typists', (token) => typeFast(fleet, token, { edits, typists: 6 })],
  ]
  for (const [name, each] of workers) {
    const measured = await measure.work(name, each, idleCpu)
    work.push(measured)
    log(JSON.stringify(measured))
  }
  const messagesPerRenewal = options.renewals === 0 ? null : await measure.presence(options.renewals)
  const report = await kill(fleet, options.killedProcesses)
  log(JSON.stringify(report))
  return { peers: size, processes, links, idle, work, messagesPerRenewal, kill: report }
}

type Work = (token: () => string) => Promise<void>

/** Everybody in turn; far enough apart that every edit travels by itself. */
async function typeSlowly(fleet: Fleet, token: () => string, edits: number): Promise<void> {
  for (let edit = 0; edit < edits; edit++) {
    await fleet.type((edit * 7) % fleet.size, token())
    await pause(100)
  }
}

/** Twenty keystrokes a second are the fastest that people type for long. */
async function typeFast(
  fleet: Fleet,
  token: () => string,
  { edits, typists }: { readonly edits: number; readonly typists: number },
): Promise<void> {
  const each = Math.ceil(edits / typists)
  const typing = Array.from({ length: typists }, (_, typist) =>
    fleet.burst(
      1 + Math.floor((typist * fleet.size) / typists),
      Array.from({ length: each }, () => token()),
      50,
    ),
  )
  await Promise.all(typing)
}

class Measure {
  readonly #fleet: Fleet
  #tokens = 0
  #made = 0

  constructor(fleet: Fleet) {
    this.#fleet = fleet
  }

  async idle(forMs: number): Promise<ScaleReport['idle']> {
    await pause(2_000)
    const [before, start] = [await this.#fleet.total(), performance.now()]
    await pause(forMs)
    const [after, seconds] = [await this.#fleet.total(), (performance.now() - start) / 1000]
    const share = this.#fleet.size * seconds
    return {
      seconds: round(seconds),
      messages: round((after.messages.all - before.messages.all) / share),
      bytes: round((after.bytes.all - before.bytes.all) / share),
      cpuMs: round((after.cpuMs - before.cpuMs) / share),
    }
  }

  /** Somebody is there, and does nothing: the state is renewed. */
  async presence(renewals: number): Promise<number> {
    const somebody = this.#fleet.size - 1
    await this.#fleet.show(somebody, 'Ada')
    await pause(limits.presenceRenewMs / 2)
    const before = await this.#fleet.total()
    await pause(limits.presenceRenewMs * renewals)
    const after = await this.#fleet.total()
    await this.#fleet.show(somebody, null)
    return round((after.messages.presence - before.messages.presence) / this.#fleet.size / renewals)
  }

  async work(name: string, work: Work, idleCpuMs: number): Promise<WorkReport> {
    const fleet = this.#fleet
    const tokens: string[] = []
    await fleet.takeArrivals()
    const [before, start] = [await fleet.total(), performance.now()]
    await work(() => {
      tokens.push(`<${++this.#tokens}>`)
      return tokens.at(-1) ?? ''
    })
    this.#made += tokens.length
    await fleet.levelled(this.#made)
    // Acknowledgements on their way belong to it.
    await pause(200)
    const [after, seconds] = [await fleet.total(), (performance.now() - start) / 1000]
    const arrivals = await fleet.takeArrivals()
    const idleMs = idleCpuMs * fleet.size * seconds
    return {
      name,
      ...costs(before, after, { edits: tokens.length, peers: fleet.size, idleMs }),
      ...latency({ tokens, arrivals }),
    }
  }
}

function costs(
  before: Total,
  after: Total,
  { edits, peers, idleMs }: { readonly edits: number; readonly peers: number; readonly idleMs: number },
): Omit<WorkReport, 'name' | 'latencyMs'> {
  const deliveries = edits * peers
  const messages = (kind: keyof Total['messages']): number => after.messages[kind] - before.messages[kind]
  const bytes = after.bytes.all - before.bytes.all - (after.bytes.pings - before.bytes.pings)
  const cpuMs = after.cpuMs - before.cpuMs
  return {
    edits,
    updates: round(messages('updates') / deliveries),
    acknowledgements: round(messages('stored') / deliveries),
    messages: round((messages('all') - messages('pings')) / deliveries),
    bytes: round(bytes / deliveries),
    cpuMs: round(cpuMs / deliveries),
    cpuMsBeyondIdle: round((cpuMs - idleMs) / deliveries),
  }
}

/** From the writer's own screen to everybody else's. */
function latency({ arrivals }: Typed): Pick<WorkReport, 'latencyMs'> {
  const latencies = [...byToken(arrivals).values()].flatMap((times) => {
    const typedAt = Math.min(...times)
    return times.filter((at) => at !== typedAt).map((at) => at - typedAt)
  })
  latencies.sort((a, b) => a - b)
  return { latencyMs: { p50: round(percentile(latencies, 0.5)), p99: round(percentile(latencies, 0.99)) } }
}

function byToken(arrivals: readonly Arrival[]): ReadonlyMap<string, readonly number[]> {
  const times = new Map<string, number[]>()
  for (const { token, at } of arrivals) {
    const known = times.get(token)
    if (known === undefined) times.set(token, [at])
    else known.push(at)
  }
  return times
}

/** Everybody types when some processes get SIGKILL, and survivors go on. */
async function kill(fleet: Fleet, processes: number): Promise<KillReport> {
  const peersEach = fleet.size / fleet.processes
  const survivors = fleet.size - processes * peersEach
  const [before, after]: [string[], string[]] = [[], []]
  await fleet.takeArrivals()
  const typeSome = async (tokens: string[], mark: string, among: number): Promise<void> => {
    const writers = Array.from({ length: 6 }, (_, index) => Math.floor((index * among) / 6))
    const typing = writers.map((writer) => {
      const token = `<${mark} ${tokens.length}>`
      // What the dead had typed may have died with them.
      if (writer < survivors) tokens.push(token)
      return fleet.type(writer, writer < survivors ? token : `<victim ${mark} ${tokens.length}>`)
    })
    await Promise.all(typing)
  }
  for (let round = 0; round < 10; round++) {
    await typeSome(before, `before ${round}`, fleet.size)
    await pause(20)
  }
  const killedAt = performance.timeOrigin + performance.now()
  await fleet.crash(processes)
  for (let round = 0; round < 20; round++) {
    await typeSome(after, `after ${round}`, survivors)
    await pause(100)
  }
  await fleet.equal()
  const times = byToken(await fleet.takeArrivals())
  const last = (token: string): number => Math.max(...(times.get(token) ?? [0]))
  const first = (token: string): number => Math.min(...(times.get(token) ?? [0]))
  const arrivedAt = before.map(last)
  const lost = [...before, ...after].filter((token) => times.get(token)?.length !== survivors).length
  const states = await fleet.states()
  return {
    killed: processes * peersEach,
    survivors,
    convergedMs: round(Math.max(0, Math.max(...arrivedAt) - killedAt)),
    slowestAfterMs: round(Math.max(...after.map((token) => last(token) - first(token)))),
    lost,
    areAllEqual: states.every(({ digest }) => digest === states[0]?.digest),
  }
}

const round = (value: number): number => Math.round(value * 100) / 100
const mean = (values: readonly number[]): number => round(values.reduce((all, value) => all + value, 0) / values.length)
const percentile = (sorted: readonly number[], share: number): number =>
  sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0
