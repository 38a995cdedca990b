import { describe, expect, it } from 'vitest'
import { equalBytes } from '../bytes.ts'
import { linkId, type LinkId } from '../ids.ts'
import { limits } from '../limits.ts'
import type { AddressBytes, LinkMessage, Signal } from '../wire/message.ts'
import { Signalling, type SignallingEffect } from './signalling.ts'

interface Sent {
  readonly from: Node
  readonly to: Node
  readonly message: LinkMessage
}

/** Peers with links between them, whose messages a test carries; `touched` tells who saw a signal. */
class Net {
  readonly nodes = new Map<string, Node>()
  readonly wire: Sent[] = []
  now = 0
  #links = 0

  node(name: string, kind: 'keeps' | 'page' | 'plain' = 'page'): Node {
    const node = new Node(name, kind, this.nodes.size + 1)
    this.nodes.set(name, node)
    return node
  }

  link(a: Node, b: Node): void {
    const id = linkId(++this.#links)
    a.links.set(id, b)
    b.links.set(id, a)
  }

  unlink(a: Node, b: Node): void {
    for (const [one, other] of [
      [a, b],
      [b, a],
    ] as const) {
      const id = one.linkWith(other)
      one.links.delete(id)
      this.#perform(one, one.machine.handle({ type: 'linkLost', link: id }, this.now))
    }
  }

  send(from: Node, to: AddressBytes, id = 1): void {
    const signal: Signal = signalOf(from.address, to, id)
    this.#perform(from, from.machine.handle({ type: 'send', signal }, this.now))
  }

  /** `by` hands a signal to `to`, whoever it claims to be from. */
  inject(by: Node, to: Node, signal: Signal): void {
    this.wire.push({ from: by, to, message: signal })
    this.run()
  }

  run(): void {
    for (let sent = this.wire.shift(); sent !== undefined; sent = this.wire.shift()) this.step(sent)
  }

  step({ from, to, message }: Sent): void {
    const link = to.linkWith(from)
    if (message.type === 'signal') {
      to.saw++
      this.#perform(to, to.machine.handle({ type: 'received', link, signal: message }, this.now))
    } else if (message.type === 'unreachable') {
      this.#perform(to, to.machine.handle({ type: 'refused', link, id: message.id }, this.now))
    }
  }

  #perform(node: Node, effects: readonly SignallingEffect[]): void {
    for (const effect of effects) {
      if (effect.type === 'deliver') node.delivered.push(effect.from)
      else if (effect.type === 'unreachable') node.unreachable.push(effect.to)
      else {
        const to = node.links.get(effect.link)
        if (to !== undefined) this.wire.push({ from: node, to, message: effect.message })
      }
    }
  }
}

class Node {
  readonly name: string
  readonly kind: 'keeps' | 'page' | 'plain'
  readonly address: AddressBytes
  readonly links = new Map<LinkId, Node>()
  readonly delivered: AddressBytes[] = []
  readonly unreachable: AddressBytes[] = []
  readonly machine: Signalling
  saw = 0

  constructor(name: string, kind: 'keeps' | 'page' | 'plain', number: number) {
    this.name = name
    this.kind = kind
    this.address = new Uint8Array(40).fill(number)
    const of = (wanted: string): readonly LinkId[] =>
      [...this.links].filter(([, other]) => other.kind === wanted).map(([id]) => id)
    this.machine = new Signalling({
      own: this.address,
      carries: kind === 'keeps',
      view: {
        linkTo: (address) => [...this.links].find(([, other]) => equalBytes(other.address, address))?.[0] ?? null,
        addressOf: (link) => this.links.get(link)?.address ?? null,
        carriers: () => of('keeps'),
        introducers: () => of('page'),
      },
    })
  }

  linkWith(other: Node): LinkId {
    for (const [id, node] of this.links) if (node === other) return id
    throw new Error(`${this.name} is not linked to ${other.name}`)
  }
}

function signalOf(from: AddressBytes, to: AddressBytes, id = 1): Signal {
  const hops = limits.signalHopsMax
  return { type: 'signal', id: new Uint8Array(8).fill(id), to, from, hops, payload: Uint8Array.of(7) }
}

/** Keepers in a line, with a page at each end. */
function line(keepers: number): { net: Net; ada: Node; ben: Node; middle: readonly Node[] } {
  const net = new Net()
  const [ada, ben] = [net.node('ada'), net.node('ben')]
  const middle = Array.from({ length: keepers }, (_, index) => net.node(`keeper ${index}`, 'keeps'))
  for (const [index, keeper] of middle.entries()) net.link(middle[index - 1] ?? ada, keeper)
  net.link(middle.at(-1)!, ben)
  return { net, ada, ben, middle }
}

