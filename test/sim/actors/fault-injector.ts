/** Makes things go wrong at drawn moments until it is stopped. Each fault class has its own stream of chance. */
import type { FaultClass } from '../plan/fault-class.ts'
import type { Plan } from '../plan/plan.ts'
import type { Host } from '../ports/link-end.ts'
import type { Network } from '../ports/network.ts'
import type { Rng } from '../world/random.ts'
import type { Scheduler } from '../world/scheduler.ts'
import type { Trace } from '../world/trace.ts'
import type { Machine } from './machine.ts'

const hourMs = 3_600_000

export interface FaultInjectorOptions {
  readonly plan: Plan
  readonly rng: Rng
  readonly network: Network
  readonly machines: readonly Machine[]
  readonly trace: Trace
}

export class FaultInjector {
  readonly #options: FaultInjectorOptions
  readonly #scheduler: Scheduler
  #isStopped = false

  constructor(options: FaultInjectorOptions) {
    this.#options = options
    this.#scheduler = options.network.scheduler
    const faults: Readonly<Partial<Record<FaultClass, (rng: Rng) => void>>> = {
      partition: (rng) => this.#partition(rng),
      cut: (rng) => this.#cut(rng),
      'slow-reader': (rng) => this.#stall(rng),
      garbage: (rng) => this.#spoilFrame(rng),
      crash: (rng) => this.#crash(rng),
      pause: (rng) => this.#pause(rng),
      'clock-jump': (rng) => this.#jump(rng),
      churn: (rng) => this.#leave(rng),
      'full-disk': (rng) => this.#spoil(rng, 'isFull'),
      'failing-load': (rng) => this.#spoil(rng, 'isUnreadable'),
    }
    for (const [name, run] of Object.entries(faults)) {
      const rng = options.rng.fork(name)
      if (options.plan.faults.has(name as FaultClass)) this.#repeat(rng, run)
    }
  }

  /** No more faults; what is broken is mended, and who is down comes back. */
  heal(): void {
    this.#isStopped = true
    const { network, machines } = this.#options
    const { weather } = network
    network.weather = {
      ...weather,
      lossRate: 0,
      duplicationRate: 0,
      jitterRate: 0,
      delayMaxMs: weather.delayMinMs + 10,
    }
    network.unblockAll()
    for (const end of network.ends) end.mend()
    for (const machine of machines) {
      machine.mood.isFull = false
      machine.mood.isUnreadable = false
      machine.mood.writeMaxMs = Math.min(machine.mood.writeMaxMs, 20)
      machine.mood.writeMinMs = Math.min(machine.mood.writeMinMs, 20)
      machine.life?.clearFuse()
      machine.life?.resume()
      machine.start()
    }
  }

