/**
 * What a neighbour was not sent because another one said that it sends to it (PROTOCOL.md [BR8]): nothing is known of
 * it until the neighbour itself has shown that it holds it. What is remembered is who was trusted, never the updates:
 * comparing states tells what is missing, however much was left to others.
 */
import type { LinkId, Millis } from '../ids.ts'
import { limits } from '../limits.ts'

export interface Doubt {
  /** Links of those who are to have sent it something. */
  readonly by: Set<LinkId>
  /** How often something was left to others. */
  count: number
  /** When to compare because one of them may have failed; null while nothing speaks for that. */
  compareAt: Millis | null
  /** Comparisons made since then. */
  tries: number
}

export function noDoubt(): Doubt {
  return { by: new Set(), count: 0, compareAt: null, tries: 0 }
}

export function isDoubtful({ by, compareAt }: Doubt): boolean {
  return by.size > 0 || compareAt !== null
}

/** Something was left to the neighbour at that link. */
export function leaveTo(doubt: Doubt, via: LinkId): void {
  doubt.by.add(via)
  doubt.count++
}

/** The neighbour holds all that was left to others by then. */
export function settle(doubt: Doubt, count: number): void {
  if (doubt.count !== count) return
  doubt.by.clear()
  doubt.compareAt = null
  doubt.tries = 0
}

/** Whoever is at that link does not reach the neighbour any more, or cannot be asked. */
export function loseTrust(doubt: Doubt, via: LinkId, now: Millis): void {
  if (!doubt.by.delete(via)) return
  doubt.compareAt = now
  doubt.tries = 0
}

/**
 * It is time to compare. First eight bytes; they say nothing to somebody who is being told something at that moment, so
 * the second time what we hold.
 */
export function nextComparison(doubt: Doubt, now: Millis): 'digest' | 'have' {
  const isFirst = doubt.tries === 0
  doubt.tries++
  doubt.compareAt = now + (isFirst ? 2 * limits.graftMs : limits.answerMs)
  return isFirst ? 'digest' : 'have'
}
