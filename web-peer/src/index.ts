/** @knotwork/web-peer: a full peer in a browser page. */
export type {
  DocumentStatus,
  Log,
  Neighbour,
  Peer,
  SavedHere,
  Whereabouts,
  SharedDocument,
  SyncedOptions,
  Watched,
} from '@knotwork/core'
export { openPeer, type OpenPeerOptions } from './open-peer.ts'
export { KnotworkProvider, type KnotworkProviderOptions } from './provider/knotwork-provider.ts'
export type { ConnectionStatus, ConnectionTrouble, LinkedPeers, PeersEvent } from '@knotwork/core'
