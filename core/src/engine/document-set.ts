/**
 * All documents of a peer, and who hears of which (PROTOCOL.md [ME1] to [ME3]).
 *
 * A peer that keeps tells its keeping neighbours of every document in memory, so interest spreads from peer to peer
 * and edits find their way across neighbours where no app has the document open. Others are only told of what an app
 * here has open; what they open themselves is always answered.
 */
import { equalBytes } from '../bytes.ts'
import { documentName, type Digest, type DocumentName, type LinkId } from '../ids.ts'
import { limits } from '../limits.ts'
import type { SessionMessage } from '../link/link-machine.ts'
import type { Link, LinkReceiver } from '../ports/transport.ts'
import { digestOfNothing } from '../replica/digest.ts'
import { messageOf, unreachable } from '../result.ts'
import type { SyncEvent } from '../sync/sync-events.ts'
import { closeCode } from '../wire/close-code.ts'
import type { AddressBytes } from '../wire/message.ts'
import type { Platform, YjsClientOptions } from './api.ts'
import { CatalogueDriver, type Outcome } from './catalogue-driver.ts'
import { ColdDigests } from './cold-digests.ts'
import { DocumentDriver, type DocumentOwner } from './document-driver.ts'
import type { LinkDriver } from './link-driver.ts'
import type { LinkSet } from './link-set.ts'
import { Mesh } from './mesh.ts'
import type { Outlet } from './outlet.ts'
import { YjsEdge } from './yjs-edge.ts'

export interface DocumentSetOptions {
  readonly platform: Platform
  readonly links: LinkSet
  readonly keeps: boolean
  readonly origin: unknown
  readonly freshClientId: () => number
  /** This peer's own address, and whether it takes direct links, and dials some by itself. */
  readonly own: AddressBytes
  readonly isDirect: boolean
  readonly dialsMembers: boolean
}

export class DocumentSet implements DocumentOwner {
  readonly platform: Platform
  readonly origin: unknown
  readonly freshClientId: () => number
  readonly #links: LinkSet
  readonly #keeps: boolean
  readonly #documents = new Map<DocumentName, DocumentDriver>()
  readonly #edges = new Map<LinkId, YjsEdge>()
  /** Documents that a link brought into memory. */
  readonly #woken = new Map<LinkId, Set<DocumentName>>()
  /** Documents that their apps have taken offline. */
  readonly #apart = new Set<DocumentName>()
  readonly #digests = new ColdDigests()
  readonly #catalogue: CatalogueDriver
  readonly #mesh: Mesh

