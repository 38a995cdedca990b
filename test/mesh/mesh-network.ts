/**
 * Many members of one document on a virtual clock: production machines (membership and document sync), links that
 * take time to open and to carry, and nothing else. Counts what an edit costs.
 */
import type * as Y from 'yjs'
import { linkId, peerAddress, peerId, type LinkId, type PeerAddress, type PeerId } from '../../core/src/ids.ts'
import { limits } from '../../core/src/limits.ts'
import { Membership, type MembershipEffect, type MembershipEvent } from '../../core/src/overlay/membership.ts'
import { Presence } from '../../core/src/presence/presence.ts'
import { reachName } from '../../core/src/replica/digest.ts'
import { Replica } from '../../core/src/replica/replica.ts'
import { DocumentSync } from '../../core/src/sync/document-sync.ts'
import type { Traits } from '../../core/src/sync/neighbour.ts'
import type { SyncEffect, SyncEvent } from '../../core/src/sync/sync-events.ts'
import { encodeBody, frameOf } from '../../core/src/wire/document-codec.ts'
import { EventHeap } from './event-heap.ts'
import type { Spread } from './spread.ts'

/** What one member is to another. */
function traitsOf(member: MeshNode): Traits {
  return { kind: 'peer', keeps: false, disk: true, peer: member.id, name: member.name }
}

/** What was sent, by kind of message. */
export interface Traffic {
  messages: number
  bytes: number
  /** Messages with updates: the copies of edits. */
  copies: number
  /** Messages of presence. */
  presence: number
  /** Messages of membership: names asked and told. */
  names: number
}

const noTraffic: Traffic = { messages: 0, bytes: 0, copies: 0, presence: 0, names: 0 }

interface MeshLink {
  readonly other: MeshNode
  readonly theirs: () => LinkId
}

export class MeshNode {
  readonly address: PeerAddress
  readonly id: PeerId
  readonly name: bigint
  readonly links = new Map<LinkId, MeshLink>()
  readonly membership: Membership
  readonly sync: DocumentSync
  readonly presence: Presence
  readonly doc: Y.Doc
  isAlive = true
  #linkCount = 0
  #wakeAt = Infinity
  readonly #network: MeshNetwork