describe('a signal', () => {
  it('[SI1] is delivered by a common neighbour that keeps', () => {
    const { net, ada, ben } = line(1)
    net.send(ada, ben.address)
    net.run()
    expect([ben.delivered, ada.unreachable]).toEqual([[ada.address], []])
  })

  it('[SI1] is delivered by a common neighbour that is a page', () => {
    const net = new Net()
    const [ada, ben, cy] = [net.node('ada'), net.node('ben'), net.node('cy')]
    net.link(ada, ben)
    net.link(ben, cy)
    net.send(ada, cy.address)
    net.run()
    expect(cy.delivered).toEqual([ada.address])
  })

  it('[SI2] passes from keeper to keeper, for so many hops', () => {
    for (const keepers of [2, limits.signalHopsMax]) {
      const { net, ada, ben } = line(keepers)
      net.send(ada, ben.address)
      net.run()
      expect([keepers, ben.delivered.length, ada.unreachable.length]).toEqual([keepers, 1, 0])
    }
    const { net, ada, ben } = line(limits.signalHopsMax + 1)
    net.send(ada, ben.address)
    net.run()
    expect([ben.delivered.length, ada.unreachable.length]).toEqual([0, 1])
  })

  it('[SI2] that claims more hops gets no more', () => {
    const { net, ada, ben, middle } = line(limits.signalHopsMax + 3)
    net.inject(ada, middle[0]!, { ...signalOf(ada.address, ben.address), hops: 1_000 })
    expect(ben.delivered).toEqual([])
  })

  it('[SI2] reaches nobody but carriers and the addressee', () => {
    const { net, ada, ben, middle } = line(3)
    const others = middle.flatMap((keeper, index) => {
      const [page, plain] = [net.node(`page ${index}`), net.node(`plain ${index}`, 'plain')]
      net.link(keeper, page)
      net.link(keeper, plain)
      return [page, plain]
    })
    const friend = net.node('friend of ben')
    net.link(ben, friend)
    net.send(ada, ben.address)
    net.run()
    expect(ben.delivered.length).toBe(1)
    expect([...others, friend].map(({ saw }) => saw)).toEqual([...others, friend].map(() => 0))
  })

  it('[SI2] is not carried on by pages beyond their neighbours', () => {
    const net = new Net()
    const [ada, ben, cy, di] = ['ada', 'ben', 'cy', 'di'].map((name) => net.node(name))
    net.link(ada!, ben!)
    net.link(ben!, cy!)
    net.link(cy!, di!)
    net.send(ada!, di!.address)
    net.run()
    expect([cy!.saw, di!.delivered.length, ada!.unreachable]).toEqual([0, 0, [di!.address]])
  })

  it('[SI3] that comes by several ways is delivered and carried once', () => {
    const net = new Net()
    const [ada, ben] = [net.node('ada'), net.node('ben')]
    const keepers = [1, 2, 3, 4].map((index) => net.node(`k${index}`, 'keeps'))
    for (const [index, keeper] of keepers.entries())
      for (const other of keepers.slice(index + 1)) net.link(keeper, other)
    net.link(ada, keepers[0]!)
    net.link(ada, keepers[1]!)
    net.link(ben, keepers[2]!)
    net.link(ben, keepers[3]!)
    net.send(ada, ben.address)
    let steps = 0
    for (let sent = net.wire.shift(); sent !== undefined; sent = net.wire.shift(), steps++) net.step(sent)
    expect([ben.delivered.length, ada.unreachable.length]).toEqual([1, 0])
    expect(steps).toBeLessThan(30)
  })
})

describe('a signal without a way', () => {
  it('[SI4] is said to be, to who sent it, once every way is known to lead nowhere', () => {
    const { net, ada, middle } = line(3)
    const [dead, page] = [net.node('another', 'keeps'), net.node('page')]
    net.link(ada, dead)
    net.link(ada, page)
    net.link(middle[1]!, net.node('side', 'keeps'))
    const nobody = new Uint8Array(40).fill(99)
    net.send(ada, nobody)
    net.run()
    expect(ada.unreachable).toEqual([nobody])
  })

  it('[SI4] is said at once when there is no link at all', () => {
    const net = new Net()
    const ada = net.node('ada')
    net.send(ada, new Uint8Array(40).fill(99))
    expect(ada.unreachable.length).toBe(1)
  })

  it('[SI4] is not said while one way has led to the addressee', () => {
    const { net, ada, ben } = line(2)
    net.link(ada, net.node('dead end', 'keeps'))
    net.send(ada, ben.address)
    net.run()
    expect([ben.delivered.length, ada.unreachable.length]).toEqual([1, 0])
  })

  it('[SI4] a way whose link is lost leads nowhere', () => {
    const { net, ada, ben, middle } = line(2)
    net.send(ada, ben.address)
    net.unlink(ada, middle[0]!)
    expect(ada.unreachable).toEqual([ben.address])
  })

  it('[SI4] whoever was not asked cannot say so', () => {
    const { net, ada, ben, middle } = line(1)
    const liar = net.node('liar', 'plain')
    net.link(ada, liar)
    net.send(ada, ben.address)
    const id = new Uint8Array(8).fill(1)
    net.step({ from: liar, to: ada, message: { type: 'unreachable', id, to: ben.address } })
    expect(ada.unreachable).toEqual([])
    net.run()
    expect([ben.delivered.length, middle[0]!.machine.refused]).toEqual([1, 0])
  })
})

describe('who may send', () => {
  it('[SI5] a neighbour that does not carry speaks for itself only', () => {
    const { net, ada, ben, middle } = line(2)
    net.inject(ada, middle[0]!, signalOf(new Uint8Array(40).fill(50), ben.address))
    expect([ben.delivered, middle[0]!.machine.refused]).toEqual([[], 1])
  })

  it('[SI6] more than the ration of a link is dropped and counted, and the others of that peer are not touched', () => {
    const { net, ada, ben, middle } = line(1)
    const cy = net.node('cy')
    net.link(cy, middle[0]!)
    for (let i = 0; i < limits.signalsBurst + 20; i++)
      net.inject(ada, middle[0]!, signalOf(ada.address, ben.address, i))
    expect([ben.delivered.length, middle[0]!.machine.refused]).toEqual([limits.signalsBurst, 20])
    net.inject(cy, middle[0]!, signalOf(cy.address, ben.address, 200))
    expect(ben.delivered.length).toBe(limits.signalsBurst + 1)
    net.now += 1_000
    for (let i = 0; i < 100; i++) net.inject(ada, middle[0]!, signalOf(ada.address, ben.address, 100 + i))
    expect(middle[0]!.machine.refused).toBe(20 + 100 - limits.signalsPerSecond)
  })
})
