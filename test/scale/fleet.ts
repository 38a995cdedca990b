/** Peers in several processes and one document. Each is told of a few first peers only; the rest is up to them. */
import { limits } from '@knotwork/core'
import { eventually } from '../integration/eventually.ts'
import type { Arrival, Figures, PeerState } from './crew.ts'
import { RemoteCrew } from './remote-crew.ts'
import type { Kind } from './sent-frames.ts'

export interface FleetOptions {
  readonly processes: number
  readonly peersEach: number
  /**
   * `direct`: one peer of each process listens, and the others find one another through these, and link by WebRTC.
   * `websocket`: all listen, and each dials a few that came before it.
   */
  readonly links: 'direct' | 'websocket'
  /** Where the documents of a process are kept; null for memory. */
  readonly data: ((process: number) => string) | null
}

/** All processes together. */
export interface Total {
  readonly cpuMs: number
  readonly messages: Readonly<Record<Kind | 'all', number>>
  readonly bytes: Readonly<Record<Kind | 'all', number>>
  readonly rssMb: number
}

/** Whom a peer of the WebSocket mesh dials: so every one has twice as many links in the end, on average. */
const dialledEach = 3

export class Fleet implements AsyncDisposable {
  readonly #crews: RemoteCrew[]
  readonly #options: FleetOptions

  private constructor(crews: RemoteCrew[], options: FleetOptions) {
    this.#crews = crews
    this.#options = options
  }

  static async start(options: FleetOptions): Promise<Fleet> {
    const crews = Array.from({ length: options.processes }, () => new RemoteCrew())
    const fleet = new Fleet(crews, options)
    await (options.links === 'direct' ? fleet.#startMembers() : fleet.#startListeners())
    return fleet
  }

  /** Members know the hubs of two processes; a hub knows the hub of one other. */
  async #startMembers(): Promise<void> {
    const { peersEach, data } = this.#options
    const hubs: string[] = []
    for (const [index, crew] of this.#crews.entries()) {
      const [before, second] = [hubs.at(-1), hubs[Math.floor(hubs.length / 2)]]
      const connect = Array.from({ length: peersEach }, (_, peer) => known(peer === 0 ? [before] : ['own:0', second]))
      const where = data?.(index) ?? null
      hubs.push(...(await crew.call('open', { hubs: 1, members: peersEach - 1, connect, data: where })))
    }
    // The first process came when there was nobody else.
    const [first] = this.#crews
    const last = hubs.at(-1)
    if (first === undefined || last === undefined || hubs.length < 2) return
    for (let peer = 0; peer < peersEach; peer++) await first.call('connect', peer, [last])
  }

  async #startListeners(): Promise<void> {
    const { peersEach, data } = this.#options
    const addresses: string[] = []
    for (const [index, crew] of this.#crews.entries()) {
      const connect = Array.from({ length: peersEach }, (_, peer) => {
        const own = Array.from({ length: peer }, (_each, earlier) => `own:${earlier}`)
        return someOf([...addresses, ...own], dialledEach)
      })
      const where = data?.(index) ?? null
      addresses.push(...(await crew.call('open', { hubs: peersEach, members: 0, connect, data: where })))
    }
  }

  get processes(): number {
    return this.#crews.length
  }

  get size(): number {
    return this.#crews.length * this.#options.peersEach
  }

  /** Peer `index` of all types a token. */
  async type(index: number, token: string): Promise<void> {
    await this.#crewOf(index).call('type', index % this.#options.peersEach, token)
  }

  async burst(index: number, tokens: readonly string[], everyMs: number): Promise<void> {
    await this.#crewOf(index).call('burst', index % this.#options.peersEach, tokens, everyMs)
  }

  async show(index: number, name: string | null): Promise<void> {
    await this.#crewOf(index).call('show', index % this.#options.peersEach, name)
  }

  async states(): Promise<readonly PeerState[]> {
    return (await Promise.all(this.#crews.map((crew) => crew.call('states')))).flat()
  }

  async takeArrivals(): Promise<readonly Arrival[]> {
    return (await Promise.all(this.#crews.map((crew) => crew.call('takeArrivals')))).flat()
  }

  /** What all of them have used and sent since they began. */
  async total(): Promise<Total> {
    const all = await Promise.all(this.#crews.map((crew) => crew.call('figures')))
    return {
      cpuMs: sum(all, ({ cpuMs }) => cpuMs),
      messages: byKind(all, 'messages'),
      bytes: byKind(all, 'bytes'),
      rssMb: sum(all, ({ rssMb }) => rssMb),
    }
  }

  /** Until every member has as many links as it wants, and everybody is level with somebody. */
  async linked(withinMs = 120_000): Promise<void> {
    const { links, peersEach } = this.#options
    const members = this.#crews.length * (peersEach - 1)
    const wanted = links === 'direct' ? Math.min(limits.directLinksWanted, members - 1) : 1
    const isHub = (index: number): boolean => links === 'direct' && index % peersEach === 0
    const isLinked = async (): Promise<boolean> =>
      (await this.states()).every(
        (state, index) =>
          state.isLive && (isHub(index) || (links === 'direct' ? state.directLinks : state.links) >= wanted),
      )
    await eventually('everybody has its links', isLinked, withinMs)
  }

  /** Until everybody has the same text with so many edits. */
  async levelled(tokens: number, withinMs = 60_000): Promise<void> {
    const isLevel = async (): Promise<boolean> => {
      const [first, ...others] = await this.states()
      return first?.tokens === tokens && others.every(({ digest }) => digest === first.digest)
    }
    await eventually(`everybody has ${tokens} edits`, isLevel, withinMs)
  }

  /** Until everybody has the same text. */
  async equal(withinMs = 60_000): Promise<void> {
    const isEqual = async (): Promise<boolean> => {
      const [first, ...others] = await this.states()
      return others.every(({ digest }) => digest === first?.digest)
    }
    await eventually('everybody has the same', isEqual, withinMs)
  }

  /** The last processes die at once. */
  async crash(processes: number): Promise<void> {
    await Promise.all(this.#crews.splice(-processes).map((crew) => crew.crash()))
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#crews.map((crew) => crew.crash()))
  }

  #crewOf(index: number): RemoteCrew {
    const crew = this.#crews[Math.floor(index / this.#options.peersEach)]
    if (crew === undefined) throw new Error(`there is no peer ${index}`)
    return crew
  }
}

const known = (addresses: readonly (string | undefined)[]): string[] =>
  addresses.filter((address) => address !== undefined)

function someOf<Item>(items: readonly Item[], count: number): Item[] {
  const left = [...items]
  const taken = Array.from({ length: Math.min(count, left.length) }, () =>
    left.splice(Math.floor(Math.random() * left.length), 1),
  )
  return taken.flat()
}

const sum = <Item>(items: readonly Item[], value: (item: Item) => number): number =>
  items.reduce((total, item) => total + value(item), 0)

function byKind(all: readonly Figures[], what: 'messages' | 'bytes'): Record<Kind | 'all', number> {
  const of = (kind: Kind): number => sum(all, ({ sent }) => sent[kind][what])
  const kinds = {
    updates: of('updates'),
    stored: of('stored'),
    pings: of('pings'),
    presence: of('presence'),
    others: of('others'),
  }
  return { ...kinds, all: sum(Object.values(kinds), (count) => count) }
}