  constructor(network: MeshNetwork, index: number) {
    this.#network = network
    const bytes = addressOf(index)
    this.address = peerAddress(bytes)
    this.id = peerId(bytes.subarray(0, 32))
    this.name = reachName(bytes)
    const wake = (): void => network.soon(this, () => this.#sync({ type: 'woke' }))
    const faulted = (thrown: unknown): void => {
      throw thrown
    }
    this.presence = new Presence({ clientID: index + 1 }, { changed: wake, faulted })
    const newReplica = (): Replica =>
      new Replica({ origin: this, freshClientId: () => index + 1, faulted, changed: wake })
    this.sync = new DocumentSync({ presence: this.presence, newReplica })
    this.doc = this.sync.adopt().doc
    this.membership = new Membership({ own: this.address, fraction: network.random, dials: true })
  }

  start(): void {
    this.#sync({ type: 'appOpened' })
    this.#sync({ type: 'loaded', updates: [], unreadable: 0 })
    this.member({ type: 'began' })
  }

  text(): string {
    return this.doc.getText('text').toString()
  }

  type(text: string): void {
    this.doc.getText('text').insert(0, text)
  }

  get livingLinks(): number {
    return [...this.links.values()].filter(({ other }) => other.isAlive).length
  }

  isLinkedTo(other: MeshNode): boolean {
    return [...this.links.values()].some((link) => link.other === other)
  }

  /** Adds its end of a link; the machines hear of it. */
  linked(other: MeshNode, theirs: () => LinkId): LinkId {
    const link = linkId(++this.#linkCount)
    this.links.set(link, { other, theirs })
    this.member({ type: 'linked', peer: other.address })
    this.member({ type: 'contact', link })
    this.#sync({ type: 'invited', link, traits: traitsOf(other) })
    return link
  }

  lost(link: LinkId): void {
    const lost = this.links.get(link)
    if (lost === undefined || !this.isAlive) return
    this.links.delete(link)
    this.#sync({ type: 'left', link, how: 'lost' })
    this.member({ type: 'contactLost', link })
    this.member({ type: 'unlinked', peer: lost.other.address })
  }

  /** What another node said over a link. */
  heard(link: LinkId, effect: SyncEffect): void {
    const from = this.links.get(link)?.other
    if (from === undefined) return
    if (effect.type === 'open') {
      this.#sync({ type: 'joined', link, traits: traitsOf(from), have: effect.have })
    }
    if (effect.type === 'send') this.#sync({ type: 'received', link, message: effect.message })
  }

  member(event: MembershipEvent): void {
    if (!this.isAlive) return
    for (const effect of this.membership.handle(event, this.#network.now)) this.#network.perform(this, effect)
    this.#schedule()
  }

  wake(): void {
    this.#wakeAt = Infinity
    this.member({ type: 'woke' })
    this.#sync({ type: 'woke' })
  }

  #sync(event: SyncEvent): void {
    if (!this.isAlive) return
    for (const effect of this.sync.handle(event, this.#network.now)) this.#perform(effect)
    this.#schedule()
  }

  #perform(effect: SyncEffect): void {
    if (effect.type === 'append') this.#network.after(this, 2, () => this.#sync({ type: 'appended' }))
    if (effect.type !== 'open' && effect.type !== 'send') return
    const link = this.links.get(effect.link)
    if (link === undefined) return
    this.#network.count(effect)
    this.#network.carry(link.other, () => {
      link.other.heard(link.theirs(), effect)
      this.#network.spread?.reached(link.other, this)
    })
  }

  #schedule(): void {
    const { now } = this.#network
    const due = Math.min(this.sync.deadline() ?? Infinity, this.membership.deadline(now) ?? Infinity)
    if (due >= this.#wakeAt) return
    this.#wakeAt = due
    this.#network.after(this, Math.max(0, due - now), () => {
      if (this.#wakeAt === due) this.wake()
    })
  }
}

/** Key and instance, both told from the index. */
function addressOf(index: number): Uint8Array {
  const bytes = new Uint8Array(40)
  new DataView(bytes.buffer).setUint32(0, index)
  return bytes
}

export class MeshNetwork {
  now = 0
  readonly nodes: MeshNode[]
  /** The edit that is being followed. */
  spread: Spread<MeshNode> | null = null
  readonly #traffic: Traffic = { ...noTraffic }
  readonly random: () => number
  readonly #heap = new EventHeap()
  readonly #byAddress: ReadonlyMap<PeerAddress, MeshNode>
  readonly #seen: PeerAddress[] = []

  constructor(count: number, random: () => number) {
    this.random = random
    this.nodes = Array.from({ length: count }, (_, index) => new MeshNode(this, index))
    this.#byAddress = new Map(this.nodes.map((node) => [node.address, node]))
  }

