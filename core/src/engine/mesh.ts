/**
 * Drives one membership machine per document: tells it who takes part over which link, dials whom it wants, and
 * carries names (PROTOCOL.md, OV).
 */
import { addressBytes, peerAddress, type DocumentName, type LinkId, type PeerAddress } from '../ids.ts'
import { Membership, type MembershipEffect, type MembershipEvent } from '../overlay/membership.ts'
import type { Clock } from '../ports/clock.ts'
import { equalBytes } from '../bytes.ts'
import type { AddressBytes, LinkMessage } from '../wire/message.ts'
import { Alarm } from './alarm.ts'
import { IdleLinks } from './idle-links.ts'
import type { LinkDriver } from './link-driver.ts'
import type { LinkSet } from './link-set.ts'
import { takesDirectLinks } from './signal-driver.ts'

export interface MeshOptions {
  readonly links: LinkSet
  readonly clock: Clock
  readonly fraction: () => number
  readonly own: AddressBytes
  /** This peer takes direct links. */
  readonly isDirect: boolean
  /** It dials members; otherwise it is dialled only. */
  readonly dialsMembers: boolean
  /** It keeps everything: it names members to each other, and is no member itself. */
  readonly keeps: boolean
  /** Some transport links this peer's instances to each other, the tabs of one browser. */
  readonly linksOwnInstances: boolean
}

interface Place {
  readonly machine: Membership
  readonly alarm: Alarm
  /** Members by the link they take part over. */
  readonly peers: Map<LinkId, PeerAddress>
}

export class Mesh {
  readonly #options: MeshOptions
  readonly #own: PeerAddress
  readonly #places = new Map<DocumentName, Place>()
  readonly #idle: IdleLinks

  constructor(options: MeshOptions) {
    this.#options = options
    this.#own = peerAddress(options.own)
    this.#idle = new IdleLinks({
      clock: options.clock,
      links: options.links,
      isNeeded: (link) => [...this.#places.values()].some(({ peers }) => peers.has(link)),
    })
  }

  linked(link: LinkDriver): void {
    this.#idle.consider(link.id)
  }

  /** An app of this peer opened the document, or the last one let go of it. */
  began(name: DocumentName): void {
    if (this.#options.isDirect) this.#run(name, { type: 'began' })
  }

  ended(name: DocumentName): void {
    if (this.#places.has(name)) this.#run(name, { type: 'ended' })
  }

  /** The document was closed on every link. */
  forgot(name: DocumentName): void {
    const links = [...(this.#places.get(name)?.peers.keys() ?? [])]
    this.#forget(name)
    for (const link of links) this.#idle.consider(link)
  }

  /** The other side of a link takes part in the document. */
  joined(name: DocumentName, link: LinkDriver): void {
    const { isDirect, keeps } = this.#options
    if (!isDirect && !keeps) return
    const address = link.address
    // A link to a peer that keeps is an anchor, not one of the mesh: it is a contact, and nobody is told to dial it.
    const isMember = takesDirectLinks(link) && !link.traits.keeps
    if (isMember && address !== null && !this.#isOwnInstance(address)) {
      this.#place(name).peers.set(link.id, peerAddress(address))
      this.#run(name, { type: 'linked', peer: peerAddress(address) })
    }
    if (isDirect) this.#run(name, { type: 'contact', link: link.id })
  }

  /** The other side says that it does not take part, or not any more. */
  parted(name: DocumentName, link: LinkDriver): void {
    this.#leave(name, link, 'parted')
    this.#idle.consider(link.id)
  }

  lost(link: LinkDriver): void {
    for (const name of [...this.#places.keys()]) this.#leave(name, link, 'unlinked')
  }

  #leave(name: DocumentName, link: LinkDriver, how: 'parted' | 'unlinked'): void {
    const place = this.#places.get(name)
    if (place === undefined) return
    place.peers.delete(link.id)
    this.#run(name, { type: 'contactLost', link: link.id })
    const peer = link.address === null ? null : peerAddress(link.address)
    // A better link to the same peer may have taken its place.
    const isLinked = [...place.peers.values()].some((other) => other === peer)
    if (peer !== null && !isLinked) this.#run(name, { type: how, peer })
    if (this.#options.keeps && place.peers.size === 0) this.#forget(name)
  }

  heard(link: LinkDriver, message: Extract<LinkMessage, { type: 'members' | 'membersQuery' }>): void {
    const members = message.members.filter((bytes) => !this.#isOwnInstance(bytes)).map((bytes) => peerAddress(bytes))
    if (message.type === 'members') {
      const name = link.numbers.ownName(message.yours)
      if (name !== undefined && this.#places.has(name)) this.#run(name, { type: 'told', members })
      return
    }
    const name = link.numbers.their(message.number)
    if (name === undefined || link.address === null || !this.#places.has(name)) return
    this.#run(name, { type: 'asked', link: link.id, by: peerAddress(link.address), members })
  }

  /** Another tab of this very browser: it is linked without anybody dialling [TR10]. */
  #isOwnInstance(address: AddressBytes): boolean {
    const { own, linksOwnInstances } = this.#options
    return linksOwnInstances && equalBytes(address.subarray(0, 32), own.subarray(0, 32))
  }

  stop(): void {
    this.#idle.stop()
    for (const name of [...this.#places.keys()]) this.#forget(name)
  }

  #forget(name: DocumentName): void {
    this.#places.get(name)?.alarm.stop()
    this.#places.delete(name)
  }

  #place(name: DocumentName): Place {
    const known = this.#places.get(name)
    if (known !== undefined) return known
    const { clock, fraction, isDirect, dialsMembers, keeps } = this.#options
    const machine = new Membership({ own: this.#own, fraction, dials: isDirect && dialsMembers && !keeps })
    const alarm = new Alarm(clock, () => this.#run(name, { type: 'woke' }))
    const place: Place = { machine, alarm, peers: new Map() }
    this.#places.set(name, place)
    return place
  }

  #run(name: DocumentName, event: MembershipEvent): void {
    const place = this.#place(name)
    const now = this.#options.clock.now()
    for (const effect of place.machine.handle(event, now)) this.#perform(name, effect)
    place.alarm.set(place.machine.deadline(now))
  }

  #perform(name: DocumentName, effect: MembershipEffect): void {
    const { links } = this.#options
    switch (effect.type) {
      case 'dial':
        return this.#dial(name, effect)
      case 'ask': {
        const number = links.get(effect.link)?.numbers.own(name)
        if (number === undefined) return
        return links.get(effect.link)?.send({ type: 'membersQuery', number, members: bytesOf(effect.members) })
      }
      case 'tell': {
        const yours = links.get(effect.link)?.numbers.theirNumber(name)
        if (yours === undefined) return
        return links.get(effect.link)?.send({ type: 'members', yours, members: bytesOf(effect.members) })
      }
    }
  }

  #dial(name: DocumentName, { peer, isUrgent }: Extract<MembershipEffect, { type: 'dial' }>): void {
    const { links } = this.#options
    const tell = (type: 'dialFailed' | 'dialPostponed'): void => {
      if (this.#places.has(name)) this.#run(name, { type, peer })
    }
    const address = addressBytes(peer)
    const isLinked = address !== null && links.linkTo(address) !== undefined
    const isDialled = !isLinked && links.dialOnce({ address: `direct:${peer}`, isUrgent }, () => tell('dialFailed'))
    if (!isDialled) tell('dialPostponed')
  }
}

function bytesOf(members: readonly PeerAddress[]): readonly AddressBytes[] {
  return members.flatMap((member) => addressBytes(member) ?? [])
}
