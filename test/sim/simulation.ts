/**
 * One run of one seed: whole production peers on simulated ports, first at work under faults, then healed and left
 * alone, then looked at. The same seed and options give the same trace, event by event.
 */
import { limits } from '@knotwork/core'
import { FaultInjector } from './actors/fault-injector.ts'
import { Machine, type Graft } from './actors/machine.ts'
import { StockClient } from './actors/stock-client.ts'
import { AcknowledgementCheck } from './checks/acknowledgement-check.ts'
import type { Cast } from './checks/circle.ts'
import { wordsOf } from './checks/frame-words.ts'
import { Ledger } from './checks/ledger.ts'
import { RestCheck } from './checks/rest-check.ts'
import { StatusCheck } from './checks/status-check.ts'
import { WireAudit } from './checks/wire-audit.ts'
import { planOf, type Plan, type PlanOptions } from './plan/plan.ts'
import { applyLimits } from './plan/small-limits.ts'
import type { Host, LinkEnd, Tap } from './ports/link-end.ts'
import { Network } from './ports/network.ts'
import { Rng } from './world/random.ts'
import { Scheduler } from './world/scheduler.ts'
import { Trace } from './world/trace.ts'
import { Violations, type Violation } from './world/violation.ts'

/** How long the healed world may take, and how often it is looked at. */
const restMs = 40_000
const lookEveryMs = Number(process.env['LOOK'] ?? 1_000)

/**
 * Presence may take longer: who crashed is shown until that has expired (30 s, PR5), by one who heard of it late a
 * little longer; a stock client that others show as it was is believed at its next renewal (15 s, PR7).
 */
const presenceRestMs = Number(process.env['PR'] ?? 80_000)
/** 2 s and 3 round trips of the healed network (P10), over up to nine links. */
const probeMs = 2_500

/** Far above what a burst of everything in one moment takes. */
const eventsAtOnceMax = 5_000

export interface SimulationOptions extends PlanOptions {
  /** A bug put in on purpose; `tap` is made for each run and sees every frame before the audit does. */
  readonly graft?: Graft
  readonly tap?: (cast: Cast) => Tap
  readonly print?: (line: string) => void
}

export interface Outcome {
  readonly seed: number
  readonly plan: Plan
  readonly violation: Violation | null
  readonly traceHash: string
  readonly events: number
  readonly edits: number
  /** Acknowledgements that were given and held against the disks. */
  readonly acknowledgements: number
  /** From the end of the faults until all documents were level everywhere, and everybody said so (P10). */
  readonly levelAfterMs: number | null
  /** ... and until everything was as it must be at rest, presence and links that nobody had missed yet among it. */
  readonly convergedAfterMs: number | null
}

/** Runs one seed. Only one simulation may run at a time in a process: small limits are global. */
export async function simulate(seed: number, options: SimulationOptions = {}): Promise<Outcome> {
  const simulation = new Simulation(planOf(seed, options), options)
  const restore = applyLimits(simulation.plan.smallLimits)
  try {
    return await simulation.run()
  } finally {
    restore()
  }
}

class Simulation {
  readonly plan: Plan
  readonly #scheduler = new Scheduler()
  readonly #rng: Rng
  readonly #trace: Trace
  readonly #violations = new Violations(() => this.#scheduler.now)
  readonly #ledger = new Ledger()
  readonly #network: Network
  readonly #machines: readonly Machine[]
  readonly #clients: StockClient[] = []
  readonly #acknowledgements: AcknowledgementCheck
  readonly #cast: Cast
  readonly #rest: RestCheck
  #nextLookMs = 0
  #mixed = 0

