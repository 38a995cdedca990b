/** Who can reach whom at the moment, and how a frame fares on its way. */
import type { LinkWeather } from '../plan/plan.ts'
import type { Rng } from '../world/random.ts'
import type { Scheduler } from '../world/scheduler.ts'
import type { Host, LinkEnd, Tap } from './link-end.ts'

export interface NetworkOptions {
  readonly scheduler: Scheduler
  readonly rng: Rng
  readonly weather: LinkWeather
  /** Somebody refused to talk on although the other side had done nothing wrong. */
  readonly refused: (end: LinkEnd, why: string) => void
}

export class Network {
  readonly scheduler: Scheduler
  readonly rng: Rng
  weather: LinkWeather
  readonly taps: Tap[] = []
  readonly refused: NetworkOptions['refused']
  readonly #hosts = new Map<string, Host>()
  /** Directed pairs that nothing passes. */
  readonly #blocked = new Map<Host, Set<Host>>()
  /** Ends that are open, in the order they were opened. */
  readonly ends = new Set<LinkEnd>()

  constructor(options: NetworkOptions) {
    this.scheduler = options.scheduler
    this.rng = options.rng
    this.weather = options.weather
    this.refused = options.refused
  }

  addHost(label: string): Host {
    const host: Host = { label, listener: null }
    this.#hosts.set(label, host)
    return host
  }

  hostAt(address: string): Host | undefined {
    return this.#hosts.get(address.slice('sim://'.length))
  }

  get hosts(): readonly Host[] {
    return [...this.#hosts.values()]
  }

  block(from: Host, to: Host): void {
    const targets = this.#blocked.get(from) ?? new Set<Host>()
    this.#blocked.set(from, targets)
    targets.add(to)
  }

  unblock(from: Host, to: Host): void {
    this.#blocked.get(from)?.delete(to)
  }

  unblockAll(): void {
    this.#blocked.clear()
  }

  passes(from: Host, to: Host): boolean {
    return this.#blocked.get(from)?.has(to) !== true
  }

  delayMs(): number {
    const { delayMinMs, delayMaxMs, jitterRate, jitterMs } = this.weather
    const delay = this.rng.between(delayMinMs, delayMaxMs)
    return this.rng.chance(jitterRate) ? delay + this.rng.between(0, jitterMs) : delay
  }

  /** What is really sent when an engine hands a frame to a link. */
  tapped(frame: Uint8Array, from: LinkEnd): readonly Uint8Array[] {
    let frames: readonly Uint8Array[] = [frame]
    for (const tap of this.taps) {
      frames =
        frames.length === 1 ? tap.sending(frames[0] ?? frame, from) : frames.flatMap((one) => tap.sending(one, from))
    }
    return frames
  }
}
