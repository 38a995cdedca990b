/** Whole peers in one process: links, storages and time in the hands of the test. */
import type { DocumentName } from '../src/ids.ts'
import type { Peer, PeerOptions, Platform } from '../src/engine/api.ts'
import { MemoryDisk, MemoryStorage } from '../src/engine/memory-storage.ts'
import { createPeer } from '../src/engine/peer.ts'
import { DirectTransport } from '../src/direct/direct-transport.ts'
import type { AcceptLink, Link, LinkReceiver, Transport } from '../src/ports/transport.ts'
import type { HistoryStorage } from '../src/ports/history-storage.ts'
import type { ListedDocument, Merge, Storage, StoredDocument } from '../src/ports/storage.ts'
import type { SignalReceiver, Signals } from '../src/ports/signals.ts'
import { decodeMessage } from '../src/wire/codec.ts'
import type { LinkMessage } from '../src/wire/message.ts'
import { MemoryNetwork, MemoryTransport } from '../../test/doubles/memory-transport.ts'
import { FakeClock } from './fake-clock.ts'
import { FakeRtc } from './fake-rtc.ts'
import { testCrypto, TestIdentity } from './identities.ts'
import { SeededRandom } from './seeded-random.ts'

export interface WorldPeerOptions extends PeerOptions {
  /** What its storage says of itself; default `disk`. */
  readonly durability?: Storage['durability']
  /** A disk from before. */
  readonly disk?: MemoryDisk
  /** Of its identity; default: the next number. */
  readonly seed?: number
  /** It takes direct links. */
  readonly isDirect?: boolean
  /** A transport that comes before the others. */
  readonly also?: Transport
}

export interface WorldPeer {
  readonly peer: Peer
  readonly address: string
  readonly disk: MemoryDisk
  readonly storage: TestStorage
  readonly transport: TappedTransport
  /** For direct links, where it takes them. */
  readonly direct: TappedTransport | null
  readonly rtc: FakeRtc
  readonly logged: { readonly level: string; readonly event: string; readonly details: unknown }[]
}

export class World {
  readonly clock = new FakeClock(1_000)
  readonly network = new MemoryNetwork()
  #peers = 0
  #clientIds = 1_000

  async peer(name: string, options: WorldPeerOptions = {}): Promise<WorldPeer> {
    const number = ++this.#peers
    const { durability = 'disk', disk = new MemoryDisk(), seed = number, isDirect, also, ...peerOptions } = options
    const address = `memory://${name}`
    const storage = new TestStorage(disk, durability, () => Math.floor(this.clock.now() / 1_000))
    const transport = new TappedTransport(new MemoryTransport(this.network, address))
    const logged: WorldPeer['logged'] = []
    const [random, rtc] = [new SeededRandom(number), new FakeRtc()]
    const direct =
      isDirect === true ? new TappedTransport(new DirectTransport({ rtc, clock: this.clock, random })) : null
    const platform: Platform = {
      clock: this.clock,
      random,
      crypto: testCrypto,
      identity: new TestIdentity(seed),
      storage,
      transports: [...(also === undefined ? [] : [also]), transport, ...(direct === null ? [] : [direct])],
      log: (level, event, details) => void logged.push({ level, event, details }),
    }
    const freshClientId = (): number => ++this.#clientIds
    const peer = await createPeer(platform, { freshClientId, ...peerOptions })
    return { peer, address, disk, storage, transport, direct, rtc, logged }
  }

  /** Time passes, and everything that follows from it happens. */
  pass(ms = 0): Promise<void> {
    return this.clock.advance(ms)
  }
}

/** A storage in memory that fails, or waits, when the test says so. */
export class TestStorage implements Storage {
  readonly durability: Storage['durability']
  readonly #inner: MemoryStorage
  failsToAppend: string | null = null
  failsToLoad: string | null = null
  failsToList: string | null = null
  /** While true, nothing that is asked for is done; `resume` does it. */
  isPaused = false
  readonly #waiting: (() => void)[] = []
  readonly loads: DocumentName[] = []

  constructor(disk: MemoryDisk, durability: Storage['durability'], now: () => number) {
    this.#inner = new MemoryStorage(disk, { retention: { days: 30 }, now })
    this.durability = durability
  }

  get history(): HistoryStorage | undefined {
    return this.#inner.history
  }

