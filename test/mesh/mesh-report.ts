/** What a mesh of so many members costs, and how it heals; the same seed gives the same figures. */
import { limits } from '../../core/src/limits.ts'
import { MeshNetwork, type MeshNode, type Traffic } from './mesh-network.ts'
import { Spread } from './spread.ts'

export interface MeshReport {
  readonly members: number
  readonly links: { readonly fewest: number; readonly mean: number; readonly most: number }
  /** Of an edit, per living member. */
  readonly copies: number
  readonly bytesPerEditAndMember: number
  /** Links between the writer and a reader, by the shortest way. */
  readonly hops: Hops
  /** Links that the first copy came over: a way of more links may be the quicker one. */
  readonly hopsOfFirstCopy: Hops
  readonly latencyMs: { readonly p50: number; readonly p99: number }
  /** Of a mesh in which nobody types, per member and minute; pings are the links', and not in it. */
  readonly idle: Cost
  /** What the presence of somebody who is there, and does nothing, adds to that: of one, and of several. */
  readonly presence: readonly (Cost & { readonly shown: number })[]
  readonly kills: readonly KillReport[]
}

interface Hops {
  readonly p50: number
  readonly p99: number
  readonly most: number
}

/** Per member and minute. */
export interface Cost {
  readonly messages: number
  readonly bytes: number
}

export interface KillReport {
  readonly share: number
  /** Edits that some survivor never got. */
  readonly lost: number
  readonly components: number
  /** From the deaths until every survivor has as many links as it wants. */
  readonly relinkedMs: number | null
  /** The longest that an edit of a survivor, typed just before or after the deaths, took to the last survivor. */
  readonly slowestEditMs: number | null
}

