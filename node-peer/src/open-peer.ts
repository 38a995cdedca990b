/** The way in: a peer of the engine on Node's storage, sockets and keys. */
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import {
  createPeer,
  DirectTransport,
  type Identity,
  isVersionsName,
  KnotworkError,
  type Log,
  MemoryDisk,
  MemoryStorage,
  type Peer,
  type Retention,
  silent,
  type Storage,
  type Transport,
} from '@knotwork/core'
import { dataDirectory, defaultDataDirectory } from './data-directory.ts'
import { freshIdentity, storedIdentity } from './identity.ts'
import { DocumentHooks } from './hooks/document-hooks.ts'
import { HookCalls } from './hooks/hook-calls.ts'
import type { Hooks } from './hooks/hooks.ts'
import { NodePeer } from './node-peer.ts'
import { nodeClock, wallClock } from './platform/clock.ts'
import { nodeCrypto } from './platform/crypto.ts'
import { nodeRandom } from './platform/random.ts'
import { isLoopback } from './server/access.ts'
import { PeerServer } from './server/peer-server.ts'
import { HistorySweep } from './history-sweep.ts'
import { Metrics } from './metrics/metrics.ts'
import { Lan } from './lan/lan.ts'
import { purgeIn } from './purge.ts'
import { LevelStorage } from './storage/level-storage.ts'
import { WatchedStorage } from './storage/watched-storage.ts'
import type { StorageNotice } from './storage/storage-notice.ts'
import { WebhookFile } from './webhooks/webhook-file.ts'
import { Webhooks, type WebhookEndpoint } from './webhooks/webhooks.ts'
import { dialledAddress } from './transport/address.ts'
import { nodeRtc } from './transport/node-rtc.ts'
import { WebSocketTransport } from './transport/web-socket-transport.ts'

export interface ListenOptions {
  /** Default 127.0.0.1: this machine only. Any other asks for a token, or for `open`. */
  readonly host?: string
  /** Default 4000; 0 for any that is free. */
  readonly port?: number
}

export interface OpenPeerOptions {
  /** The directory for identity and documents. Default: the platform's data directory for `knotwork`. */
  readonly data?: string
  /** Where documents are kept. `memory`: nothing outlives this peer, its identity included. Default `disk`. */
  readonly storage?: 'disk' | 'memory'
  /**
   * When an edit on disk counts as stored: when it has reached the disk, or (`os`) when the system has it, which is faster
   * and may cost the last edits in a power failure. Neighbours hear of `disk` only. Default `disk`.
   */
  readonly durability?: 'disk' | 'os'
  /**
   * How long what documents were before is kept, where a document says nothing else: for so many days, `all` for ever, or `none`.
   * Default: 30 days; in memory, none.
   */
  readonly history?: Retention
  /** Peers to keep a link to: `wss://host`, `ws://host:4000/peer`. */
  readonly connect?: readonly string[]
  /** A shared secret of 1 to 1024 characters: only who has it may come in, and it is proven to whoever we link to. */
  readonly token?: string
  /** Whether to keep and pass on every document that a neighbour opens. Default true. */
  readonly keeps?: boolean
  /** Whether and where to take links, requests and Yjs apps. Default false. */
  readonly listen?: ListenOptions | boolean
  /** Allows to listen beyond this machine without a token: everybody who reaches this peer reads and writes everything. */
  readonly open?: boolean
  /**
   * Direct links by WebRTC, for pages and for peers that no address reaches. `accept`: take them, and leave dialling to
   * the others; true: dial members of open documents, too, where this peer does not keep everything; false: none. It
   * needs the optional package node-datachannel; without that `log`, `whyNotDirect` of this peer and of every neighbour
   * say so. Default: `accept`.
   */
  readonly direct?: boolean | 'accept'
  /** STUN or TURN servers for direct links beyond the local network, `stun:host:port`. Default: none. */
  readonly iceServers?: readonly string[]
  /** Origins whose web pages may use this peer, besides the page it serves itself; `*` for all. */
  readonly origins?: readonly string[]
  /** The directory of the page to serve, false for none. Default: the page that comes with this package. */
  readonly page?: string | false
  /** Finds peers of the local network by multicast DNS, and is found when it listens beyond this machine. Default false. */
  readonly lan?: boolean
  /** What the app has a say in: who may come in, what is loaded, and what happens when something was stored. */
  readonly hooks?: Hooks
  /** Servers that are told which documents have changed, as Standard Webhooks has it. */
  readonly webhooks?: readonly WebhookEndpoint[]
  readonly log?: Log
}

