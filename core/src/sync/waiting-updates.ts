/**
 * Updates that build on something which is not here yet (YJS.md, trap 2). They are kept outside Yjs, within a limit,
 * and offered again after each piece of news; what does not fit is dropped, because the gap is asked for anyway and
 * the answer contains it (PROTOCOL.md [DS7]).
 */
import type { LinkId } from '../ids.ts'
import { limits } from '../limits.ts'

export interface WaitingUpdate {
  readonly update: Uint8Array
  readonly from: LinkId
}

export class WaitingUpdates {
  #updates: WaitingUpdate[] = []
  #sizeBytes = 0

  get count(): number {
    return this.#updates.length
  }

  get sizeBytes(): number {
    return this.#sizeBytes
  }

  /** False when there is no room. */
  add(waiting: WaitingUpdate): boolean {
    const sizeBytes = this.#sizeBytes + waiting.update.byteLength
    if (this.#updates.length >= limits.waitingUpdatesMax || sizeBytes > limits.waitingBytesMax) return false
    this.#updates.push(waiting)
    this.#sizeBytes = sizeBytes
    return true
  }

  has(from: LinkId): boolean {
    return this.#updates.some((waiting) => waiting.from === from)
  }

  /** Hands all out; what still waits is to be added again. */
  take(): readonly WaitingUpdate[] {
    const taken = this.#updates
    this.#updates = []
    this.#sizeBytes = 0
    return taken
  }
}
