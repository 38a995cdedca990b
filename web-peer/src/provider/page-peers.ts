/** The peers of this page that belong to nobody in particular: providers and hooks with the same options share one. */
import { OptionsKeys, PeerPool } from '@knotwork/core'
import { openPeer, type OpenPeerOptions } from '../open-peer.ts'

const keys = new OptionsKeys()

/** Options with the same key open the same peer. */
export function pageOptionsKey(options: OpenPeerOptions): string {
  return keys.keyOf(options)
}

/** A second Y.Doc of one room gets a peer of its own: to the first one it is like another tab. */
export const pagePeers = new PeerPool<OpenPeerOptions>({
  keyOf: pageOptionsKey,
  addressesOf: ({ connect = [] }) => connect,
  open: (options) => openPeer({ ...options, connect: [] }),
})
