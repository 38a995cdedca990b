/** One line in place of y-websocket's, y-webrtc's or Hocuspocus' provider. */
import { DocumentProvider, ownAwareness, lent, type Peer, type SharedDocument } from '@knotwork/core'
import { Awareness } from 'y-protocols/awareness'
import type { OpenPeerOptions } from '../open-peer.ts'
import { pagePeers } from './page-peers.ts'

export interface KnotworkProviderOptions extends OpenPeerOptions {
  /** Shows the presence of this object, and leaves it when the provider is destroyed. Default: a new one. */
  readonly awareness?: Awareness
  /** Whether to share the document at once; `connect()` does it later. Default: true. */
  readonly autoConnect?: boolean
  /** Opens the document in this peer, which stays open. Default: one that providers with the same options share. */
  readonly peer?: Peer | Promise<Peer>
}

/**
 * Keeps a Y.Doc in step with all others of that room, and stores it in this browser: the contract of y-websocket's and
 * y-webrtc's providers, with a peer of this page behind it.
 *
 * @throws KnotworkError `bad-name` when the room is empty, or longer than 1 KiB.
 *
 * @example
 * const provider = new KnotworkProvider('notes/today', doc, { connect: ['wss://peer.example/peer'] })
 * provider.on('sync', (isSynced) => console.log(isSynced ? 'somebody holds the same' : 'nobody does'))
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
      lease: () => (peer === undefined ? pagePeers.lease(peerOptions, { room, doc }) : lent(peer)),
      unixTime: () => Date.now(),
      report: reportError,
    })
  }
}