/**
 * Opens a peer. It works at once, whether or not others can be reached; close it before the process ends.
 *
 * @throws KnotworkError `in-use` when the data or the port are held by another process, `refused` for what would be
 * unsafe, `storage` when the data cannot be read, `bad-address` for an address nobody can dial or listen on.
 *
 * @example
 * const peer = await openPeer({ data: './data', connect: ['wss://peer.example'] })
 * const note = peer.open('notes/today')
 * note.doc.getText('body').insert(0, 'Hello')
 * await note.stored()
 * await peer.close()
 */
export async function openPeer(options: OpenPeerOptions = {}): Promise<NodePeer> {
  const listen = listenOptions(options)
  if (options.lan === true && isRuledWithoutToken(options)) {
    const danger = 'whoever is found on the local network would get all documents, whatever onAuthenticate says'
    throw new KnotworkError('refused', `${danger}: set a token, or leave lan out`)
  }
  const connect = (options.connect ?? []).map((address) => dialledAddress(address))
  const opened: AsyncDisposable[] = []
  try {
    const { identity, storage: own, data } = await kept(options)
    opened.push(own)
    const metrics = new Metrics()
    const storage = new WatchedStorage(own, metrics.storageMeter)
    metrics.watch(storage)
    const { hooks = {}, log = silent } = options
    const calls = new HookCalls(log)
    const documentHooks = new DocumentHooks({ hooks, calls, log })
    documentHooks.watch(storage)
    const file = data === null ? null : new WebhookFile(join(data, 'webhooks.json'), log)
    const webhooks = await Webhooks.open({ endpoints: options.webhooks ?? [], file, log })
    opened.push({ [Symbol.asyncDispose]: () => webhooks.close() })
    const parts = { storage, files: filesOf(own), hooks, calls, webhooks, metrics }
    const server = listen === null ? null : await PeerServer.listen(serverOptions(options, listen, parts))
    if (server !== null) opened.push({ [Symbol.asyncDispose]: () => server.close() })
    const direct = await directTransport(options)
    const whyNotDirect = typeof direct === 'string' ? direct : null
    const peer = await start(options, { identity, storage, server, connect, direct, metrics })
    server?.serve(peer)
    documentHooks.serve(peer)
    storage.watch((name) => {
      if (isVersionsName(name)) return
      server?.events.changed(name)
      webhooks.changed(name)
    })
    const lan = options.lan === true ? new Lan({ peer, reach: server?.reach ?? null, log }) : null
    const sweep = new HistorySweep(storage, log)
    return new NodePeer(peer, {
      sweep,
      server,
      data,
      durability: storage.durability,
      lan,
      documentHooks,
      webhooks,
      log,
      whyNotDirect,
    })
  } catch (thrown) {
    for (const each of opened.toReversed()) await each[Symbol.asyncDispose]()
    throw thrown
  }
}

interface Kept {
  readonly identity: Identity
  readonly storage: Storage & { readonly trouble?: string | null }
  readonly data: string | null
}

/** The storage first: its lock keeps a second process from making a second identity. */
async function kept({ storage, data, durability = 'disk', history, log = silent }: OpenPeerOptions): Promise<Kept> {
  if (storage === 'memory') {
    const memory = new MemoryStorage(new MemoryDisk(), { retention: history ?? 'none', now: wallClock })
    return { identity: freshIdentity(), storage: memory, data: null }
  }
  const { path, documents } = await dataDirectory(data ?? defaultDataDirectory())
  const notice: StorageNotice = (event, why, details) => log('warn', event, { ...details, why })
  const retention = history === undefined ? {} : { retention: history }
  const level = await LevelStorage.open(documents, { durability, notice, ...retention })
  try {
    return { identity: await storedIdentity(path), storage: level, data: path }
  } catch (thrown) {
    await level[Symbol.asyncDispose]()
    throw thrown
  }
}