export function seededRandom(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

export async function meshReport(members: number, seed: number): Promise<MeshReport> {
  const network = new MeshNetwork(members, seededRandom(seed))
  await network.join()
  const degrees = network.nodes.map((node) => node.links.size)
  const links = { fewest: Math.min(...degrees), mean: mean(degrees), most: Math.max(...degrees) }
  const edits = await measureEdits(network, 20)
  const idle = await measureIdle(network)
  const presence = []
  for (const shown of new Set([1, Math.min(members, 30)])) presence.push(await measurePresence(network, shown, idle))
  const kills: KillReport[] = []
  for (const share of [0.3, 0.5]) kills.push(await kill(network, share))
  return { members, links, ...edits, idle, presence, kills }
}

type EditFigures = Pick<MeshReport, 'copies' | 'bytesPerEditAndMember' | 'hops' | 'hopsOfFirstCopy' | 'latencyMs'>

async function measureEdits(network: MeshNetwork, edits: number): Promise<EditFigures> {
  network.takeTraffic()
  const [distances, hops, latencies]: [number[], number[], number[]] = [[], [], []]
  for (let edit = 0; edit < edits; edit++) {
    const writer = anyOf(network)
    distances.push(...[...network.distances(writer).values()].filter((distance) => distance > 0))
    for (const arrival of await follow(network, writer, `<${edit}>`)) {
      hops.push(arrival.hops)
      latencies.push(arrival.afterMs)
    }
  }
  // Copies and acknowledgements that are still on their way belong to it.
  await network.run(200)
  const { copies, bytes } = network.takeTraffic()
  const members = network.nodes.length
  latencies.sort(ascending)
  return {
    copies: round(copies / edits / members),
    bytesPerEditAndMember: round(bytes / edits / members),
    hops: spreadOf(distances),
    hopsOfFirstCopy: spreadOf(hops),
    latencyMs: { p50: round(percentile(latencies, 0.5)), p99: round(percentile(latencies, 0.99)) },
  }
}

function spreadOf(hops: readonly number[]): Hops {
  const sorted = hops.toSorted(ascending)
  return { p50: percentile(sorted, 0.5), p99: percentile(sorted, 0.99), most: sorted.at(-1) ?? 0 }
}

/** Everybody but the writer, as the edit reached them. */
async function follow(network: MeshNetwork, writer: MeshNode, token: string): Promise<Spread['arrivals']> {
  const spread = new Spread<MeshNode>(writer, token, () => network.now)
  network.spread = spread
  writer.type(token)
  await network.until(() => network.alive.every((node) => spread.has(node)), 60_000)
  network.spread = null
  return spread.arrivals.filter(({ hops }) => hops > 0)
}

async function measureIdle(network: MeshNetwork): Promise<Cost> {
  // Until all comparing has slowed down.
  await network.run(120_000)
  network.takeTraffic()
  await network.run(120_000)
  return costOf(network.takeTraffic(), network, 2)
}

/** Several people are there, and do nothing: their states are renewed. What is paid for that, and nothing else. */
async function measurePresence(network: MeshNetwork, shown: number, idle: Cost): Promise<Cost & { shown: number }> {
  for (const [index, node] of network.nodes.slice(0, shown).entries()) {
    // Not all in the same moment: each renews by a clock of its own.
    await network.run((index === 0 ? 0 : 1) * network.random() * 1_000)
    const caret = { anchor: index, head: index }
    node.presence.setLocalState({ user: { name: `Person ${index}`, color: '#3366cc' }, caret })
  }
  await network.run(30_000)
  network.takeTraffic()
  await network.run(120_000)
  const cost = costOf(network.takeTraffic(), network, 2)
  for (const node of network.nodes.slice(0, shown)) node.presence.setLocalState(null)
  await network.run(10_000)
  return { shown, messages: round(cost.messages - idle.messages), bytes: round(cost.bytes - idle.bytes) }
}

function costOf(traffic: Traffic, network: MeshNetwork, minutes: number): Cost {
  const share = network.nodes.length * minutes
  return { messages: round((traffic.messages + traffic.names) / share), bytes: round(traffic.bytes / share) }
}

/** Everybody types while a share of all dies; survivors' edits must reach all survivors. */
async function kill(network: MeshNetwork, share: number): Promise<KillReport> {
  const victims = network.alive.filter(() => network.random() < share)
  const survivors = network.alive.filter((node) => !victims.includes(node))
  const edits: { readonly token: string; readonly at: number; readonly waiting: Set<MeshNode> }[] = []
  const typeSome = (): void => {
    const writer = survivors[Math.floor(network.random() * survivors.length)]
    const token = `<k${share}-${edits.length}>`
    writer?.type(token)
    edits.push({ token, at: network.now, waiting: new Set(survivors) })
  }
  for (let i = 0; i < 5; i++) typeSome()
  network.kill(victims)
  const start = network.now
  let relinkedMs: number | null = null
  let slowestEditMs = 0
  const wanted = Math.min(limits.directLinksWanted, survivors.length - 1)
  const isHealed = (): boolean => {
    for (const { token, at, waiting } of edits) {
      for (const node of waiting) if (node.text().includes(token)) waiting.delete(node)
      if (waiting.size > 0) slowestEditMs = Math.max(slowestEditMs, network.now - at)
    }
    const isLinked = survivors.every((node) => node.livingLinks >= wanted)
    if (isLinked) relinkedMs ??= network.now - start
    return isLinked && edits.every(({ waiting }) => waiting.size === 0)
  }
  for (let i = 0; i < 10; i++) {
    await network.until(() => isHealed() && false, 500, 100)
    typeSome()
  }
  const healed = await network.until(isHealed, 120_000, 100)
  const lost = edits.filter(({ waiting }) => waiting.size > 0).length
  await network.run(30_000)
  const components = network.components()
  return { share, lost, components, relinkedMs, slowestEditMs: healed === null ? null : slowestEditMs }
}

function anyOf(network: MeshNetwork): MeshNode {
  const { alive } = network
  const node = alive[Math.floor(network.random() * alive.length)]
  if (node === undefined) throw new Error('everybody is dead')
  return node
}

const ascending = (a: number, b: number): number => a - b
const round = (value: number): number => Math.round(value * 100) / 100
const mean = (values: readonly number[]): number => round(values.reduce((sum, value) => sum + value, 0) / values.length)
const percentile = (sorted: readonly number[], share: number): number =>
  sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0
