import type { Storage } from '../ports/storage.ts'
import type { SyncSummary } from '../sync/sync-events.ts'

/**
 * What can truthfully be said of a document (PROTOCOL.md [DS13]). Each case says only what is known:
 * `live` needs a neighbour that takes part and was found to hold the same, never merely an open socket.
 */
export type DocumentStatus =
  /** The own storage is being read. Editing is possible. */
  | { readonly type: 'loading' }
  /** No link to any peer. `pending`: edits made here that no other peer is known to have stored. */
  | { readonly type: 'offline'; readonly pending: number; readonly saved: SavedHere }
  /** There are links, but none of those peers takes part in this document. */
  | { readonly type: 'looking'; readonly pending: number; readonly saved: SavedHere }
  /** Some neighbour takes part; what it holds is still being exchanged. `behind`: neighbours not yet equal. */
  | { readonly type: 'syncing'; readonly behind: number; readonly pending: number; readonly saved: SavedHere }
  /** Level with at least one neighbour. `storedOn`: neighbours known to hold the last edit made here on disk. */
  | {
      readonly type: 'live'
      readonly neighbours: number
      readonly pending: number
      readonly storedOn: number
      readonly saved: SavedHere
    }
  /** The own storage fails: nothing is acknowledged or sent until it works again. It is being retried. */
  | { readonly type: 'failed'; readonly why: string }

/** Where this peer itself has every edit: as its storage says of itself, or still being written. */
export type SavedHere = Storage['durability'] | 'writing'

export function statusOf(
  summary: SyncSummary,
  peer: { readonly isOnline: boolean; readonly durability: Storage['durability'] },
): DocumentStatus {
  const { fault, isLoading, isSettled, taking, level, pending, storedOn } = summary
  if (fault !== null) return { type: 'failed', why: fault }
  if (isLoading) return { type: 'loading' }
  const saved = isSettled ? peer.durability : 'writing'
  if (level > 0) return { type: 'live', neighbours: level, pending, storedOn, saved }
  if (taking > 0) return { type: 'syncing', behind: taking, pending, saved }
  return { type: peer.isOnline ? 'looking' : 'offline', pending, saved }
}
