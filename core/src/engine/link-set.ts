/**
 * All links of a peer and the diallers that keep them up: who is linked, who is a duplicate, what apps see of it.
 */
import { KnotworkError } from '../errors.ts'
import { equalBytes } from '../bytes.ts'
import { addressBytes, linkId, peerAddress, type LinkId, type PeerId } from '../ids.ts'
import { limits } from '../limits.ts'
import type { SessionMessage } from '../link/link-machine.ts'
import type { AcceptLink, Link, Transport } from '../ports/transport.ts'
import { messageOf } from '../result.ts'
import { closeCode } from '../wire/close-code.ts'
import { feature } from '../wire/message.ts'
import type { Neighbour, Platform } from './api.ts'
import { Dialler } from './dialler.ts'
import { LinkDriver, type LinkOwner } from './link-driver.ts'
import { notLinked, SingleDials, type DialOnce } from './single-dials.ts'
import { Watchable } from './watched.ts'

export interface LinkSetOptions {
  readonly platform: Platform
  readonly id: PeerId
  readonly instance: Uint8Array
  readonly features: readonly string[]
  readonly token: Uint8Array | null
  readonly linked: (link: LinkDriver) => void
  readonly delivered: (link: LinkDriver, message: SessionMessage) => void
  readonly drained: (link: LinkDriver) => void
  readonly lost: (link: LinkDriver) => void
  /** The first link to any peer is there, or the last one gone. */
  readonly onlineChanged: () => void
}

export class LinkSet implements LinkOwner {
  readonly neighbours: Watchable<readonly Neighbour[]>
  readonly #options: LinkSetOptions
  readonly #links = new Map<LinkId, LinkDriver>()
  readonly #diallers = new Map<Dialler, LinkDriver | null>()
  readonly #single: SingleDials
  /** Links that came of a single dial of ours, with who is told when one ends before it was proven. */
  readonly #singleLinks = new Map<LinkId, (why: string) => void>()
  #lastLink = 0
  #isClosed = false
  #isRefreshing = false
  #wasOnline = false
  #stopRefresh: (() => void) | null = null

