/** What a mesh of so many members costs, and how it heals; the same seed gives the same figures. */
import { MeshNetwork, type MeshNode } from './mesh-network.ts'

export interface MeshReport {
  readonly members: number
  readonly links: { readonly fewest: number; readonly mean: number; readonly most: number }
  /** Of an edit, per living member. */
  readonly copies: number
  readonly bytesPerEditAndMember: number
  readonly latencyMs: { readonly p50: number; readonly p99: number }
  /** Of a mesh in which nobody types, per member and minute. */
  readonly idle: { readonly messages: number; readonly bytes: number }
  readonly kills: readonly KillReport[]
}

export interface KillReport {
  readonly share: number
  readonly lost: number
  readonly components: number
  /** Until every survivor has every edit made by survivors during and after the deaths. */
  readonly healedMs: number | null
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

export async function meshReport(members: number, seed: number, edits = 20): Promise<MeshReport> {
  const network = new MeshNetwork(members, seededRandom(seed))
  await network.join()
  const degrees = network.nodes.map((node) => node.links.size)
  const links = { fewest: Math.min(...degrees), mean: mean(degrees), most: Math.max(...degrees) }

  Object.assign(network.traffic, { messages: 0, bytes: 0, copies: 0, names: 0 })
  const latencies: number[] = []
  for (let edit = 0; edit < edits; edit++) latencies.push(...(await typeAndWatch(network, `<${edit}>`)))
  const { copies, bytes } = network.traffic
  latencies.sort((a, b) => a - b)

  await network.run(120_000)
  Object.assign(network.traffic, { messages: 0, bytes: 0, copies: 0, names: 0 })
  await network.run(120_000)
  const idle = {
    messages: round((network.traffic.messages + network.traffic.names) / members / 2),
    bytes: round(network.traffic.bytes / members / 2),
  }
  const kills: KillReport[] = []
  for (const share of [0.3, 0.5]) kills.push(await kill(network, share))
  return {
    members,
    links,
    copies: round(copies / edits / members),
    bytesPerEditAndMember: round(bytes / edits / members),
    latencyMs: { p50: percentile(latencies, 0.5), p99: percentile(latencies, 0.99) },
    idle,
    kills,
  }
}

async function typeAndWatch(network: MeshNetwork, token: string): Promise<number[]> {
  const writer = anyOf(network)
  writer.type(token)
  const start = network.now
  const waiting = new Set(network.alive)
  const latencies: number[] = []
  await network.until(
    () => {
      for (const node of waiting) {
        if (!node.text().includes(token)) continue
        waiting.delete(node)
        latencies.push(network.now - start)
      }
      return waiting.size === 0
    },
    60_000,
    10,
  )
  return latencies
}

/** Everybody types while a share of all dies; survivors' edits must reach all survivors. */
async function kill(network: MeshNetwork, share: number): Promise<KillReport> {
  const victims = network.alive.filter(() => network.random() < share)
  const survivors = network.alive.filter((node) => !victims.includes(node))
  const tokens: string[] = []
  const typeSome = (): void => {
    const writer = survivors[Math.floor(network.random() * survivors.length)]
    const token = `<k${share}-${tokens.length}>`
    writer?.type(token)
    tokens.push(token)
  }
  for (let i = 0; i < 5; i++) typeSome()
  network.kill(victims)
  for (let i = 0; i < 10; i++) {
    await network.run(500)
    typeSome()
  }
  const hasAll = (node: MeshNode): boolean => tokens.every((token) => node.text().includes(token))
  const healedMs = await network.until(() => survivors.every(hasAll), 120_000, 100)
  const lost = survivors.reduce((sum, node) => sum + tokens.filter((token) => !node.text().includes(token)).length, 0)
  await network.run(30_000)
  return { share, lost, components: network.components(), healedMs }
}

function anyOf(network: MeshNetwork): MeshNode {
  const { alive } = network
  const node = alive[Math.floor(network.random() * alive.length)]
  if (node === undefined) throw new Error('everybody is dead')
  return node
}

const round = (value: number): number => Math.round(value * 100) / 100
const mean = (values: readonly number[]): number => round(values.reduce((sum, value) => sum + value, 0) / values.length)
const percentile = (sorted: readonly number[], share: number): number =>
  sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0
