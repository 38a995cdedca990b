/**
 * A peer: its documents, its links, its diallers, and who hears of what (PROTOCOL.md [ME1] to [ME4]).
 *
 * A peer that keeps tells its keeping neighbours of every document in memory, so interest spreads from peer to peer
 * and edits find their way across neighbours that never opened an app. Others are only told of what an app here has
 * open; what they open themselves is always answered.
 */
import { encodeUtf8 } from 'lib0/string'
import { KnotworkError } from '../errors.ts'
import { documentName, equalBytes, linkId, peerId, type DocumentName, type LinkId, type PeerId } from '../ids.ts'
import { limits } from '../limits.ts'
import type { SessionMessage } from '../link/link-machine.ts'
import type { AcceptLink, Link, LinkReceiver } from '../ports/transport.ts'
import type { Doc } from '../replica/replica.ts'
import { messageOf } from '../result.ts'
import { closeCode } from '../wire/close-code.ts'
import { feature } from '../wire/message.ts'
import type { MergeOutcome, Neighbour, Peer, PeerOptions, Platform, SharedDocument } from './api.ts'
import { CatalogueDriver } from './catalogue-driver.ts'
import { Dialler } from './dialler.ts'
import { DocumentDriver, type DocumentOwner } from './document-driver.ts'
import { LinkDriver, type LinkOwner } from './link-driver.ts'
import { OpenDocument } from './open-document.ts'
import type { Outlet } from './outlet.ts'
import { Watchable } from './watched.ts'
import { YjsEdge } from './yjs-edge.ts'

/**
 * Opens a peer on a platform: starts listening and dialling, and returns without waiting for any network.
 *
 * @throws KnotworkError `bad-address` when no transport knows the scheme of an address in `connect`.
 */
export async function createPeer(platform: Platform, options: PeerOptions = {}): Promise<Peer> {
  const peer = new EnginePeer(platform, options)
  await peer.start(options.connect ?? [])
  return peer
}

class EnginePeer implements Peer, LinkOwner, DocumentOwner {
  readonly id: PeerId
  readonly platform: Platform
  /** Origin of merging transactions, for apps that ask where a change came from: the peer itself. */
  readonly origin = this
  readonly neighbours: Watchable<readonly Neighbour[]>
  readonly freshClientId: () => number
  readonly #keeps: boolean
  readonly #token: Uint8Array | null
  readonly #instance: Uint8Array
  readonly #features: readonly string[]
  readonly #documents = new Map<DocumentName, DocumentDriver>()
  readonly #links = new Map<LinkId, LinkDriver>()
  readonly #edges = new Map<LinkId, YjsEdge>()
  readonly #diallers = new Map<Dialler, LinkDriver | null>()
  /** Documents that a link brought into memory. */
  readonly #woken = new Map<LinkId, Set<DocumentName>>()
  readonly #catalogue: CatalogueDriver
  #addresses: readonly string[] = []
  #lastLink = 0
  #isClosing: Promise<void> | null = null
  #isRefreshing = false

