import type { Neighbour, Peer } from '@knotwork/core'
import { shownAddress } from '../transport/address.ts'

/** For lists: without the secrets that addresses hold. */
export function shownNeighbours(peer: Peer) {
  return peer.neighbours.value.map((one: Neighbour) => ({
    id: one.id,
    address: shownAddress(one.address),
    transport: one.transport,
    state: one.state,
    why: one.why,
    isDirect: one.isDirect,
    whyNotDirect: one.whyNotDirect,
    keeps: one.keeps,
    roundTripMs: one.roundTripMs,
    bytesIn: one.bytesIn,
    bytesOut: one.bytesOut,
  }))
}
