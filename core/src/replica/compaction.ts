/**
 * Many records into one (PROTOCOL.md [ST4], [ST5]). The updates are applied to a scratch document: Y.mergeUpdates would
 * take time quadratic in their number (YJS.md, trap 4) and keep deleted text (trap 6). A long log takes seconds, so it
 * is done in steps, and whoever drives them lets others run in between.
 */
import * as Y from 'yjs'
import type { Compacted } from '../ports/storage.ts'
import { inspect, type UpdateLimits } from './gate.ts'

export class Compaction {
  readonly #updates: readonly Uint8Array[]
  readonly #damaged: Uint8Array[] = []
  readonly #scratch = new Y.Doc()
  #next = 0

  constructor(updates: readonly Uint8Array[]) {
    this.#updates = updates
  }

  get isDone(): boolean {
    return this.#next >= this.#updates.length
  }

  /** Takes in so many updates more. */
  advance(count: number): void {
    const step = this.#updates.slice(this.#next, this.#next + count)
    this.#next += step.length
    this.#scratch.transact(() => {
      for (const update of step) {
        if (inspect(update, ownLimits).ok) Y.applyUpdate(this.#scratch, update)
        else this.#damaged.push(update)
      }
    })
  }

  /** One update that holds everything the readable records do; what is no update is returned as damaged. */
  finish(): Compacted {
    const snapshot = Y.encodeStateAsUpdate(this.#scratch)
    this.#scratch.destroy()
    return { snapshot, damaged: this.#damaged }
  }
}

/** All of it at once. What a log keeps besides its newest state (versions, the updates of the last weeks) is decided here. */
export function compactUpdates(updates: readonly Uint8Array[]): Compacted {
  const compaction = new Compaction(updates)
  compaction.advance(updates.length)
  return compaction.finish()
}

/** For records of the own log: what was let in once is let in again, whatever its size. */
export const ownLimits: UpdateLimits = {
  bytesMax: Infinity,
  structsMax: Infinity,
  clientsMax: Infinity,
  deleteRangesMax: Infinity,
}