  resume(): void {
    this.isPaused = false
    for (const go of this.#waiting.splice(0)) go()
  }

  #turn(): Promise<void> {
    return this.isPaused ? new Promise((resolve) => void this.#waiting.push(resolve)) : Promise.resolve()
  }

  async load(name: DocumentName): Promise<StoredDocument> {
    this.loads.push(name)
    await this.#turn()
    if (this.failsToLoad !== null) throw new Error(this.failsToLoad)
    return this.#inner.load(name)
  }

  async append(name: DocumentName, updates: readonly Uint8Array[], note?: Uint8Array): Promise<void> {
    await this.#turn()
    if (this.failsToAppend !== null) throw new Error(this.failsToAppend)
    return this.#inner.append(name, updates, note)
  }

  async compact(name: DocumentName, merge: Merge): Promise<void> {
    await this.#turn()
    return this.#inner.compact(name, merge)
  }

  list(): AsyncIterable<ListedDocument> {
    if (this.failsToList !== null) throw new Error(this.failsToList)
    return this.#inner.list()
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#inner[Symbol.asyncDispose]()
  }
}

/** What one end of a link sent, and a hand on it. */
export class TappedLink implements Link {
  readonly #inner: Link
  readonly sent: Uint8Array[] = []
  /** Frames vanish on their way: all of them, or some. */
  isHole = false
  loses: (frame: Uint8Array) => boolean = () => false
  /** The most that was ever queued. */
  mostQueuedBytes = 0
  /** Added to what the transport has queued. */
  stuckBytes = 0
  closedWith: { readonly code: number; readonly reason: string } | null = null

  constructor(inner: Link) {
    this.#inner = inner
  }

  get description(): string {
    return this.#inner.description
  }

  get transport(): string {
    return this.#inner.transport
  }

  get isDirect(): boolean {
    return this.#inner.isDirect ?? false
  }

  get channelBinding(): Uint8Array {
    return this.#inner.channelBinding ?? new Uint8Array(0)
  }

  get queuedBytes(): number {
    return this.#inner.queuedBytes + this.stuckBytes
  }

  send(frame: Uint8Array): void {
    this.sent.push(frame)
    if (!this.isHole && !this.loses(frame)) this.#inner.send(frame)
    this.mostQueuedBytes = Math.max(this.mostQueuedBytes, this.queuedBytes)
  }

  close(code: number, reason: string): void {
    this.closedWith ??= { code, reason }
    this.#inner.close(code, reason)
  }

  /** What was said, message by message; parts stay parts. */
  get messages(): readonly LinkMessage[] {
    return this.sent.flatMap((frame) => {
      const result = decodeMessage(frame)
      return result.ok && result.value.type !== 'skipped' ? [result.value] : []
    })
  }

  /** Types of what was said about documents and the rest of the session. */
  get types(): readonly string[] {
    return this.messages.map((message) => (message.type === 'document' ? message.message.type : message.type))
  }
}

export class TappedTransport implements Transport {
  readonly schemes: readonly string[]
  readonly dialMs?: number
  readonly useSignals?: (signals: Signals) => SignalReceiver
  readonly hasRoom?: (isUrgent: boolean) => boolean
  readonly #inner: Transport
  /** This peer's ends of all links it ever had, oldest first. */
  readonly links: TappedLink[] = []
  readonly dials: string[] = []
  /** Frames that vanish on the way from this peer, on links that begin later. */
  loses: (frame: Uint8Array) => boolean = () => false
  #hasVanished = false

  constructor(inner: Transport) {
    this.#inner = inner
    this.schemes = inner.schemes
    if (inner.dialMs !== undefined) this.dialMs = inner.dialMs
    if (inner.useSignals !== undefined) this.useSignals = (signals) => assertFound(inner.useSignals?.(signals))
    if (inner.hasRoom !== undefined) this.hasRoom = (isUrgent) => inner.hasRoom?.(isUrgent) ?? true
  }

  get last(): TappedLink {
    const link = this.links.at(-1)
    if (link === undefined) throw new Error('there was no link')
    return link
  }

  /** From now on nothing that this peer says arrives anywhere, on no link that is or will be. */
  vanish(): void {
    this.#hasVanished = true
    for (const link of this.links) link.isHole = true
  }

  #tap(accept: AcceptLink): AcceptLink {
    return (inner): LinkReceiver => {
      const link = new TappedLink(inner)
      link.isHole = this.#hasVanished
      link.loses = this.loses
      this.links.push(link)
      return accept(link)
    }
  }

  dial(...[address, accept, failed, options]: Parameters<Transport['dial']>): () => void {
    this.dials.push(address)
    return this.#inner.dial(address, this.#tap(accept), failed, options)
  }

  listen(accept: AcceptLink): Promise<readonly string[]> {
    return this.#inner.listen(this.#tap(accept))
  }

  [Symbol.asyncDispose](): PromiseLike<void> {
    return this.#inner[Symbol.asyncDispose]()
  }
}

function assertFound<Value>(value: Value | undefined): Value {
  if (value === undefined) throw new Error('the transport says that it has one')
  return value
}