  constructor(options: DocumentSetOptions) {
    const { platform, links, keeps, origin, freshClientId, own, isDirect, dialsMembers } = options
    const { clock, random, transports } = platform
    this.platform = platform
    this.origin = origin
    this.freshClientId = freshClientId
    this.#links = links
    this.#keeps = keeps
    const fraction = (): number => random.fraction()
    const linksOwnInstances = transports.some((transport) => transport.linksOwnInstances === true)
    this.#mesh = new Mesh({ links, clock, fraction, own, isDirect, dialsMembers, keeps, linksOwnInstances })
    this.#catalogue = new CatalogueDriver({
      clock,
      random,
      storage: platform.storage,
      own,
      digestOf: (name) => this.#digestOf(name),
      isDone: (name, link) => this.#documents.get(name)?.machine.isDoneWith(link) ?? true,
      open: (name, link) => this.#invite(this.get(name), this.#links.get(link)),
      rest: (name) => this.#documents.get(name)?.push({ type: 'rested' }),
      compared: (link, outcome) => this.#compared(link, outcome),
      failed: (thrown) => this.#warn('catalogue failed', thrown),
    })
  }

  /** The driver of a document, made when there is none. */
  get(name: DocumentName): DocumentDriver {
    const known = this.#documents.get(name)
    if (known !== undefined) return known
    const driver = new DocumentDriver(name, this)
    this.#documents.set(name, driver)
    return driver
  }

  all(): Iterable<DocumentDriver> {
    return this.#documents.values()
  }

  /** An app has opened the document: all neighbours hear of it. */
  opened(driver: DocumentDriver): void {
    this.#mesh.began(driver.name)
    for (const link of this.#links.proven()) this.#invite(driver, link)
  }

  attachYjs(name: DocumentName, link: Link, client?: YjsClientOptions): LinkReceiver {
    const driver = this.get(name)
    const id = this.#links.nextId()
    const push = (event: SyncEvent): void => driver.push(event)
    const ended = (): void => void this.#edges.delete(id)
    const edge = new YjsEdge({ id, name, link, clock: this.platform.clock, push, ended, client })
    this.#edges.set(id, edge)
    return edge
  }

  /** What clients of other wires have said is with its document before the peer waits for its log. */
  letGo(): void {
    for (const edge of this.#edges.values()) edge.letGo()
  }

  stop(): void {
    for (const edge of [...this.#edges.values()]) edge.close(closeCode.goingAway, 'this peer is closing')
    for (const driver of this.#documents.values()) driver.stop()
    this.#catalogue.stop()
    this.#mesh.stop()
  }

  #warn(event: string, thrown: unknown): void {
    this.platform.log('error', event, { why: messageOf(thrown) })
  }

  // --- for the documents ---------------------------------------------------------------------------------------------

  outlet(link: LinkId): Outlet | undefined {
    return this.#links.get(link) ?? this.#edges.get(link)
  }

  get isOnline(): boolean {
    return this.#links.isOnline
  }

  /** [ME1] [ME2] [ME6] */
  #isToldOf(driver: DocumentDriver, link: LinkDriver): boolean {
    if (driver.isApart) return false
    return driver.apps > 0 || (this.#keeps && link.traits.keeps && driver.machine.replica !== null)
  }

  #invite(driver: DocumentDriver, link: LinkDriver | undefined): void {
    if (link === undefined || driver.isApart) return
    driver.push({ type: 'invited', link: link.id, traits: link.traits })
  }

  /** [ME6] */
  reached(driver: DocumentDriver): void {
    if (driver.isApart === this.#apart.has(driver.name)) return
    if (driver.isApart) {
      this.#apart.add(driver.name)
      this.#mesh.ended(driver.name)
      this.#closeEverywhere(driver)
    } else {
      this.#apart.delete(driver.name)
      if (driver.apps > 0) this.opened(driver)
    }
  }

  awoke(driver: DocumentDriver): void {
    for (const link of this.#links.proven()) if (this.#isToldOf(driver, link)) this.#invite(driver, link)
  }

  /** [ME3] An idle document costs nothing: unless a guest has it open, it is closed on every link and forgotten. */
  slept(driver: DocumentDriver): void {
    this.#mesh.ended(driver.name)
    for (const names of this.#woken.values()) names.delete(driver.name)
    const { machine, name } = driver
    if (machine.digest !== null && !equalBytes(machine.digest, digestOfNothing)) this.#digests.set(name, machine.digest)
    if (this.#keeps && machine.neighbours.hasGuests) return
    this.#closeEverywhere(driver)
    const forget = (): void => {
      if (!machine.isForgettable || this.#documents.get(name) !== driver) return
      driver.stop()
      this.#documents.delete(name)
    }
    driver.idle().then(forget, forget)
  }

  #closeEverywhere(driver: DocumentDriver): void {
    const { machine, name } = driver
    for (const link of this.#links.proven()) {
      link.noteSent(machine.neighbours.get(link.id)?.sent ?? 0)
      link.closeDocument(name)
      driver.push({ type: 'left', link: link.id, how: 'lost' })
    }
    this.#mesh.forgot(name)
  }

  #digestOf(name: DocumentName): Digest | null {
    const driver = this.#documents.get(name)
    return driver === undefined ? this.#digests.get(name) : driver.machine.digest
  }

  // --- from the links ------------------------------------------------------------------------------------------------

  linked(link: LinkDriver): void {
    const isCompared = this.#keeps && link.traits.keeps
    for (const driver of this.#documents.values()) {
      // What nobody uses can wait until it is known whether it differs.
      if (this.#isToldOf(driver, link) && (!isCompared || driver.isUsed)) this.#invite(driver, link)
    }
    if (isCompared) this.#catalogue.linked(link)
    this.#mesh.linked(link)
  }

  /** [CA9] Of what was compared and is equal nothing is said until it changes. */
  #compared(link: LinkDriver, outcome: Outcome): void {
    for (const driver of this.#documents.values()) {
      if (!this.#isToldOf(driver, link)) continue
      const digest = outcome.get(driver.name)
      if (digest === undefined) this.#invite(driver, link)
      else if (digest !== null) driver.push({ type: 'found', link: link.id, traits: link.traits, digest })
    }
  }

  lost(link: LinkDriver): void {
    this.#woken.delete(link.id)
    this.#catalogue.lost(link)
    this.#mesh.lost(link)
    for (const driver of this.#documents.values()) driver.push({ type: 'left', link: link.id, how: 'lost' })
  }

  drained(link: LinkDriver): void {
    for (const driver of this.#documents.values()) driver.push({ type: 'drained', link: link.id })
  }

  onlineChanged(): void {
    for (const driver of this.#documents.values()) driver.push({ type: 'woke' })
  }

  delivered(link: LinkDriver, message: Exclude<SessionMessage, { type: 'signal' | 'unreachable' }>): void {
    switch (message.type) {
      case 'open':
        return this.#openedBy(link, message)
      case 'document': {
        const driver = this.#named(link.numbers.their(message.number))
        if (driver?.isApart === true) return undefined
        if (driver !== undefined) return driver.push({ type: 'received', link: link.id, message: message.message })
        // An acknowledgement of what is closed here says nothing new, and an answer would have it opened again.
        return message.message.type === 'stored' ? undefined : link.send({ type: 'unknown', yours: message.number })
      }
      case 'close':
        return this.#closedBy(link, message.number)
      case 'decline':
        return this.#declinedBy(link, message.yours)
      case 'unknown':
        return this.#named(link.numbers.ownName(message.yours))?.push({ type: 'unheard', link: link.id })
      case 'members':
      case 'membersQuery':
        return this.#mesh.heard(link, message)
      case 'catalogue':
      case 'symbols':
      case 'more':
      case 'differ':
        // [CA3] What somebody keeps concerns only those who keep everything.
        return this.#keeps && link.traits.keeps ? this.#catalogue.heard(link, message) : undefined
      default:
        unreachable(message)
    }
  }

  #closedBy(link: LinkDriver, number: number): void {
    const name = link.numbers.their(number)
    this.#named(name)?.push({ type: 'left', link: link.id, how: 'closed' })
    if (name !== undefined) this.#mesh.parted(name, link)
    link.numbers.forget(number)
  }

  #named(name: DocumentName | undefined): DocumentDriver | undefined {
    return name === undefined ? undefined : this.#documents.get(name)
  }

  #openedBy(link: LinkDriver, message: Extract<SessionMessage, { type: 'open' }>): void {
    const checked = documentName(message.name)
    if (!checked.ok) return link.close(closeCode.garbage, checked.error)
    const name = checked.value
    const before = link.numbers.theirNumber(name) ?? message.number
    // An `open` that was overtaken by a later one; or a later one that has overtaken the `close` before it.
    if (message.number < before) return
    if (message.number > before) this.#closedBy(link, before)
    if (!link.numbers.learn(message.number, name)) {
      return link.send({ type: 'decline', yours: message.number, reason: 'limit' })
    }
    const event = { type: 'joined', link: link.id, traits: link.traits, have: message.have } as const
    const known = this.#documents.get(name)
    if (known?.isApart === true) return link.declineDocument(name, 'absent')
    if (known !== undefined && known.machine.replica !== null) return this.#join(link, known, event)
    if (!this.#keeps) return void this.#joinIfStored(link, name, event)
    if (!this.#mayWake(link, name)) return link.declineDocument(name, 'limit')
    return this.#join(link, this.get(name), event)
  }

  #join(link: LinkDriver, driver: DocumentDriver, event: SyncEvent): void {
    driver.push(event)
    this.#mesh.joined(driver.name, link)
  }

  /** A peer that does not keep everything still serves what it has. */
  async #joinIfStored(link: LinkDriver, name: DocumentName, event: SyncEvent): Promise<void> {
    let isStored = false
    try {
      isStored = (await this.platform.storage.load(name)).updates.length > 0
    } catch (thrown) {
      this.#warn('load failed', thrown)
    }
    // Meanwhile the link may have ended, or they may have closed the document: nobody would ever take that back.
    if (this.#links.get(link.id) !== link || link.numbers.theirNumber(name) === undefined) return
    if (isStored || this.#documents.has(name)) this.#join(link, this.get(name), event)
    else link.declineDocument(name, 'absent')
  }

  /** A stranger may not fill our memory with replicas. */
  #mayWake(link: LinkDriver, name: DocumentName): boolean {
    if (link.traits.keeps) return true
    const names = this.#woken.get(link.id) ?? new Set<DocumentName>()
    this.#woken.set(link.id, names)
    if (names.size >= limits.liveDocumentsPerLinkMax) return false
    names.add(name)
    return true
  }

  /** The number is burnt: a `decline` that comes twice must not end what began after it. */
  #declinedBy(link: LinkDriver, number: number): void {
    const name = link.numbers.ownName(number)
    if (name === undefined) return
    link.numbers.take(name)
    this.#named(name)?.push({ type: 'left', link: link.id, how: 'declined' })
    this.#mesh.parted(name, link)
  }
}
