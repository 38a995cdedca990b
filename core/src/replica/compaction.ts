/**
 * Many records into one (PROTOCOL.md [ST4], [ST5]). All updates are applied to a scratch document in one transaction:
 * Y.mergeUpdates would take time quadratic in their number (YJS.md, trap 4) and keep deleted text (trap 6).
 */
import * as Y from 'yjs'
import type { Compacted } from '../ports/storage.ts'
import { inspect, type UpdateLimits } from './gate.ts'

/** One update that holds everything the readable records do; what is no update is returned as damaged. */
export function compactUpdates(updates: readonly Uint8Array[]): Compacted {
  const damaged: Uint8Array[] = []
  const scratch = new Y.Doc()
  scratch.transact(() => {
    for (const update of updates) {
      if (inspect(update, ownLimits).ok) Y.applyUpdate(scratch, update)
      else damaged.push(update)
    }
  })
  const snapshot = Y.encodeStateAsUpdate(scratch)
  scratch.destroy()
  return { snapshot, damaged }
}

/** For records of the own log: what was let in once is let in again, whatever its size. */
export const ownLimits: UpdateLimits = {
  bytesMax: Infinity,
  structsMax: Infinity,
  clientsMax: Infinity,
  deleteRangesMax: Infinity,
}
