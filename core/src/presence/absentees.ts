/**
 * What is remembered of clients that are not shown: who left, and who is only out of sight. A late message must not
 * bring back the first, and the second may come back with the clock they had, but not for ever (PROTOCOL.md [PR2],
 * [PR3], [PR8]).
 */
import type { Millis } from '../ids.ts'
import { limits } from '../limits.ts'
import type { PresenceEntry } from './presence-codec.ts'

interface Left {
  readonly clock: number
  /** Clock of the last message that was answered: no two peers shall answer each other for ever. */
  answered: number
}

/** With a higher clock it is news; with this one it may be a ghost. */
interface Unseen {
  readonly clock: number
  readonly at: Millis
  readonly times: number
}

/** How often a state may come back with the clock it had: for links that come and go. */
const returnsMax = 2

export class Absentees {
  /** Both oldest first. */
  readonly #left = new Map<number, Left>()
  readonly #unseen = new Map<number, Unseen>()

  /** The clock with which a client left; 0 when it did not. */
  clockOf(client: number): number {
    return this.#left.get(client)?.clock ?? 0
  }

  noteLeft(client: number, clock: number): void {
    if (this.#left.has(client) && clock <= this.clockOf(client)) return
    this.#left.set(client, { clock, answered: 0 })
    dropOldest(this.#left)
  }

  noteUnseen(client: number, clock: number, at: Millis): void {
    const before = this.#unseen.get(client)
    this.#unseen.delete(client)
    this.#unseen.set(client, { clock, at, times: before?.clock === clock ? before.times + 1 : 1 })
    dropOldest(this.#unseen)
  }

  /**
   * When a state that comes (back) into sight was news; null when it is not to be believed. In a ring a state and the
   * word that it is out of sight would chase one another for ever, each making room for the other (PROTOCOL.md [PR8]).
   */
  ageOf({ client, clock }: PresenceEntry, now: Millis): Millis | null {
    if (clock <= this.clockOf(client)) return null
    const unseen = this.#unseen.get(client)
    if (unseen === undefined || clock > unseen.clock) return now
    const isGhost = clock < unseen.clock || unseen.times > returnsMax || now - unseen.at >= limits.presenceGoneMs
    return isGhost ? null : unseen.at
  }

  /** What to tell whoever shows somebody who left: a client that began anew with its old id goes on above that. */
  answerTo({ client, clock }: PresenceEntry): PresenceEntry | null {
    const left = this.#left.get(client)
    if (left === undefined || clock > left.clock || clock === left.answered) return null
    left.answered = clock
    return { client, clock: left.clock, json: 'null' }
  }
}

function dropOldest(remembered: Map<number, unknown>): void {
  const oldest = remembered.keys().next()
  if (remembered.size > limits.presenceGoneMax && !oldest.done) remembered.delete(oldest.value)
}
