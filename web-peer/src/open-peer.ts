/** A peer in a page: the engine of @knotwork/core with IndexedDB, WebSocket, WebRTC and the other tabs of this browser. */
import {
  createPeer,
  type Log,
  MemoryDisk,
  MemoryStorage,
  messageOf,
  type Peer,
  type Retention,
  silent,
  type Storage,
  type Transport,
} from '@knotwork/core'
import { pageClock, wallClock } from './clock.ts'
import { loadSelf, type Self } from './identity.ts'
import { whenOnline } from './online.ts'
import { openOwnDatabase } from './own-database.ts'
import { pageRandom } from './random.ts'
import { IndexedDbStorage } from './storage/indexeddb-storage.ts'
import { BroadcastChannelTransport } from './transport/broadcast-channel-transport.ts'
import { PageDirectTransport } from './transport/page-direct-transport.ts'
import { pageRtc } from './transport/page-rtc.ts'
import { WebSocketTransport } from './transport/web-socket-transport.ts'

export interface OpenPeerOptions {
  /** Addresses of node peers to keep a link to, such as `wss://peer.example`; without a path it is `/peer`. Default: none. */
  readonly connect?: readonly string[]
  /** The network's shared secret, where it has one. */
  readonly token?: string
  /** `memory` forgets everything with the tab. Default: `indexeddb`; where the browser refuses it, memory, and `log` hears why. */
  readonly storage?: 'indexeddb' | 'memory'
  /**
   * How long what documents were before is kept: for so many days, `all` for ever, or `none`. Default: 30 days; in memory, none.
   */
  readonly history?: Retention
  /** Link to the other tabs of this browser that are open on the same origin. Default: true. */
  readonly tabs?: boolean
  /** Link directly, by WebRTC, to others that have the same documents open. Default: true. */
  readonly direct?: boolean
  /** STUN or TURN servers for direct links beyond the local network. Default: none. */
  readonly iceServers?: readonly RTCIceServer[]
  /** Keep, store and pass on every document a neighbour opens. Default: false. */
  readonly keeps?: boolean
  /** Hears what happens, as `(level, event, details)`. Default: nobody does. */
  readonly log?: Log
}

/**
 * Opens this page's peer. Resolves when the browser's storage has answered, and waits for no network.
 *
 * @throws KnotworkError `bad-address` for an address in `connect` that is no WebSocket's.
 *
 * @example
 * const peer = await openPeer({ connect: ['wss://peer.example/peer'] })
 * const note = peer.open('notes/today')
 * note.doc.getText('body').insert(0, 'Hello')
 */
export async function openPeer(options: OpenPeerOptions = {}): Promise<Peer> {
  const { connect = [], token, tabs = true, direct = true, keeps = false, log = silent } = options
  const { history } = options
  const { self, storage } = options.storage === 'memory' ? await forgetful(history) : await lasting(log, history)
  const transports: Transport[] = [new WebSocketTransport()]
  if (tabs && typeof BroadcastChannel !== 'undefined') {
    transports.push(new BroadcastChannelTransport({ random: pageRandom }))
  }
  const rtc = direct ? pageRtc(options.iceServers === undefined ? {} : { iceServers: options.iceServers }) : undefined
  if (rtc !== undefined) transports.push(new PageDirectTransport({ rtc, clock: pageClock, random: pageRandom }))
  const platform = { clock: pageClock, random: pageRandom, ...self, storage, transports, log, whenOnline }
  const whyNotDirect = direct ? 'this browser has no WebRTC' : 'this page was told to take no direct links'
  try {
    return await createPeer(rtc === undefined ? { ...platform, whyNotDirect } : platform, {
      connect,
      keeps,
      ...(token === undefined ? {} : { token }),
    })
  } catch (thrown) {
    // An address nobody can dial, say: nothing of the peer may stay open.
    for (const each of [...transports, storage]) await each[Symbol.asyncDispose]()
    throw thrown
  }
}

interface Ground {
  readonly self: Self
  readonly storage: Storage
}

async function forgetful(history: Retention = 'none'): Promise<Ground> {
  const storage = new MemoryStorage(new MemoryDisk(), { retention: history, now: wallClock })
  return { self: await loadSelf(null), storage }
}

/** Private windows and strict settings refuse storage; a peer works without, and its documents' status says so. */
async function lasting(log: Log, history?: Retention): Promise<Ground> {
  try {
    const ownDatabase = await openOwnDatabase()
    const self = await loadSelf(ownDatabase).catch((thrown: unknown) => {
      ownDatabase.close()
      throw thrown
    })
    return { self, storage: new IndexedDbStorage(ownDatabase, log, history) }
  } catch (thrown) {
    log('warn', 'storageRefused', { why: messageOf(thrown) })
    return forgetful(history)
  }
}
