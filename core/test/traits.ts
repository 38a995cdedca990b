/** What links tell of themselves in their greeting. */
import { peerId } from '../src/ids.ts'
import type { Traits } from '../src/sync/neighbour.ts'

/** A peer of its own for each number; keeping and on disk unless said otherwise. */
export function peerTraits(number: number, differing: Partial<Traits> = {}): Traits {
  return { kind: 'peer', keeps: true, disk: true, peer: peerId(new Uint8Array(32).fill(number)), ...differing }
}

/** A client of another wire. */
export const edgeTraits: Traits = { kind: 'edge', keeps: false, disk: false, peer: null }
