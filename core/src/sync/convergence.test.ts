import { describe, expect, it } from 'vitest'
import * as Y from 'yjs'
import type { Desk } from '../../test/desk.ts'
import { calm, MachineNetwork, type Weather } from '../../test/machine-network.ts'
import { editAtRandom, hasPending, stateOf, typed, docOf } from '../../test/replicas.ts'
import { SeededRandom } from '../../test/seeded-random.ts'
import { limits } from '../limits.ts'
import { renderJson } from '../replica/rendering.ts'
import { isLevel } from './neighbour.ts'

const pairOfTwo = [[0, 1]] as const
const lineOfThree = [
  [0, 1],
  [1, 2],
] as const
const ringOfThree = [
  [0, 1],
  [1, 2],
  [2, 0],
] as const

/** Every frame takes one millisecond: none overtakes another. */
const inOrder: Weather = { loss: 0, doubling: 0, delayMs: 1 }

/** What is not as it must be when all is at rest. */
function unsettled(network: MachineNetwork): readonly string[] {
  const [first] = network.desks
  const faults: string[] = []
  const check = (isTrue: boolean, fault: string): void => void (isTrue || faults.push(fault))
  for (const [index, desk] of network.desks.entries()) {
    const { pending, isSettled, fault } = desk.machine.summary()
    check(stateOf(desk.doc) === stateOf(first!.doc), `${index} differs in what it holds`)
    check(contentOf(desk) === contentOf(first!), `${index} differs in content`)
    check(stateOf(desk.logged) === stateOf(desk.doc), `${index} differs from its log`)
    check(!hasPending(desk.doc), `${index} has something pending`)
    check(pending === 0 && isSettled && fault === null, `${index} says ${JSON.stringify(desk.machine.summary())}`)
    faults.push(...desk.faults)
  }
  for (const { desk, link } of network.views()) {
    check(isLevel(desk.machine.neighbours.get(link)!), `somebody is not level with ${link}`)
  }
  return faults
}

function contentOf(desk: Desk): string {
  return JSON.stringify(renderJson(Y.encodeStateAsUpdate(desk.doc)), (_key, value: unknown) =>
    value instanceof Uint8Array ? value.byteLength : value,
  )
}

/** Whether this log holds every struct that a desk made itself. */
function holdsEditsOf(desk: Desk, logged: Y.Doc): boolean {
  const own = [...desk.doc.store.clients.keys()].filter(
    (client) => Math.floor(client / 10_000) === Math.floor(desk.doc.clientID / 10_000),
  )
  return own.every((client) => Y.getState(logged.store, client) >= Y.getState(desk.doc.store, client))
}

/** Whatever a desk claims of others must be so, at every moment. */
function watchClaims(network: MachineNetwork): void {
  const logs = new Map<Desk, { count: number; readonly doc: Y.Doc }>()
  const loggedBy = (desk: Desk): Y.Doc => {
    const known = logs.get(desk) ?? { count: 0, doc: docOf(999_999) }
    logs.set(desk, known)
    for (const update of desk.log.slice(known.count)) Y.applyUpdate(known.doc, update)
    known.count = desk.log.length
    return known.doc
  }
  network.watch = () => {
    for (const { desk, link, other } of network.views()) {
      const { edits } = desk.machine.progress
      const neighbour = desk.machine.neighbours.get(link)
      const isClaimed =
        neighbour !== undefined && neighbour.theyHaveOurs && neighbour.joined && neighbour.holds >= edits
      if (isClaimed && !holdsEditsOf(desk, loggedBy(other))) throw new Error(`at ${network.now}: a false claim`)
      if (hasPending(desk.doc)) throw new Error(`at ${network.now}: something is pending`)
    }
  }
}

