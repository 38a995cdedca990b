/**
 * Repairs whatever a lost message broke (PROTOCOL.md [DS5]): now and then one neighbour, each in its turn, is sent an
 * eight-byte digest. While nothing changes the intervals double; the first change brings them back.
 */
import type { Millis } from '../ids.ts'
import { limits } from '../limits.ts'
import type { DocumentMessage } from '../wire/message.ts'
import { isDoubtful } from './doubt.ts'
import { isActive, isSurelyLevel, noteReceived, type Neighbour } from './neighbour.ts'
import type { SyncEffect } from './sync-events.ts'

export class AntiEntropy {
  #at: Millis = 0
  #intervalMs: number = limits.antiEntropyFirstMs
  #turn = 0
  #comparedAt: Millis = 0
  #seenWritten = 0

  restart(now: Millis): void {
    this.#intervalMs = limits.antiEntropyFirstMs
    this.#at = now + this.#intervalMs
    this.#comparedAt = now
  }

  /**
   * `written`: the newest mark of the log; another one means that the document has changed. While all are level, what
   * is numbered and acknowledged needs no comparing: that waits for a pause, but not for ever.
   */
  noteChanges(written: number, neighbours: Iterable<Neighbour>, now: Millis): void {
    if (written === this.#seenWritten) return
    this.#seenWritten = written
    this.#intervalMs = limits.antiEntropyFirstMs
    const areLevel = [...neighbours].every((one) => !isPartner(one) || isSurelyLevel(one))
    const latest = areLevel ? this.#comparedAt + limits.antiEntropyMaxMs : this.#at
    this.#at = Math.min(Math.max(latest, now), now + this.#intervalMs)
  }

  deadline(neighbours: Iterable<Neighbour>): Millis | null {
    for (const neighbour of neighbours) if (isPartner(neighbour)) return this.#at
    return null
  }

  /** Whom to compare with now, if it is time. */
  partner(neighbours: readonly Neighbour[], now: Millis): Neighbour | null {
    if (now < this.#at) return null
    const partners = neighbours.filter(isPartner)
    const areLevel = partners.every(isSurelyLevel)
    this.#intervalMs = areLevel ? Math.min(this.#intervalMs * 2, limits.antiEntropyMaxMs) : limits.antiEntropyFirstMs
    this.#at = now + this.#intervalMs
    this.#comparedAt = now
    // Those first of whom something is only presumed [BR8].
    const presumed = partners.filter(({ doubt }) => isDoubtful(doubt))
    const choice = presumed.length > 0 ? presumed : partners
    return choice.length === 0 ? null : (choice[this.#turn++ % choice.length] ?? null)
  }
}

function isPartner(neighbour: Neighbour): boolean {
  return isActive(neighbour) && neighbour.traits.kind === 'peer' && !neighbour.behind
}

/** The answer to a digest that is also that of what is stored: it needs no document in memory. */
export function equalWhileCold(
  neighbour: Neighbour,
  message: Extract<DocumentMessage, { type: 'digest' }>,
): readonly SyncEffect[] {
  noteReceived(neighbour, message.sequence)
  if (!message.answer) return []
  const answer = { type: 'digest', sequence: neighbour.sent, digest: message.digest, answer: false } as const
  return [{ type: 'send', link: neighbour.link, message: answer }]
}