  constructor(platform: Platform, options: PeerOptions) {
    const { random, identity, storage } = platform
    this.platform = platform
    this.id = peerId(identity.publicKey)
    this.#keeps = options.keeps ?? false
    this.#token = options.token === undefined ? null : encodeUtf8(options.token)
    this.#instance = random.bytes(8)
    this.#features = [...(this.#keeps ? [feature.keeps] : []), ...(storage.durability === 'disk' ? [feature.disk] : [])]
    this.freshClientId = options.freshClientId ?? ((): number => new DataView(random.bytes(4).slice().buffer).getUint32(0))
    this.neighbours = new Watchable<readonly Neighbour[]>([], (thrown) => this.#log('error', 'listener threw', thrown))
    this.#catalogue = new CatalogueDriver({
      clock: platform.clock,
      storage,
      digestOf: (name) => this.#documents.get(name)?.machine.digest ?? null,
      isDone: (name, link) => this.#documents.get(name)?.machine.isDoneWith(link) ?? true,
      open: (name, link) => this.#invite(this.#document(name), link),
      failed: (thrown) => this.#log('error', 'catalogue failed', thrown),
    })
  }

  async start(addresses: readonly string[]): Promise<void> {
    const dialled = await Promise.all(this.platform.transports.map((transport) => transport.listen(this.accept)))
    this.#addresses = dialled.flat()
    for (const address of addresses) this.connect(address)
  }

  #log(level: 'warn' | 'error', event: string, thrown: unknown): void {
    this.platform.log(level, event, { why: messageOf(thrown) })
  }

  // --- for apps ------------------------------------------------------------------------------------------------------

  get addresses(): readonly string[] {
    return this.#addresses
  }

  open(name: string, options: { readonly doc?: Doc } = {}): SharedDocument {
    this.#assertOpen()
    const driver = this.#document(nameOrThrow(name))
    const isFirst = driver.apps === 0
    const document = new OpenDocument(driver, options.doc)
    if (isFirst) for (const link of this.#links.values()) if (link.peer !== null) this.#invite(driver, link)
    return document
  }

  documents(): AsyncIterable<string> {
    return this.platform.storage.list()
  }

  async read(name: string): Promise<Uint8Array | null> {
    const driver = this.#document(nameOrThrow(name))
    const update = await this.#ask(driver)
    if (update !== null || !this.isOnline) return update
    // Not here: a neighbour that keeps it may send it.
    const arrived = driver.until(() => driver.machine.summary().level > 0)
    await Promise.race([arrived.done, this.#delay(limits.readElsewhereMs)])
    arrived.cancel()
    return this.#ask(driver)
  }

  async #ask(driver: DocumentDriver): Promise<Uint8Array | null> {
    const settled = await driver.request(null)
    if (settled.type === 'failed') throw new KnotworkError('storage', settled.why)
    return settled.type === 'snapshot' && settled.update !== null && settled.update.byteLength > 2 ? settled.update : null
  }

  async merge(name: string, update: Uint8Array): Promise<MergeOutcome> {
    this.#assertOpen()
    const settled = await this.#document(nameOrThrow(name)).request(update)
    if (settled.type === 'failed') throw new KnotworkError('storage', settled.why)
    if (settled.type === 'snapshot') return { type: 'known' }
    const { merged } = settled
    if (merged.type === 'news') return { type: 'stored' }
    return merged.type === 'known' ? { type: 'known' } : merged
  }

  connect(address: string): () => void {
    this.#assertOpen()
    const scheme = address.slice(0, Math.max(0, address.indexOf(':')))
    const transport = this.platform.transports.find((one) => one.schemes.includes(scheme))
    if (transport === undefined) throw new KnotworkError('bad-address', `no transport for the address ${address}`)
    const { clock, random } = this.platform
    const accept: AcceptLink = (link) => this.#begin(link, dialler)
    const dialler = new Dialler({ address, transport, clock, random, accept, changed: () => this.changed() })
    this.#diallers.set(dialler, null)
    dialler.dial()
    return () => {
      dialler.stop()
      this.#diallers.get(dialler)?.close(closeCode.normal, 'not wanted any more')
      this.#diallers.delete(dialler)
      this.changed()
    }
  }

  attachYjs(name: string, link: Link): LinkReceiver {
    const checked = documentName(name)
    if (!checked.ok || this.#isClosing !== null) {
      link.close(checked.ok ? closeCode.goingAway : closeCode.garbage, checked.ok ? 'this peer is closing' : checked.error)
      return { received: () => undefined, closed: () => undefined }
    }
    const driver = this.#document(checked.value)
    const id = this.#nextLink()
    const edge: YjsEdge = new YjsEdge({
      id,
      name: driver.name,
      link,
      clock: this.platform.clock,
      push: (event) => driver.push(event),
      ended: () => void this.#edges.delete(id),
    })
    this.#edges.set(id, edge)
    return edge
  }

  close(): Promise<void> {
    this.#isClosing ??= this.#leave()
    return this.#isClosing
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  #assertOpen(): void {
    if (this.#isClosing !== null) throw new KnotworkError('closed', 'this peer was closed')
  }

  /** [ME4] Nothing is lost by closing: own presence leaves, the log is written, then the links end. */
  async #leave(): Promise<void> {
    for (const dialler of this.#diallers.keys()) dialler.stop()
    const unwritten = [...this.#documents.values()].map((driver) => {
      if (driver.presence.getLocalState() !== null) driver.presence.setLocalState(null)
      return driver.until(() => driver.machine.isSettled).done
    })
    await Promise.race([Promise.all(unwritten), this.#delay(limits.closeMs)])
    for (const outlet of [...this.#links.values(), ...this.#edges.values()]) outlet.close(closeCode.goingAway, 'this peer is closing')
    for (const driver of this.#documents.values()) driver.stop()
    this.#catalogue.stop()
    for (const transport of this.platform.transports) await transport[Symbol.asyncDispose]()
    await this.platform.storage[Symbol.asyncDispose]()
  }

  #delay(delayMs: number): Promise<void> {
    return new Promise((resolve) => void this.platform.clock.setTimer(delayMs, resolve))
  }

  // --- links ---------------------------------------------------------------------------------------------------------

  readonly accept: AcceptLink = (link) => this.#begin(link, null)

  #nextLink(): LinkId {
    return linkId(++this.#lastLink)
  }

  #begin(link: Link, dialler: Dialler | null): LinkReceiver {
    const driver = new LinkDriver({
      id: this.#nextLink(),
      link,
      platform: this.platform,
      instance: this.#instance,
      features: this.#features,
      token: this.#token,
      owner: this,
    })
    this.#links.set(driver.id, driver)
    if (dialler !== null) this.#diallers.set(dialler, driver)
    if (this.#isClosing !== null) driver.close(closeCode.goingAway, 'this peer is closing')
    else if (this.#links.size > limits.linksMax) driver.close(closeCode.full, 'this peer has as many links as it takes')
    this.changed()
    return driver
  }

  linked(link: LinkDriver): void {
    if (this.#closeDuplicate(link)) return
    this.#diallerOf(link)?.proved()
    for (const driver of this.#documents.values()) if (this.#isToldOf(driver, link)) this.#invite(driver, link)
    if (this.#keeps && link.traits.keeps) this.#catalogue.linked(link)
    this.changed()
  }

  /**
   * [TR7] One link per pair of peers. Where both dialled, the link dialled by the smaller id stays; where one side
   * dialled twice, that side keeps its older one.
   */
  #closeDuplicate(link: LinkDriver): boolean {
    for (const other of this.#links.values()) {
      if (other === link || !isSamePeer(other, link)) continue
      const isOurs = this.#diallerOf(link) !== null
      const wasOurs = this.#diallerOf(other) !== null
      if (isOurs === wasOurs && !isOurs) continue
      const theirs = `${link.peer?.id} ${link.peer?.instance.join()}`
      const keepOurs = `${this.id} ${this.#instance.join()}` < theirs
      const loser = isOurs === wasOurs || isOurs !== keepOurs ? link : other
      loser.close(closeCode.duplicate, 'there is another link between these two peers')
      if (loser === link) return true
    }
    return false
  }

  #diallerOf(link: LinkDriver): Dialler | null {
    for (const [dialler, current] of this.#diallers) if (current === link) return dialler
    return null
  }

  drained(link: LinkDriver): void {
    for (const driver of this.#documents.values()) driver.push({ type: 'drained', link: link.id })
  }

  ended(link: LinkDriver, code: number, reason: string): void {
    this.#links.delete(link.id)
    this.#woken.delete(link.id)
    this.#catalogue.lost(link.id)
    for (const driver of this.#documents.values()) driver.push({ type: 'left', link: link.id, isLost: true })
    const dialler = this.#diallerOf(link)
    if (dialler !== null) {
      this.#diallers.set(dialler, null)
      dialler.lost(code, reason)
    }
    // A dial that was given up because of this link is worth something again.
    if (code !== closeCode.duplicate) for (const other of this.#diallers.keys()) other.linkEnded()
    this.platform.log('debug', 'link ended', { link: link.id, peer: link.peer?.id, code, reason })
    this.changed()
  }

  /** Something about a link changed: what apps watch is made anew, once for many changes. */
  changed(): void {
    if (this.#isRefreshing) return
    this.#isRefreshing = true
    void Promise.resolve().then(() => {
      this.#isRefreshing = false
      const wasOnline = this.#wasOnline
      this.#wasOnline = this.isOnline
      this.neighbours.set(this.#listNeighbours())
      if (wasOnline !== this.isOnline) for (const driver of this.#documents.values()) driver.refresh()
    })
  }

  #wasOnline = false

  get isOnline(): boolean {
    for (const link of this.#links.values()) if (link.peer !== null) return true
    return false
  }

  #listNeighbours(): readonly Neighbour[] {
    const dialled = [...this.#diallers].map(([dialler, link]): Neighbour => {
      const { address, transport, why } = dialler
      if (link !== null) return { ...neighbourOf(link), address, why }
      const state = dialler.state === 'dialling' ? 'dialling' : 'waiting'
      return { id: null, address, transport, state, why, keeps: false, roundTripMs: null, bytesIn: 0, bytesOut: 0 }
    })
    const own = new Set(this.#diallers.values())
    const incoming = [...this.#links.values()].filter((link) => !own.has(link)).map(neighbourOf)
    return [...dialled, ...incoming]
  }

  // --- documents -----------------------------------------------------------------------------------------------------

  outlet(link: LinkId): Outlet | undefined {
    return this.#links.get(link) ?? this.#edges.get(link)
  }

  #document(name: DocumentName): DocumentDriver {
    const known = this.#documents.get(name)
    if (known !== undefined) return known
    const driver = new DocumentDriver(name, this)
    this.#documents.set(name, driver)
    return driver
  }

  /** [ME1] [ME2] */
  #isToldOf(driver: DocumentDriver, link: LinkDriver): boolean {
    if (link.peer === null) return false
    return driver.apps > 0 || (this.#keeps && link.traits.keeps && driver.machine.replica !== null)
  }

  #invite(driver: DocumentDriver, link: LinkDriver | LinkId): void {
    const outlet = typeof link === 'number' ? this.#links.get(link) : link
    if (outlet !== undefined) driver.push({ type: 'invited', link: outlet.id, traits: outlet.traits })
  }

  awoke(driver: DocumentDriver): void {
    for (const link of this.#links.values()) if (this.#isToldOf(driver, link)) this.#invite(driver, link)
  }

  slept(driver: DocumentDriver): void {
    for (const names of this.#woken.values()) names.delete(driver.name)
    if (!this.#keeps) {
      for (const link of this.#links.values()) {
        link.closeDocument(driver.name)
        driver.push({ type: 'left', link: link.id, isLost: true })
      }
    }
    void driver.idle().then(() => {
      if (!driver.machine.isForgettable || this.#documents.get(driver.name) !== driver) return
      if (this.#keeps && driver.machine.digest !== null) return
      driver.stop()
      this.#documents.delete(driver.name)
    })
  }

  delivered(link: LinkDriver, message: SessionMessage): void {
    switch (message.type) {
      case 'open':
        return this.#opened(link, message)
      case 'document': {
        const name = link.numbers.their(message.number)
        const driver = name === undefined ? undefined : this.#documents.get(name)
        if (driver === undefined) return link.send({ type: 'unknown', yours: message.number })
        return driver.push({ type: 'received', link: link.id, message: message.message })
      }
      case 'close': {
        const name = link.numbers.their(message.number)
        link.numbers.forget(message.number)
        if (name !== undefined) this.#documents.get(name)?.push({ type: 'left', link: link.id, isLost: false })
        return
      }
      case 'decline': {
        const name = link.numbers.ownName(message.yours)
        if (name !== undefined) this.#documents.get(name)?.push({ type: 'left', link: link.id, isLost: false })
        return
      }
      case 'unknown':
        return this.#reopen(link, message.yours)
      case 'catalogue': {
        const entries = message.entries.flatMap(({ name, digest }) => {
          const checked = documentName(name)
          return checked.ok ? [{ name: checked.value, digest }] : []
        })
        // What somebody else keeps concerns only those who keep everything.
        if (this.#keeps) this.#catalogue.heard(link.id, entries)
        return
      }
    }
  }

  #opened(link: LinkDriver, message: Extract<SessionMessage, { type: 'open' }>): void {
    const checked = documentName(message.name)
    if (!checked.ok) return link.close(closeCode.garbage, checked.error)
    const name = checked.value
    if (!link.numbers.learn(message.number, name)) {
      return link.send({ type: 'decline', yours: message.number, reason: 'limit' })
    }
    const event = { type: 'joined', link: link.id, traits: link.traits, have: message.have } as const
    const known = this.#documents.get(name)
    if (known?.machine.replica !== undefined && known.machine.replica !== null) return known.push(event)
    if (this.#keeps) {
      if (!this.#mayWake(link, name)) return link.declineDocument(name, 'limit')
      return this.#document(name).push(event)
    }
    void this.#joinIfStored(link, name, event)
  }

  /** A peer that does not keep everything still serves what it has. */
  async #joinIfStored(link: LinkDriver, name: DocumentName, event: Parameters<DocumentDriver['push']>[0]): Promise<void> {
    let isStored = false
    try {
      isStored = (await this.platform.storage.load(name)).updates.length > 0
    } catch (thrown) {
      this.#log('error', 'load failed', thrown)
    }
    if (isStored || this.#documents.has(name)) this.#document(name).push(event)
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

  /** They lost our `open`: say it again. */
  #reopen(link: LinkDriver, number: number): void {
    const name = link.numbers.ownName(number)
    const driver = name === undefined ? undefined : this.#documents.get(name)
    if (driver === undefined) return
    driver.push({ type: 'left', link: link.id, isLost: true })
    this.#invite(driver, link)
  }
}

function nameOrThrow(name: string): DocumentName {
  const checked = documentName(name)
  if (!checked.ok) throw new KnotworkError('bad-name', checked.error)
  return checked.value
}

function isSamePeer(a: LinkDriver, b: LinkDriver): boolean {
  return a.peer !== null && b.peer !== null && a.peer.id === b.peer.id && equalBytes(a.peer.instance, b.peer.instance)
}

function neighbourOf(link: LinkDriver): Neighbour {
  const { peer, traits, roundTripMs, bytes } = link
  return {
    id: peer?.id ?? null,
    address: link.link.description,
    transport: link.link.transport,
    state: peer === null ? 'greeting' : 'linked',
    why: null,
    keeps: traits.keeps,
    roundTripMs,
    bytesIn: bytes.in,
    bytesOut: bytes.out,
  }
}
