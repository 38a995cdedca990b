/**
 * Repairs whatever a lost message broke (PROTOCOL.md [DS5]): now and then one neighbour, each in its turn, is sent an
 * eight-byte digest. While nothing changes the intervals double; the first change brings them back.
 */
import type { Millis } from '../ids.ts'
import { limits } from '../limits.ts'
import type { DocumentMessage } from '../wire/message.ts'
import { isActive, isLevel, noteReceived, type Neighbour } from './neighbour.ts'
import type { SyncEffect } from './sync-events.ts'

export class AntiEntropy {
  #at: Millis = 0
  #intervalMs: number = limits.antiEntropyFirstMs
  #turn = 0
  #seenWritten = 0

  restart(now: Millis): void {
    this.#intervalMs = limits.antiEntropyFirstMs
    this.#at = now + this.#intervalMs
  }

  /** `written`: the newest mark of the log; another one means that the document has changed. */
  noteChanges(written: number, now: Millis): void {
    if (written === this.#seenWritten) return
    this.#seenWritten = written
    this.#intervalMs = limits.antiEntropyFirstMs
    this.#at = Math.min(Math.max(this.#at, now), now + this.#intervalMs)
  }

  deadline(neighbours: Iterable<Neighbour>): Millis | null {
    for (const neighbour of neighbours) if (isPartner(neighbour)) return this.#at
    return null
  }

  /** Whom to compare with now, if it is time. */
  partner(neighbours: readonly Neighbour[], now: Millis): Neighbour | null {
    if (now < this.#at) return null
    const partners = neighbours.filter(isPartner)
    const areLevel = partners.every(isLevel)
    this.#intervalMs = areLevel ? Math.min(this.#intervalMs * 2, limits.antiEntropyMaxMs) : limits.antiEntropyFirstMs
    this.#at = now + this.#intervalMs
    if (partners.length === 0) return null
    return partners[this.#turn++ % partners.length] ?? null
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