  constructor(plan: Plan, options: SimulationOptions) {
    this.plan = plan
    this.#rng = new Rng(`run ${plan.seed}`)
    this.#trace = new Trace(options.print)
    this.#network = new Network({
      scheduler: this.#scheduler,
      rng: this.#rng.fork('net'),
      weather: plan.links,
      refused: ({ host, description }, why) =>
        this.#violations.report('no-false-garbage', `${host.label} ${description}: ${why}`),
    })
    const machines: Machine[] = []
    const [ledger, violations, trace, network] = [this.#ledger, this.#violations, this.#trace, this.#network]
    this.#acknowledgements = new AcknowledgementCheck({ ledger, violations, keepers: machines })
    const acknowledgements = this.#acknowledgements
    const openLinks = (life: Machine['life']): number =>
      [...network.ends].filter((end) => end.life === life && end.isOpen).length
    const statuses = new StatusCheck({ ledger, violations, acknowledgements, openLinks })
    const graft = options.graft ?? {}
    for (const machine of plan.machines) {
      const rng = this.#rng.fork(`machine ${machine.index}`)
      const shared = { plan, network, trace, ledger, violations, acknowledgements, statuses, graft }
      machines.push(new Machine({ ...shared, machine, rng }))
    }
    this.#machines = machines
    this.#cast = { plan, machines, clients: this.#clients }
    this.#rest = new RestCheck(this.#cast, ledger)
    if (options.tap !== undefined) network.taps.push(options.tap(this.#cast))
    network.taps.push(this.#audit())
  }

  async run(): Promise<Outcome> {
    for (const machine of this.#machines) this.#scheduler.after(machine.plan.startsAtMs, () => machine.start())
    for (const [index, client] of this.plan.clients.entries()) this.#addClient(index, client)
    this.#scheduleOperations()
    const { plan } = this
    const network = this.#network
    const rng = this.#rng.fork('faults')
    const faults = new FaultInjector({ plan, rng, network, machines: this.#machines, trace: this.#trace })
    await this.#runFor(plan.workMs)
    this.#trace.note(this.#scheduler.now, () => 'healed')
    faults.heal()
    const { levelAfterMs, convergedAfterMs } = await this.#runUntilAtRest()
    if (convergedAfterMs !== null) await this.#probe()
    const outcome = {
      seed: plan.seed,
      plan,
      violation: this.#violations.first,
      traceHash: this.#trace.hash,
      events: this.#scheduler.count,
      edits: this.#ledger.count,
      acknowledgements: this.#acknowledgements.given,
      levelAfterMs,
      convergedAfterMs,
    }
    this.#end()
    return outcome
  }

  /** Nothing of this run may go on. */
  #end(): void {
    for (const machine of this.#machines) machine.life?.end()
    for (const client of this.#clients) client.leave()
  }

  #addClient(index: number, { machine, document }: Plan['clients'][number]): void {
    const server = this.#machines[machine]
    const name = this.plan.documents[document]
    if (server === undefined || name === undefined) return
    const rng = this.#rng.fork(`client ${index}`)
    const answer = (): Host['listener'] => {
      const { peer, life } = server
      return peer === null || life === null ? null : { life, accept: (link) => peer.attachYjs(name, link) }
    }
    const host = this.#network.addHost(`c${index}`)
    this.#scheduler.after(rng.between(0, 3_000), () => {
      const options = {
        label: `c${index}`,
        document: name,
        documentIndex: document,
        network: this.#network,
        host,
        server: server.host,
        serverIndex: machine,
        answer,
        ledger: this.#ledger,
        violations: this.#violations,
        ids: rng.fork('ids'),
        rng: rng.fork('net'),
      }
      this.#clients.push(new StockClient(options))
    })
  }

  /** Each operation draws from a stream of its own: leaving some out does not change the others. */
  #scheduleOperations(): void {
    const ops = this.#rng.fork('ops')
    for (let i = 0; i < this.plan.operations; i++) {
      const rng = ops.fork(`${i}`)
      const atMs = rng.between(200, this.plan.workMs)
      const who = rng.whole(0, this.#machines.length + this.plan.clients.length - 1)
      this.#scheduler.after(atMs, () => {
        const machine = this.#machines[who]
        if (machine === undefined) return this.#clients[who - this.#machines.length]?.act(rng)
        machine.life?.deliver(() => machine.app?.act(rng))
      })
    }
  }

  // --- phases --------------------------------------------------------------------------------------------------------

  #runFor(forMs: number): Promise<void> {
    return this.#scheduler.runUntil(this.#scheduler.now + forMs, () => this.#settled())
  }

  /** When all was well; the run ends soon after that, or when the time is over. */
  async #runUntilAtRest(): Promise<Pick<Outcome, 'levelAfterMs' | 'convergedAfterMs'>> {
    const since = this.#scheduler.now
    // Who was refused for garbage is not dialled again sooner.
    const refusedMs = this.plan.faults.has('garbage') ? limits.redialRefusedMs : 0
    let until = since + restMs + refusedMs
    let levelSince: number | null = null
    let wellSince: number | null = null
    while (this.#scheduler.now < until && this.#violations.first === null) {
      await this.#runFor(lookEveryMs)
      const finding = this.#rest.find()
      if (finding?.check === 'presence-true') until = since + presenceRestMs + refusedMs
      if (finding !== null && finding.check !== 'presence-true') levelSince = null
      else levelSince ??= this.#scheduler.now
      // Who has lost a link and does not know it yet is not at rest, though nobody lacks anything.
      if (finding !== null || [...this.#network.ends].some((end) => end.isDead)) wellSince = null
      else wellSince ??= this.#scheduler.now
      const isLongWell = wellSince !== null && this.#scheduler.now - wellSince >= lookEveryMs
      if (isLongWell && !this.plan.restsToTheEnd) break
    }
    const finding = this.#rest.find()
    if (finding !== null) this.#violations.report(finding.check, finding.what)
    return {
      levelAfterMs: levelSince === null ? null : levelSince - since,
      convergedAfterMs: finding === null && wellSince !== null ? wellSince - since : null,
    }
  }

  /** P10: an edit at rest is everywhere, and acknowledged, at once: not after some later repair. */
  async #probe(): Promise<void> {
    const probes = this.plan.documents.flatMap((document) => {
      const machine = this.#machines.find((one) => one.app?.document(document) !== undefined)
      const token = machine?.app?.probe(document) ?? null
      return machine === undefined || token === null ? [] : [{ document, machine, token }]
    })
    if (probes.length === 0) return
    await this.#runFor(probeMs)
    const until = this.#scheduler.now + presenceRestMs
    let finding = this.#rest.find()
    // An edit may not wait; a ghost that was one before the edit was made may.
    while (finding?.check === 'presence-true' && this.#scheduler.now < until && this.#violations.first === null) {
      await this.#runFor(lookEveryMs)
      finding = this.#rest.find()
    }
    if (finding !== null) this.#violations.report('prompt', `${finding.check}: ${finding.what}`)
  }

  // --- after each event ----------------------------------------------------------------------------------------------

  #settled(): boolean {
    if (this.#violations.first !== null) return false
    if (this.#scheduler.countAtOnce > eventsAtOnceMax) {
      this.#violations.report('no-hang', `${eventsAtOnceMax} events without any time passing`)
    }
    this.#trace.mixTime(this.#scheduler.now)
    if (this.#scheduler.now >= this.#nextLookMs) this.#look()
    return true
  }

  /** Which disk holds what, looked at twice a second; other checks look when a document, a disk or a link changes. */
  #look(): void {
    this.#nextLookMs = this.#scheduler.now + 500
    for (const machine of this.#machines) this.#ledger.look(machine)
    const { count } = this.#ledger
    this.#trace.mix(count - this.#mixed)
    this.#mixed = count
  }

  #noteFrame(frame: Uint8Array, from: LinkEnd, isStock: boolean): void {
    const words = wordsOf(frame, isStock)
    if (words === null) return
    this.#trace.note(this.#scheduler.now, () => `  ${from.host.label} -> ${from.far?.host.label ?? '?'}: ${words}`)
  }

  #audit(): Tap {
    const machineAt = (end: LinkEnd): Machine | null =>
      this.#machines.find((machine) => machine.host === end.host) ?? null
    const stockDocument = (end: LinkEnd): string | null => {
      const client = this.#clients.find(({ host }) => host === end.far?.host)
      return client?.documentName ?? null
    }
    const { documents } = this.plan
    const audit = new WireAudit({ violations: this.#violations, documents, machineAt, stockDocument })
    return {
      sending: (frame, from) => {
        this.#trace.mixBytes(frame)
        if (this.#trace.isVerbose)
          this.#noteFrame(frame, from, stockDocument(from) !== null || machineAt(from) === null)
        return audit.sending(frame, from)
      },
    }
  }
}
