import type { Storage } from '../ports/storage.ts'
import type { SyncSummary } from '../sync/sync-events.ts'

/**
 * What can truthfully be said of a document (PROTOCOL.md [DS13]). Each case says only what is known:
 * `live` needs a neighbour that takes part and was found to hold the same, never merely an open socket.
 */
export type DocumentStatus =
  /** The own storage is being read. Editing is possible. */
  | { readonly type: 'loading' }
  /** No link to any peer. */
  | ({ readonly type: 'offline' } & Whereabouts)
  /** There are links, but none of those peers takes part in this document. */
  | ({ readonly type: 'looking' } & Whereabouts)
  /** Some neighbour takes part; what it holds is still being exchanged. `behind`: neighbours not yet equal. */
  | ({ readonly type: 'syncing'; readonly behind: number } & Whereabouts)
  /** Level with at least one neighbour. */
  | ({ readonly type: 'live'; readonly neighbours: number } & Whereabouts)
  /** The own storage fails: nothing is acknowledged or sent until it works again. It is being retried. */
  | { readonly type: 'failed'; readonly why: string }

/** Where the edits made here are; known across restarts (PROTOCOL.md [ST9]). */
export interface Whereabouts {
  /** Edits that no other peer is known to have on disk. */
  readonly pending: number
  /** Peers known to have the last one in their log: on disk, or as long as they are linked in memory. */
  readonly receivedOn: number
  /** Of those, the ones that have it on disk, whether or not they are linked now. */
  readonly storedOn: number
  /** Of those, the ones that keep every document, whoever has it open: node peers. */
  readonly keptOn: number
  readonly saved: SavedHere
  /**
   * Records of the own log that were found altered or gone when it was read. What they held is fetched from peers that have it; if nobody
   * has, it is lost. Absent when there are none.
   */
  readonly damaged?: number
}

/** Where this peer itself has every edit: as its storage says of itself, or still being written. */
export type SavedHere = Storage['durability'] | 'writing'

export function statusOf(
  summary: SyncSummary,
  peer: { readonly isOnline: boolean; readonly durability: Storage['durability'] },
): DocumentStatus {
  const { fault, isLoading, isSettled, damaged, taking, level, pending, receivedOn, storedOn, keptOn } = summary
  if (fault !== null) return { type: 'failed', why: fault }
  if (isLoading) return { type: 'loading' }
  const saved = isSettled ? peer.durability : 'writing'
  const where: Whereabouts = { pending, receivedOn, storedOn, keptOn, saved, ...(damaged > 0 ? { damaged } : {}) }
  if (level > 0) return { type: 'live', neighbours: level, ...where }
  if (taking > 0) return { type: 'syncing', behind: taking, ...where }
  return { type: peer.isOnline ? 'looking' : 'offline', ...where }
}