function run(seed: number, links: readonly (readonly [number, number])[], weather: Weather): MachineNetwork {
  const random = new SeededRandom(seed)
  const stored = typed(docOf(500), 'shared')
  const count = 1 + Math.max(...links.flat())
  const network = new MachineNetwork(
    Array.from({ length: count }, (_, index) => ({ stored: index === 0 || random.chance(0.5) ? stored : [] })),
    links,
    seed,
  )
  watchClaims(network)
  network.weather = weather
  for (let step = 0; step < 40; step++) {
    const index = random.below(count)
    network.at(index, (desk) => desk.edit((doc) => doc.transact(() => editAtRandom(doc, random))))
    if (random.chance(0.05)) {
      const [a, b] = random.pick(links)
      network.cut(a, b)
      network.pass(random.below(2_000))
      network.link(a, b)
    }
    network.pass(random.below(400))
  }
  network.weather = calm
  network.pass(130_000)
  return network
}

describe('[TR1] [DS3] [DS5] two and three machines on bad links converge', () => {
  it.each<[string, readonly (readonly [number, number])[], Weather]>([
    ['two, a good link', pairOfTwo, calm],
    ['two, a tenth lost', pairOfTwo, { loss: 0.1, doubling: 0, delayMs: 20 }],
    ['two, half doubled and overtaking', pairOfTwo, { loss: 0, doubling: 0.5, delayMs: 1_500 }],
    ['two, all of it', pairOfTwo, { loss: 0.3, doubling: 0.3, delayMs: 1_000 }],
    ['a line of three, all of it', lineOfThree, { loss: 0.2, doubling: 0.2, delayMs: 500 }],
    ['a ring of three, all of it', ringOfThree, { loss: 0.2, doubling: 0.2, delayMs: 500 }],
  ])('[TR1] [BR5] [DS7] %s: equal at rest, nothing pending, no claim was ever false', (_what, links, weather) => {
    for (let seed = 1; seed <= 6; seed++) expect(unsettled(run(seed, links, weather))).toEqual([])
  })

  it('[TR1] the same seed makes the same run', () => {
    const weather = { loss: 0.2, doubling: 0.2, delayMs: 500 }
    const [first, second] = [run(7, ringOfThree, weather), run(7, ringOfThree, weather)]
    expect(second.carried).toEqual(first.carried)
    expect(second.desks.map((desk) => desk.history.length)).toEqual(first.desks.map((desk) => desk.history.length))
  })

  it('[DS5] [DS12] at rest two equal machines exchange a few dozen bytes a minute', () => {
    const network = run(3, pairOfTwo, calm)
    const before = { ...network.carried }
    network.pass(600_000)
    expect(network.carried.frames - before.frames).toBeLessThanOrEqual(2 * 2 * 10)
    expect(network.carried.bytes - before.bytes).toBeLessThanOrEqual(40 * 16)
  })

  it('[DS12] while somebody types on a good link, states in motion are not mistaken for differences', () => {
    const network = new MachineNetwork([{}, {}], pairOfTwo, 1)
    network.weather = inOrder
    network.pass(1_000)
    const resyncs = (): number =>
      network.desks
        .flatMap((desk) => desk.history)
        .filter((effect) => effect.type === 'send' && ['missing', 'have'].includes(effect.message.type)).length
    const before = resyncs()
    for (let key = 0; key < 600; key++) {
      network.at(key % 2, (desk) => desk.type('x'))
      network.pass(100)
    }
    network.pass(limits.antiEntropyMaxMs)
    expect(resyncs() - before).toBe(0)
    expect(unsettled(network)).toEqual([])
  })

  it('[BR3] a big edit crosses each link of a ring about once', () => {
    const network = new MachineNetwork([{}, {}, {}], ringOfThree, 1)
    network.pass(1_000)
    const { bytes } = network.carried
    network.at(0, (desk) => desk.edit((doc) => doc.getMap('m').set('k', new Uint8Array(1_000_000))))
    network.pass(130_000)
    expect(unsettled(network)).toEqual([])
    expect(network.carried.bytes - bytes).toBeLessThan(3_100_000)
  })
})
