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
