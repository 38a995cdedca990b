/** A peer: its documents and its links put together, and what an app may do with them. */
import { utf8 } from '../bytes.ts'
import { KnotworkError } from '../errors.ts'
import { isVersionsName } from '../history/named-versions.ts'
import { documentName, peerId, type DocumentName, type PeerId } from '../ids.ts'
import { limits } from '../limits.ts'
import type { SessionMessage } from '../link/link-machine.ts'
import type { AcceptLink, Link, LinkReceiver } from '../ports/transport.ts'
import type { Doc } from '../replica/replica.ts'
import { closeCode } from '../wire/close-code.ts'
import { feature } from '../wire/message.ts'
import type { MergeOutcome, Neighbour, Peer, PeerOptions, Platform, SharedDocument, YjsClientOptions } from './api.ts'
import type { DocumentDriver } from './document-driver.ts'
import { DocumentSet } from './document-set.ts'
import type { LinkDriver } from './link-driver.ts'
import { LinkSet } from './link-set.ts'
import { SignalDriver } from './signal-driver.ts'
import { OpenDocument } from './open-document.ts'
import type { Versions } from './versions-api.ts'
import { DocumentVersions } from './versions.ts'
import type { Watched } from './watched.ts'

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

class EnginePeer implements Peer {
  readonly id: PeerId
  readonly #platform: Platform
  readonly #links: LinkSet
  readonly #documents: DocumentSet
  readonly #signals: SignalDriver
  readonly #freshClientId: () => number
  #addresses: readonly string[] = []
  #closing: Promise<void> | null = null
  #forgetOnline: (() => void) | undefined