  /** What was sent since this was asked last. */
  takeTraffic(): Traffic {
    const taken = { ...this.#traffic }
    Object.assign(this.#traffic, noTraffic)
    return taken
  }

  get alive(): MeshNode[] {
    return this.nodes.filter((node) => node.isAlive)
  }

  /** Nodes come one after the other; somebody who keeps names up to 16 of those before, once, and is then gone. */
  async join(): Promise<void> {
    for (const node of this.nodes) {
      this.after(node, this.random() * this.nodes.length * 5, () => {
        node.start()
        const names = Array.from(
          { length: limits.membersMax },
          () => this.#seen[Math.floor(this.random() * this.#seen.length)],
        )
        const members = [...new Set(names)].filter((name) => name !== undefined)
        this.#seen.push(node.address)
        node.member({ type: 'told', members })
      })
    }
    await this.run(this.nodes.length * 5 + 90_000)
  }

  perform(from: MeshNode, effect: MembershipEffect): void {
    if (effect.type === 'dial') {
      const to = this.#byAddress.get(effect.peer)
      this.after(from, 100 + this.random() * 300, () => {
        if (to === undefined || !this.#open(from, to, effect.isUrgent))
          from.member({ type: 'dialFailed', peer: effect.peer })
      })
      return
    }
    const link = from.links.get(effect.link)
    if (link === undefined) return
    this.#traffic.names++
    this.#traffic.bytes += 4 + 40 * effect.members.length
    const { members } = effect
    this.carry(link.other, () => {
      const event: MembershipEvent =
        effect.type === 'ask'
          ? { type: 'asked', link: link.theirs(), by: from.address, members }
          : { type: 'told', members }
      if (link.other.links.has(link.theirs())) link.other.member(event)
    })
  }

  #open(from: MeshNode, to: MeshNode, isUrgent: boolean): boolean {
    if (!from.isAlive || !to.isAlive || from.isLinkedTo(to)) return from.isLinkedTo(to)
    const max = isUrgent ? limits.directLinksMaxUrgent : limits.directLinksMax
    if (to.links.size >= max || from.links.size >= limits.directLinksMax) return false
    const ends: { here?: LinkId; there?: LinkId } = {}
    ends.here = from.linked(to, () => ends.there ?? linkId(0))
    ends.there = to.linked(from, () => ends.here ?? linkId(0))
    return true
  }

  /** Everything about these nodes stops; their neighbours notice within the silence limit. */
  kill(nodes: readonly MeshNode[]): void {
    for (const node of nodes) {
      node.isAlive = false
      for (const { other, theirs } of node.links.values()) {
        this.after(other, limits.silenceMs * (0.6 + 0.4 * this.random()), () => other.lost(theirs()))
      }
    }
  }

  count(effect: Extract<SyncEffect, { type: 'open' | 'send' }>): void {
    this.#traffic.messages++
    if (effect.type === 'open') {
      this.#traffic.bytes += 60
      return
    }
    if (effect.message.type === 'updates') this.#traffic.copies++
    if (effect.message.type === 'presence') this.#traffic.presence++
    this.#traffic.bytes += frameOf(1, effect.message, encodeBody(effect.message)).byteLength
  }

  carry(to: MeshNode, deliver: () => void): void {
    this.after(to, 10 + this.random() * 90, deliver)
  }

  soon(node: MeshNode, run: () => void): void {
    this.after(node, 0, run)
  }

  after(node: MeshNode, delayMs: number, run: () => void): void {
    this.#heap.push(this.now + delayMs, () => {
      if (node.isAlive) run()
    })
  }

  /** Lets virtual time pass. */
  async run(forMs: number): Promise<void> {
    const end = this.now + forMs
    for (let next = this.#heap.pop(end); next !== null; next = this.#heap.pop(end)) {
      this.now = Math.max(this.now, next.at)
      next.run()
    }
    this.now = end
  }

  /** Virtual milliseconds until `holds`, looked at every so often; null when it never does. */
  async until(holds: () => boolean, withinMs: number, stepMs = 20): Promise<number | null> {
    const start = this.now
    while (!holds()) {
      if (this.now - start > withinMs) return null
      await this.run(stepMs)
    }
    return this.now - start
  }

  /** How many pieces the living nodes fall into. */
  components(): number {
    const left = new Set(this.alive)
    let count = 0
    for (const node of left) {
      for (const reached of this.distances(node).keys()) left.delete(reached)
      count++
    }
    return count
  }

  /** The fewest links between a living node and each that it reaches, itself included. */
  distances(from: MeshNode): ReadonlyMap<MeshNode, number> {
    const distances = new Map([[from, 0]])
    for (const [node, distance] of distances) {
      for (const { other } of node.links.values()) {
        if (other.isAlive && !distances.has(other)) distances.set(other, distance + 1)
      }
    }
    return distances
  }
}
