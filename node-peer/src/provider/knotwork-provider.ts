/** One line in place of y-websocket's, y-webrtc's or Hocuspocus' provider, in Node. */
import {
  DocumentProvider,
  OptionsKeys,
  ownAwareness,
  PeerPool,
  lent,
  type Peer,
  type SharedDocument,
} from '@knotwork/core'
import { Awareness } from 'y-protocols/awareness'
import { openPeer, type OpenPeerOptions } from '../open-peer.ts'

export interface KnotworkProviderOptions extends OpenPeerOptions {
  /** Shows the presence of this object, and leaves it when the provider is destroyed. Default: a new one. */
  readonly awareness?: Awareness
  /** Whether to share the document at once; `connect()` does it later. Default: true. */
  readonly autoConnect?: boolean
  /** Opens the document in this peer, which stays open. Default: one that providers with the same options share. */
  readonly peer?: Peer | Promise<Peer>
}

const keys = new OptionsKeys()

/**
 * A provider stores nothing on disk unless it is told where, and keeps no documents but its own. A directory has one
 * peer at a time: a second Y.Doc of one room is in memory, and meets the first by way of the addresses.
 */
const processPeers = new PeerPool<OpenPeerOptions>({
  keyOf: (options) => keys.keyOf(options),
  addressesOf: ({ connect = [] }) => connect,
  open: (options, isSpare) => {
    const storage = options.storage ?? (options.data === undefined ? 'memory' : 'disk')
    const own = isSpare ? ({ storage: 'memory', listen: false } as const) : { storage }
    return openPeer({ keeps: false, ...options, ...own, connect: [] })
  },
})

/**
 * Keeps a Y.Doc in step with all others of that room: the contract of y-websocket's and y-webrtc's providers, with a peer
 * of this process behind it. It keeps the process alive until it is destroyed.
 *
 * @throws KnotworkError `bad-name` when the room is empty, or longer than 1 KiB.
 *
 * @example
 * const provider = new KnotworkProvider('notes/today', doc, { connect: ['wss://peer.example'] })
 * await provider.whenSynced
 */
export class KnotworkProvider extends DocumentProvider<Awareness> {
  constructor(room: string, doc: SharedDocument['doc'], options: KnotworkProviderOptions = {}) {
    const { awareness, autoConnect = true, peer, ...peerOptions } = options
    super({
      room,
      doc,
      awareness: awareness ?? ownAwareness(doc, (of) => new Awareness(of)),
      ownsAwareness: awareness === undefined,
      autoConnect,
      lease: () => (peer === undefined ? processPeers.lease(peerOptions, { room, doc }) : lent(peer)),
      unixTime: () => Date.now(),
      report: (thrown) => console.error(thrown),
    })
  }
}