  constructor(options: LinkSetOptions) {
    this.#options = options
    const { log, clock } = options.platform
    this.#single = new SingleDials({
      clock,
      accept: (link, failed) => {
        const driver = this.begin(link, null)
        if (this.#links.has(driver.id)) this.#singleLinks.set(driver.id, failed)
        return driver
      },
      changed: () => this.changed(),
    })
    this.neighbours = new Watchable<readonly Neighbour[]>([], (thrown) =>
      log('error', 'listener threw', { where: 'neighbours', why: messageOf(thrown) }),
    )
  }

  get(id: LinkId): LinkDriver | undefined {
    return this.#links.get(id)
  }

  /** Links whose other side has proven who it is. */
  *proven(): Generator<LinkDriver> {
    for (const link of this.#links.values()) if (link.peer !== null) yield link
  }

  linkTo(address: Uint8Array): LinkDriver | undefined {
    for (const link of this.proven()) if (link.address !== null && equalBytes(link.address, address)) return link
    return undefined
  }

  get isOnline(): boolean {
    return !this.proven().next().done
  }

  nextId(): LinkId {
    return linkId(++this.#lastLink)
  }

  connect(address: string): () => void {
    const { platform } = this.#options
    const transport = this.#transportFor(address)
    if (transport === undefined) throw new KnotworkError('bad-address', `no transport for the address ${address}`)
    const { clock, random } = platform
    const accept: AcceptLink = (link) => this.begin(link, dialler)
    const isLinked = (): boolean => this.#isLinkedTo(address)
    const dialler = new Dialler({ address, transport, clock, random, accept, isLinked, changed: () => this.changed() })
    this.#diallers.set(dialler, null)
    dialler.dial()
    return () => {
      dialler.stop()
      this.#diallers.get(dialler)?.close(closeCode.normal, 'not wanted any more')
      this.#diallers.delete(dialler)
      this.changed()
    }
  }

  /** Whether an address that names a peer names a neighbour. */
  #isLinkedTo(address: string): boolean {
    const named = address.startsWith('direct:') ? addressBytes(address.slice('direct:'.length)) : null
    return named !== null && this.linkTo(named) !== undefined
  }

  /** Dials once, without keeping the link up; false, and nothing happens, where there is no room for one more. */
  dialOnce(dial: DialOnce, failed: (why: string) => void): boolean {
    const transport = this.#transportFor(dial.address)
    if (transport === undefined || transport.hasRoom?.(dial.isUrgent) === false) return false
    this.#single.dial(transport, dial, failed)
    return true
  }

  wasDialledOnce(link: LinkId): boolean {
    return this.#singleLinks.has(link)
  }

  #transportFor(address: string): Transport | undefined {
    const scheme = address.slice(0, Math.max(0, address.indexOf(':')))
    return this.#options.platform.transports.find((one) => one.schemes.includes(scheme))
  }

  /** The network is back, it seems: who waits to be dialled again is dialled now. */
  hurry(): void {
    for (const dialler of this.#diallers.keys()) dialler.hurry()
  }

  stopDialling(): void {
    for (const dialler of this.#diallers.keys()) dialler.stop()
  }

  closeAll(): void {
    this.#isClosed = true
    this.#stopRefresh?.()
    for (const link of [...this.#links.values()]) link.close(closeCode.goingAway, 'this peer is closing')
  }

  /** Takes a new link, dialled by `dialler` or incoming. */
  begin(link: Link, dialler: Dialler | null): LinkDriver {
    const { platform, instance, features, token } = this.#options
    const driver = new LinkDriver({ id: this.nextId(), link, platform, instance, features, token, owner: this })
    this.#links.set(driver.id, driver)
    if (dialler !== null) this.#diallers.set(dialler, driver)
    if (this.#isClosed) driver.close(closeCode.goingAway, 'this peer is closing')
    else if (this.#links.size > limits.linksMax) driver.close(closeCode.full, 'this peer has as many links as it takes')
    this.changed()
    return driver
  }

  // --- from the links ------------------------------------------------------------------------------------------------

  linked(link: LinkDriver): void {
    if (this.#closeDuplicate(link)) return
    this.#diallerOf(link)?.proved()
    this.hurry()
    this.#options.linked(link)
    this.changed()
  }

  delivered(link: LinkDriver, message: SessionMessage): void {
    this.#options.delivered(link, message)
  }

  drained(link: LinkDriver): void {
    this.#options.drained(link)
  }

  ended(link: LinkDriver, code: number, reason: string): void {
    this.#links.delete(link.id)
    if (link.peer === null) this.#singleLinks.get(link.id)?.(reason)
    this.#singleLinks.delete(link.id)
    this.#options.lost(link)
    const dialler = this.#diallerOf(link)
    if (dialler !== null) {
      this.#diallers.set(dialler, null)
      dialler.lost(code, reason)
    }
    // A dial that was given up because of this link is worth something again.
    if (code !== closeCode.duplicate) for (const other of this.#diallers.keys()) other.linkEnded()
    this.#options.platform.log('debug', 'link ended', { link: link.id, peer: link.peer?.id, code, reason })
    this.changed()
  }

  /** What apps see of bytes and round trips is a second old at most. */
  used(): void {
    if (this.#isClosed) return
    this.#stopRefresh ??= this.#options.platform.clock.setTimer(limits.neighboursRefreshMs, () => {
      this.#stopRefresh = null
      this.changed()
    })
  }

  /**
   * [TR7] One link per pair of peers: the one that travels best. Of two alike, where both dialled, the link dialled by
   * the smaller id stays; where one side dialled twice, that side keeps its older one.
   */
  #closeDuplicate(link: LinkDriver): boolean {
    for (const other of this.#links.values()) {
      if (other === link || !isSamePeer(other, link)) continue
      const better = rankOf(link) - rankOf(other)
      if (better !== 0) {
        // Both ends see the same two paths, so both close the same one.
        const worse = better > 0 ? other : link
        worse.close(closeCode.duplicate, 'there is a better link between these two peers')
        if (worse === link) return true
        continue
      }
      const isOurs = this.#diallerOf(link) !== null
      const wasOurs = this.#diallerOf(other) !== null
      if (isSecondDirect(other, link)) {
        // [TR11] Whoever opens a second direct link has lost the first.
        other.close(closeCode.duplicate, 'a newer direct link took its place')
        continue
      }
      if (isOurs === wasOurs && !isOurs) continue
      const loser = isOurs === wasOurs || isOurs !== this.#isSmallerThan(link) ? link : other
      loser.close(closeCode.duplicate, 'there is another link between these two peers')
      if (loser === link) return true
    }
    return false
  }

  #isSmallerThan(link: LinkDriver): boolean {
    const { id, instance } = this.#options
    return `${id} ${instance.join()}` < `${link.peer?.id} ${link.peer?.instance.join()}`
  }

  #diallerOf(link: LinkDriver): Dialler | null {
    for (const [dialler, current] of this.#diallers) if (current === link) return dialler
    return null
  }

  // --- for apps ------------------------------------------------------------------------------------------------------

  /** Something about a link changed: what apps watch is made anew, once for many changes. */
  changed(): void {
    if (this.#isRefreshing) return
    this.#isRefreshing = true
    void Promise.resolve().then(() => {
      this.#isRefreshing = false
      this.neighbours.set(this.#listNeighbours())
      if (this.#wasOnline === this.isOnline) return
      this.#wasOnline = this.isOnline
      this.#options.onlineChanged()
    })
  }

  #listNeighbours(): readonly Neighbour[] {
    const dialled = [...this.#diallers].flatMap(([dialler, link]): readonly Neighbour[] => {
      const { address, transport, why, refusedWith } = dialler
      if (link !== null) return [{ ...this.#neighbourOf(link), address, why }]
      // The link there is already is listed for itself.
      if (this.#isLinkedTo(address)) return []
      const state = dialler.state === 'dialling' ? 'dialling' : 'waiting'
      const neighbour = notLinked({ address, transport, state, why })
      return [refusedWith === null ? neighbour : { ...neighbour, refusedWith }]
    })
    const own = new Set(this.#diallers.values())
    const incoming = [...this.#links.values()].filter((link) => !own.has(link)).map((link) => this.#neighbourOf(link))
    const listed = new Set([...this.proven()].map((link) => directAddress(link)))
    for (const dialler of this.#diallers.keys()) listed.add(dialler.address)
    return [...dialled, ...incoming, ...this.#single.list((address) => listed.has(address))]
  }

  #neighbourOf(link: LinkDriver): Neighbour {
    const { peer, traits, roundTripMs, bytes } = link
    return {
      id: peer?.id ?? null,
      address: link.link.description,
      transport: link.link.transport,
      isDirect: link.link.isDirect ?? false,
      whyNotDirect: this.#whyNotDirect(link),
      state: peer === null ? 'greeting' : 'linked',
      why: null,
      keeps: traits.keeps,
      roundTripMs,
      bytesIn: bytes.in,
      bytesOut: bytes.out,
    }
  }

  #whyNotDirect(link: LinkDriver): string | null {
    if (link.link.isDirect === true || link.peer === null) return null
    const { platform, features } = this.#options
    if (!features.includes(feature.direct)) return platform.whyNotDirect ?? 'this peer takes no direct links'
    if (!link.peer.features.includes(feature.direct)) return 'the other side takes no direct links'
    const failure = this.#single.whyFailed(directAddress(link))
    return failure === null ? 'reached by its own address' : `could not connect: ${failure}`
  }
}

function directAddress(link: LinkDriver): string {
  return link.address === null ? '' : `direct:${peerAddress(link.address)}`
}

function isSamePeer(a: LinkDriver, b: LinkDriver): boolean {
  return a.peer !== null && b.peer !== null && a.peer.id === b.peer.id && equalBytes(a.peer.instance, b.peer.instance)
}

/** [TR7] How well it travels: within one browser, then by an address of its own, then over a data channel. */
function rankOf({ link: { transport } }: LinkDriver): number {
  if (transport === 'tab') return 2
  return transport === 'webrtc' ? 0 : 1
}

/** Two data channels between the same two peers. */
function isSecondDirect(other: LinkDriver, link: LinkDriver): boolean {
  return other.link.transport === 'webrtc' && link.link.transport === 'webrtc'
}