  #repeat(rng: Rng, run: (rng: Rng) => void): void {
    const delayMs = -Math.log(1 - rng.fraction()) * this.#options.plan.faultEveryMs
    this.#scheduler.after(delayMs, () => {
      if (this.#isStopped) return
      run(rng)
      this.#repeat(rng, run)
    })
  }

  /** Ends are for the better and come also after healing: whoever was leaving then comes back. */
  #during(forMs: number, end: () => void): void {
    this.#scheduler.after(this.#isStopped ? 0 : forMs, end)
  }

  #note(line: string): void {
    this.#options.trace.note(this.#scheduler.now, () => line)
  }

  #partition(rng: Rng): void {
    const { network } = this.#options
    const hosts = rng.shuffled(network.hosts)
    const cut = rng.whole(1, hosts.length - 1)
    const [one, other] = [hosts.slice(0, cut), hosts.slice(cut)]
    const isOneWay = rng.chance(0.3)
    const forMs = rng.between(500, 8_000)
    const each = (run: (from: Host, to: Host) => void): void => {
      for (const a of one) for (const b of other) run(a, b)
      if (!isOneWay) for (const a of one) for (const b of other) run(b, a)
    }
    this.#note(`partition ${one.map((host) => host.label).join()} ${isOneWay ? '->' : '|'} the rest`)
    each((from, to) => network.block(from, to))
    this.#during(forMs, () => each((from, to) => network.unblock(from, to)))
  }

  #cut(rng: Rng): void {
    const ends = [...this.#options.network.ends]
    const isSilent = rng.chance(0.5)
    if (ends.length === 0) return
    const end = rng.pick(ends)
    this.#note(`cut ${end.host.label} ${end.description} ${isSilent ? 'silently' : ''}`)
    end.cut(isSilent)
  }

  #stall(rng: Rng): void {
    const ends = [...this.#options.network.ends]
    const [forMs, isFull] = [rng.between(300, 4_000), rng.chance(0.6)]
    if (ends.length === 0) return
    const end = rng.pick(ends)
    this.#note(`stall behind ${end.host.label} ${end.description}`)
    end.stall(forMs, isFull ? 9 * 1024 * 1024 : 300 * 1024)
  }

  /** The next frame of a link arrives as something that is no message. */
  #spoilFrame(rng: Rng): void {
    // A stock client would not survive it.
    const peers = new Set(this.#options.machines.map((machine) => machine.host))
    const ends = [...this.#options.network.ends].filter((end) => end.far !== null && peers.has(end.far.host))
    if (ends.length === 0) return
    const end = rng.pick(ends)
    this.#note(`${end.host.label} ${end.description}: the next frame will be garbage`)
    end.spoilNext(rng.fork(`garbage ${this.#scheduler.now}`))
  }

  #crash(rng: Rng): void {
    const machine = rng.pick(this.#options.machines)
    const restartMs = rng.between(50, 6_000)
    const fuse = rng.chance(0.6) ? rng.whole(0, 6) : null
    const diskRng = rng.fork(`disk ${this.#scheduler.now}`)
    if (!machine.isUp) return
    const crash = (): void => {
      machine.crash()
      this.#spoilRecords(machine, diskRng)
      this.#during(restartMs, () => machine.start())
    }
    if (fuse === null) crash()
    else machine.life?.setFuse(fuse, crash)
  }

  /** While a machine is down its disk may suffer. */
  #spoilRecords(machine: Machine, rng: Rng): void {
    const { plan } = this.#options
    const [isLost, isRotten] = [rng.chance(0.25), rng.chance(0.5)]
    const isNoticed = rng.chance(0.5)
    const names = machine.disk.names()
    if (plan.faults.has('lost-disk') && isLost) {
      this.#note(`m${machine.index} loses its disk`)
      return machine.loseDisk()
    }
    if (plan.faults.has('lost-tail') && rng.fork('tail').chance(0.6)) this.#loseTails(machine, rng.fork('tails'))
    if (!plan.faults.has('bit-rot') || !isRotten || names.length === 0) return
    const name = rng.pick(names)
    const index = rng.whole(0, Math.max(0, machine.disk.recordsOf(name).length - 1))
    this.#note(`m${machine.index} bit rot in record ${index} of ${name}`)
    machine.rotRecord(name, index, isNoticed)
  }

  /** A disk that says it has written what it has not, and a power failure. */
  #loseTails(machine: Machine, rng: Rng): void {
    for (const name of machine.disk.names()) {
      const records = rng.whole(0, 3)
      const isTorn = rng.chance(0.4)
      const torn = { share: rng.fraction(), isNoticed: rng.chance(0.5) }
      if (records === 0) continue
      this.#note(`m${machine.index} loses the last ${records} records of ${name}${isTorn ? ', one is torn' : ''}`)
      machine.loseTail(name, records, isTorn ? torn : null)
    }
  }

  #pause(rng: Rng): void {
    const machine = rng.pick(this.#options.machines)
    const forMs = rng.between(200, 7_000)
    const { life } = machine
    if (life === null || life.isOver || life.isPaused) return
    this.#note(`m${machine.index} pauses for ${forMs.toFixed(0)} ms`)
    life.pause()
    this.#during(forMs, () => life.resume())
  }

  #jump(rng: Rng): void {
    const machine = rng.pick(this.#options.machines)
    this.#note(`m${machine.index} clock jumps`)
    machine.jumpClock(hourMs)
  }

  #leave(rng: Rng): void {
    const machine = rng.pick(this.#options.machines)
    const backMs = rng.between(50, 6_000)
    const isForGood = rng.chance(0.1)
    const { machines } = this.#options
    if (isForGood && machines.filter((one) => !one.isGone).length > 2) return machine.goForGood()
    void machine.leave().then(() => this.#during(backMs, () => machine.start()))
  }

  /** The disk of a machine does not work for a while. */
  #spoil(rng: Rng, what: 'isFull' | 'isUnreadable'): void {
    const { mood, index } = rng.pick(this.#options.machines)
    this.#note(`m${index} ${what}`)
    mood[what] = true
    this.#during(rng.between(300, 5_000), () => {
      mood[what] = false
    })
  }
}