interface Parts {
  readonly identity: Identity
  readonly storage: Storage
  readonly server: PeerServer | null
  readonly connect: readonly string[]
  /** Or why there is none. */
  readonly direct: Transport | string
  readonly metrics: Metrics
}

async function start(options: OpenPeerOptions, parts: Parts): Promise<Peer> {
  const { token, keeps = true, log = silent } = options
  const { identity, storage, server, connect, direct, metrics } = parts
  const transports: readonly Transport[] = [
    server?.transport ?? new WebSocketTransport({ log, addresses: () => [] }),
    ...(typeof direct === 'string' ? [] : [direct]),
  ].map((transport) => metrics.traffic.over(transport))
  const platform = { clock: nodeClock, random: nodeRandom, crypto: nodeCrypto, identity, storage, transports, log }
  return createPeer(
    { ...platform, ...(typeof direct === 'string' ? { whyNotDirect: direct } : {}) },
    { connect, keeps, dialsMembers: options.direct === true, ...(token === undefined ? {} : { token }) },
  )
}

/** The app decides about clients, and nothing tells peers apart from strangers. */
function isRuledWithoutToken({ hooks, token }: OpenPeerOptions): boolean {
  return hooks?.onAuthenticate !== undefined && token === undefined
}

/** Or why there is none. */
async function directTransport(options: OpenPeerOptions): Promise<Transport | string> {
  const { direct = 'accept', iceServers = [], log = silent } = options
  if (direct === false) return 'this peer was told to take no direct links'
  // [HK2] Strangers are introduced by neighbours, and get all documents.
  if (isRuledWithoutToken(options)) return 'where the app decides who may come in, direct links need a shared token'
  const rtc = await nodeRtc({ iceServers })
  if (typeof rtc !== 'string') return new DirectTransport({ rtc, clock: nodeClock, random: nodeRandom })
  log('info', 'no direct links', { why: rtc })
  return rtc
}

/** Where to listen, checked to be safe; null for nowhere. */
function listenOptions({ listen = false, token, open = false }: OpenPeerOptions): Required<ListenOptions> | null {
  if (token !== undefined && (token === '' || token.length > 1_024)) {
    throw new KnotworkError('refused', 'a token has 1 to 1024 characters')
  }
  if (listen === false) return null
  const { host = '127.0.0.1', port = 4_000 } = listen === true ? {} : listen
  if (!isLoopback(host) && token === undefined && !open) {
    const danger = `listening on ${host} without a token would let everybody on the network read and write all documents`
    throw new KnotworkError(
      'refused',
      `${danger}: set a token (--token, KNOTWORK_TOKEN), or say with --open that this is meant`,
    )
  }
  return { host, port }
}

function filesOf(storage: Storage): ServerParts['files'] {
  if (!(storage instanceof LevelStorage)) return null
  return { purge: (name) => purgeIn(storage, name), setAside: (name) => storage.setAside(name) }
}

type ServerParts = Parameters<typeof PeerServer.listen>[0]

function serverOptions(
  { token, origins = [], page, keeps = true, log = silent }: OpenPeerOptions,
  { host, port }: Required<ListenOptions>,
  {
    storage,
    files,
    hooks,
    calls,
    webhooks,
    metrics,
  }: Pick<ServerParts, 'files' | 'hooks' | 'calls' | 'webhooks' | 'metrics'> & { readonly storage: WatchedStorage },
): ServerParts {
  const ownPage = fileURLToPath(new URL('../page', import.meta.url))
  return {
    host,
    port,
    token,
    origins,
    page: page === false ? null : (page ?? ownPage),
    trouble: () => storage.trouble,
    storage,
    files,
    hooks,
    calls,
    webhooks,
    metrics,
    keeps,
    log,
  }
}
