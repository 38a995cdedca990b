/** One computer: its disk and identity stay, processes come and go. Each process is a whole production peer. */
import { createPeer, type Identity, type LogLevel, type Peer, type Storage, type Transport } from '@knotwork/core'
import type { AcknowledgementCheck } from '../checks/acknowledgement-check.ts'
import type { Ledger } from '../checks/ledger.ts'
import type { StatusCheck } from '../checks/status-check.ts'
import type { MachinePlan, Plan } from '../plan/plan.ts'
import type { Host } from '../ports/link-end.ts'
import type { Network } from '../ports/network.ts'
import { SimClock } from '../ports/sim-clock.ts'
import { simCrypto, simIdentity } from '../ports/sim-crypto.ts'
import { SimDisk, type TornRecord } from '../ports/sim-disk.ts'
import { SimStorage, type DiskMood } from '../ports/sim-storage.ts'
import { SimTransport } from '../ports/sim-transport.ts'
import { Life } from '../world/life.ts'
import type { Rng } from '../world/random.ts'
import type { Trace } from '../world/trace.ts'
import type { Violations } from '../world/violation.ts'
import { App } from './app.ts'

/** What a planted bug may put between the engine and its ports. */
export interface Graft {
  readonly storage?: (storage: Storage) => Storage
  readonly transport?: (transport: Transport, life: Life) => Transport
  readonly freshClientId?: (machine: number) => number
}

export interface MachineOptions {
  readonly plan: Plan
  readonly machine: MachinePlan
  readonly network: Network
  readonly rng: Rng
  readonly trace: Trace
  readonly ledger: Ledger
  readonly violations: Violations
  readonly acknowledgements: AcknowledgementCheck
  readonly statuses: StatusCheck
  readonly graft: Graft
}

export class Machine {
  readonly index: number
  readonly plan: MachinePlan
  readonly host: Host
  readonly disk: SimDisk
  readonly mood: DiskMood
  readonly isVolatile: boolean
  readonly #options: MachineOptions
  readonly #identity: Identity
  readonly #ids: Rng
  #life: Life | null = null
  #clock: SimClock | null = null
  #peer: Peer | null = null
  #app: App | null = null
  #runs = 0
  #isGone = false

  constructor(options: MachineOptions) {
    const { machine, network, rng, plan } = options
    this.#options = options
    this.index = machine.index
    this.plan = machine
    this.isVolatile = machine.isVolatile
    const { violations } = options
    this.disk = new SimDisk((what) => violations.report('log-whole', `m${machine.index}: ${what}`))
    this.host = network.addHost(`m${machine.index}`)
    this.mood = { ...plan.disks, isFull: false, isUnreadable: false }
    this.#ids = rng.fork('ids')
    this.#identity = simIdentity(this.#ids.bytes(32))
  }

  get life(): Life | null {
    return this.#life
  }

  get isUp(): boolean {
    return this.#life !== null && !this.#life.isOver
  }

  /** It will not come back. */
  get isGone(): boolean {
    return this.#isGone
  }

  get peer(): Peer | null {
    return this.isUp ? this.#peer : null
  }

  get app(): App | null {
    return this.isUp ? this.#app : null
  }