  constructor(platform: Platform, options: PeerOptions) {
    const { random, identity, storage } = platform
    this.#platform = platform
    this.id = peerId(identity.publicKey)
    const keeps = options.keeps ?? false
    const instance = random.bytes(8)
    this.#freshClientId =
      options.freshClientId ?? ((): number => new DataView(random.bytes(4).slice().buffer).getUint32(0))
    const own = new Uint8Array(40)
    own.set(identity.publicKey)
    own.set(instance, 32)
    const isDirect = platform.transports.some((transport) => transport.useSignals !== undefined)
    this.#links = new LinkSet({
      platform,
      id: this.id,
      instance,
      features: [
        ...(keeps ? [feature.keeps] : []),
        ...(storage.durability === 'disk' ? [feature.disk] : []),
        ...(isDirect ? [feature.direct] : []),
      ],
      token: options.token === undefined ? null : utf8(options.token),
      linked: (link) => this.#documents.linked(link),
      delivered: (link, message) => this.#delivered(link, message),
      drained: (link) => this.#documents.drained(link),
      lost: (link) => {
        this.#signals.lost(link.id)
        this.#documents.lost(link)
      },
      onlineChanged: () => this.#documents.onlineChanged(),
    })
    this.#signals = new SignalDriver({ platform, links: this.#links, own, keeps })
    this.#documents = new DocumentSet({
      platform,
      own,
      isDirect,
      dialsMembers: options.dialsMembers ?? true,
      links: this.#links,
      keeps,
      // Apps that ask where a change came from see this peer.
      origin: this,
      freshClientId: this.#freshClientId,
    })
  }

  #delivered(link: LinkDriver, message: SessionMessage): void {
    if (message.type === 'signal' || message.type === 'unreachable') this.#signals.received(link, message)
    else this.#documents.delivered(link, message)
  }

  async start(addresses: readonly string[]): Promise<void> {
    const dialable = await Promise.all(this.#platform.transports.map((transport) => transport.listen(this.accept)))
    this.#addresses = dialable.flat()
    for (const address of addresses) this.connect(address)
    this.#forgetOnline = this.#platform.whenOnline?.(() => this.#links.hurry())
  }

  get neighbours(): Watched<readonly Neighbour[]> {
    return this.#links.neighbours
  }

  get addresses(): readonly string[] {
    return this.#addresses
  }

  readonly accept: AcceptLink = (link) => this.#links.begin(link, null)

  open(name: string, options: { readonly doc?: Doc } = {}): SharedDocument {
    this.#assertOpen()
    const driver = this.#documents.get(nameOrThrow(name))
    const isFirst = driver.apps === 0
    const document = new OpenDocument(driver, (change) => this.#versionsOf(driver.name, change), options.doc)
    if (isFirst) this.#documents.opened(driver)
    return document
  }

  connect(address: string): () => void {
    this.#assertOpen()
    return this.#links.connect(address)
  }

  get documentsInMemory(): number {
    return [...this.#documents.all()].filter(({ machine }) => machine.replica !== null).length
  }

  async *documents(): AsyncGenerator<string> {
    for await (const { name } of this.#platform.storage.list()) if (!isVersionsName(name)) yield name
  }

  versions(name: string): Versions {
    this.#assertOpen()
    const checked = nameOrThrow(name)
    return this.#versionsOf(checked, async (update) => {
      const outcome = await this.merge(checked, update)
      if (outcome.type === 'refused') throw new KnotworkError('too-large', outcome.why)
    })
  }

  #versionsOf(name: DocumentName, change: (update: Uint8Array) => Promise<void>): Versions {
    const { storage, random } = this.#platform
    return new DocumentVersions({
      name,
      by: this.id,
      storage,
      random,
      freshClientId: this.#freshClientId,
      current: () => this.read(name),
      change,
      useDocument: (companion, use) => this.#useDocument(companion, use),
    })
  }

  async #useDocument<Value>(name: DocumentName, use: (doc: Doc) => Value): Promise<Value> {
    using document = this.open(name)
    await document.loaded
    // Somebody may know more of it.
    const driver = this.#documents.get(name)
    const isHeard = (): boolean => [...this.#links.proven()].every(({ id }) => driver.machine.isDoneWith(id))
    const heard = driver.until(isHeard)
    await this.#within(heard.done, limits.readElsewhereMs)
    heard.cancel()
    const value = use(document.doc)
    await document.stored()
    return value
  }

  async read(name: string): Promise<Uint8Array | null> {
    this.#assertOpen()
    const driver = this.#documents.get(nameOrThrow(name))
    const update = await this.#ask(driver)
    if (update !== null || !this.#links.isOnline) return update
    // Not here: a neighbour that keeps it may send it.
    const arrived = driver.until(() => driver.machine.summary().level > 0)
    await this.#within(arrived.done, limits.readElsewhereMs)
    arrived.cancel()
    return this.#ask(driver)
  }

  async #ask(driver: DocumentDriver): Promise<Uint8Array | null> {
    const settled = await driver.request(null)
    if (settled.type === 'failed') throw new KnotworkError('storage', settled.why)
    // Two bytes: no structs, no deletes.
    const isBlank = settled.type !== 'snapshot' || settled.update === null || settled.update.byteLength <= 2
    return isBlank ? null : settled.update
  }

  async merge(name: string, update: Uint8Array): Promise<MergeOutcome> {
    this.#assertOpen()
    const settled = await this.#documents.get(nameOrThrow(name)).request(update)
    if (settled.type === 'failed') throw new KnotworkError('storage', settled.why)
    if (settled.type === 'snapshot') return { type: 'known' }
    const { merged } = settled
    if (merged.type === 'news') return { type: 'stored' }
    return merged.type === 'known' ? { type: 'known' } : merged
  }

  attachYjs(name: string, link: Link, options?: YjsClientOptions): LinkReceiver {
    const checked = documentName(name)
    if (checked.ok && this.#closing === null) return this.#documents.attachYjs(checked.value, link, options)
    if (checked.ok) link.close(closeCode.goingAway, 'this peer is closing')
    else link.close(closeCode.garbage, checked.error)
    return { received: () => undefined, closed: () => undefined }
  }

  close(): Promise<void> {
    this.#closing ??= this.#leave()
    return this.#closing
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  #assertOpen(): void {
    if (this.#closing !== null) throw new KnotworkError('closed', 'this peer was closed')
  }

  /** [ME4] Nothing is lost by closing: own presence leaves, the log is written, then the links end. */
  async #leave(): Promise<void> {
    this.#forgetOnline?.()
    this.#links.stopDialling()
    this.#documents.letGo()
    const unwritten = [...this.#documents.all()].map((driver) => {
      if (driver.presence.getLocalState() !== null) driver.presence.setLocalState(null)
      driver.push({ type: 'leaving' })
      return driver.until(() => driver.machine.isSettled && driver.presence.isTold).done
    })
    await this.#within(Promise.all(unwritten), limits.closeMs)
    this.#links.closeAll()
    this.#documents.stop()
    for (const transport of this.#platform.transports) await transport[Symbol.asyncDispose]()
    await this.#platform.storage[Symbol.asyncDispose]()
  }

  /** Waits for a promise, but not longer than that; leaves no timer behind. */
  #within(promise: Promise<unknown>, delayMs: number): Promise<void> {
    return new Promise((resolve) => {
      const cancel = this.#platform.clock.setTimer(delayMs, resolve)
      const over = (): void => {
        cancel()
        resolve()
      }
      promise.then(over, over)
    })
  }
}

function nameOrThrow(name: string): DocumentName {
  const checked = documentName(name)
  if (!checked.ok) throw new KnotworkError('bad-name', checked.error)
  return checked.value
}