  start(): void {
    if (this.isUp || this.#isGone) return
    const { network, plan, machine, trace } = this.#options
    const life = new Life(network.scheduler)
    const run = ++this.#runs
    trace.note(network.scheduler.now, () => `m${this.index} starts (run ${run}, ${machine.keeps ? 'keeps' : 'page'})`)
    trace.mix(run)
    this.#life = life
    this.#peer = null
    this.#app = null
    const rng = this.#options.rng.fork(`run ${run}`)
    this.#clock = new SimClock(life, rng.fork('clock').whole(0, 1_000_000))
    const dialled = plan.edges.filter(([from]) => from === this.index).map(([, to]) => `sim://m${to}`)
    const { graft } = this.#options
    const fresh = (): number => this.#ids.uint32()
    const random = rng.fork('random')
    const storage = this.#storage(life, rng.fork('disk'))
    const transport = new SimTransport(network, life, this.host)
    const platform = {
      clock: this.#clock,
      random: { bytes: (count: number) => random.bytes(count), fraction: () => random.fraction() },
      crypto: simCrypto,
      identity: this.#identity,
      storage: graft.storage?.(storage) ?? storage,
      transports: [graft.transport?.(transport, life) ?? transport],
      log: (level: LogLevel, event: string, details?: object) => this.#log(level, event, details),
    }
    const freshClientId = (): number => graft.freshClientId?.(this.index) ?? fresh()
    const isUp = createPeer(platform, { connect: [...new Set(dialled)], keeps: machine.keeps, freshClientId })
    void isUp.then((peer) => this.#started(peer, life, rng.fork('app')))
  }

  #storage(life: Life, rng: Rng): SimStorage {
    const { disk, mood, isVolatile } = this
    const { ledger, statuses } = this.#options
    const durability = isVolatile ? 'memory' : 'disk'
    const loaded = (name: string): void => statuses.loaded(life, name, ledger.heldIn(disk.shadow(name), name))
    return new SimStorage({ life, disk, mood, rng, durability, loaded })
  }

  #started(peer: Peer, life: Life, rng: Rng): void {
    if (life.isOver) return
    this.#peer = peer
    const { plan, machine, ledger, violations, acknowledgements, statuses, network } = this.#options
    const ids = this.#ids
    const mayWait = (document: string): boolean => this.disk.isDamaged(document)
    const checks = { ledger, acknowledgements, statuses, violations, mayWait }
    const app = new App({ peer, life, plan, machine, ids, rng, ...checks })
    this.#app = app
    for (const { document, atMs } of machine.opens) {
      life.after(Math.max(0, atMs - network.scheduler.now), () => app.open(document))
    }
  }

  /** The process is gone, in the middle of whatever it did. */
  crash(): void {
    const life = this.#life
    if (life === null || life.isOver) return
    this.#options.trace.note(life.scheduler.now, () => `m${this.index} crashes`)
    life.end()
    if (this.isVolatile) this.loseDisk()
  }

  loseDisk(): void {
    this.#options.ledger.release(this)
    this.disk.lose()
  }

  rotRecord(name: string, record: number, isNoticed: boolean): void {
    this.#options.ledger.release(this)
    this.disk.rot(name, record, isNoticed)
    this.#options.ledger.look(this)
  }

  /** What was said to be durable was not: the last records are gone, and of the first of those a piece may be left. */
  loseTail(name: string, records: number, torn: TornRecord | null): void {
    this.#options.ledger.release(this)
    this.disk.loseTail(name, records, torn)
    this.#options.ledger.look(this)
  }

  /** Closes its peer as an operator would, and ends. */
  async leave(): Promise<void> {
    const { peer, life } = this
    if (peer === null || life === null) return
    this.#options.trace.note(life.scheduler.now, () => `m${this.index} leaves`)
    this.#app?.leave()
    await peer.close()
    if (life.isOver) return
    life.end()
    if (this.isVolatile) this.loseDisk()
  }

  goForGood(): void {
    this.#isGone = true
    this.crash()
  }

  jumpClock(byMs: number): void {
    if (this.isUp) this.#clock?.jump(byMs)
  }

  /** What an engine may log as an error is what the faults made of its storage and its app; the rest are bugs. */
  #log(level: LogLevel, event: string, details: object = {}): void {
    const { trace, violations, network, plan } = this.#options
    const text = (): string => `m${this.index} ${level} ${event} ${JSON.stringify(details)}`
    trace.note(network.scheduler.now, text)
    if (level !== 'error' && level !== 'warn') return
    const isOfApp = event === 'listener threw' && text().includes('a listener of the app')
    const isOfDisk = text().includes('ENOSPC') || text().includes('EIO') || event === 'records set aside'
    if (!isOfApp && !(isOfDisk && plan.faults.size > 0)) violations.report('no-fault', text())
  }
}
