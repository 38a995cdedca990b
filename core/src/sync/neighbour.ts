/** What one document knows of one link: plain state, changed by the steps in `exchange.ts`. */
import type { Digest, LinkId, Millis, PeerId } from '../ids.ts'
import { limits } from '../limits.ts'
import type { Have, ReachName } from '../wire/message.ts'
import { isDoubtful, noDoubt, settle, type Doubt } from './doubt.ts'
import { noReachTalk, type ReachTalk } from './reach-talk.ts'

/** Clock per client. */
export type Vector = Map<number, number>

/** What a link told of itself in its greeting. */
export interface Traits {
  /** `edge`: a client of another wire, which acknowledges nothing and speaks for itself only. */
  readonly kind: 'peer' | 'edge'
  /** It keeps every document it is told of. */
  readonly keeps: boolean
  /** What it acknowledges is on a disk, and not on ours: another tab shares that. */
  readonly disk: boolean
  /** Who it is: one peer may have two links for a while, an old one and a new one. Null for a client of another wire. */
  readonly peer: PeerId | null
  /** What it is called in lists of whom somebody reaches [BR8]; a client of another wire is on none. */
  readonly name?: ReachName
  /** The highest sequence used on this link for a document that was forgotten since: numbers go on above it [BR5]. */
  readonly sent?: number
}

export interface Neighbour {
  readonly link: LinkId
  readonly traits: Traits
  /** Our `open` is on its way behind the log; it has left; and its own has come. */
  opening: boolean
  opened: boolean
  joined: boolean
  /** It keeps the document, closed it while we were level, and holds what it held: the next change wakes it [ME3]. */
  asleep: boolean
  /** It said that it takes no part: it is not asked again until it opens the document itself. */
  declined: boolean
  /** It closed the document while something of ours was on its way: it is told again, as of a change. */
  missedChange: boolean
  /** When our `open` left last, and how long to wait for its own before saying it again. */
  openedAt: Millis
  openAgainMs: Millis
  /** A client of another wire was given what it lacked; before, an edit might build on something it does not have. */
  answered: boolean
  /** It was sent the presence of everybody when it began to take part. */
  greeted: boolean

  /** Structs it holds for sure: what it said, and what it sent. What it lacks is told from this. */
  said: Vector
  /** Structs it need not be sent: what it holds for sure, and what is on its way to it, or was lost there. */
  vector: Vector
  /** We hold all that it held, and it all that we held, at some moment since it joined. Both: level. */
  weHaveTheirs: boolean
  theyHaveOurs: boolean

  /** Sequence of our last message with updates to it; of the last one it acknowledged; since when one is open. */
  sent: number
  acknowledged: number
  unacknowledgedSince: Millis | null
  /** For each sequence not acknowledged yet: the number of the last own edit that it covers. */
  readonly covers: {
    readonly sequence: number
    readonly edits: number
    /** Of what was left to others, so much had been when it left. */
    readonly left: number
    isComplete: boolean
  }[]
  /** Number of the last own edit it is known to have stored. */
  holds: number
  /** Digest we stated in the last `missing` to it, and the own edits in that state. */
  offered: { readonly digest: Digest; readonly edits: number; readonly left: number } | null
  /** Of our deletes the last `missing` to it held only the latest. */
  toldSome: boolean

  /** Sequence of its messages through which we have everything; the highest we saw; whether something was lost. */
  received: number
  seen: number
  hasGap: boolean
  /** Through here all has come, but some of it waits for what others are to bring; until when they have time for that. */
  heldBack: number
  waitsUntil: Millis | null
  /** What to acknowledge once the mark is durable, and not before. */
  acknowledgeDue: { readonly sequence: number; readonly mark: number; readonly at: Millis } | null
  /** A client of another wire has sent something that could not be taken. */
  owes: boolean

  /** What was left to others to send it, and who reaches whom [BR8]. */
  readonly doubt: Doubt
  readonly talk: ReachTalk

  /** It asked for ids of big updates before the updates; we asked it; when to ask for what it announced [BR7]. */
  lazy: boolean
  pruned: boolean
  graftAt: Millis | null
  /** When we last asked for what we lack, if no answer has come. */
  askedAt: Millis | null
  /** Since when it is known to hold structs that we lack, as far as is known. */
  lackingSince: Millis | null
  /** When it was last asked to compare because something was not acknowledged. */
  comparedAt: Millis
  /** A request we have not answered yet because answers are rationed. */
  owed: Have | null
  answerTokens: number
  tokensAt: Millis
  /** Until then a `missing` to it counts as on its way, and none is sent again. */
  missingUntil: Millis

  /** It read too slowly: updates were dropped, a resync follows when its queue has drained. */
  behind: boolean
  strikes: number
}

export function newNeighbour(link: LinkId, traits: Traits, now: Millis): Neighbour {
  return {
    link,
    traits,
    opening: false,
    opened: false,
    joined: false,
    asleep: false,
    declined: false,
    missedChange: false,
    openedAt: 0,
    openAgainMs: limits.answerMs,
    greeted: false,
    answered: false,
    said: new Map(),
    vector: new Map(),
    weHaveTheirs: false,
    theyHaveOurs: false,
    sent: traits.sent ?? 0,
    acknowledged: traits.sent ?? 0,
    unacknowledgedSince: null,
    covers: [],
    holds: 0,
    offered: null,
    toldSome: false,
    received: 0,
    seen: 0,
    hasGap: false,
    heldBack: 0,
    waitsUntil: null,
    acknowledgeDue: null,
    owes: false,
    doubt: noDoubt(),
    talk: noReachTalk(),
    lazy: false,
    pruned: false,
    graftAt: null,
    askedAt: null,
    lackingSince: null,
    comparedAt: 0,
    owed: null,
    answerTokens: limits.answersBurst,
    tokensAt: now,
    missingUntil: 0,
    behind: false,
    strikes: 0,
  }
}

export function isActive(neighbour: Neighbour): boolean {
  return neighbour.opened && neighbour.joined
}

export function isLevel(neighbour: Neighbour): boolean {
  return (
    (neighbour.joined || neighbour.asleep) &&
    neighbour.weHaveTheirs &&
    neighbour.theyHaveOurs &&
    !neighbour.hasGap &&
    !neighbour.behind
  )
}

/** Level, and nothing of what it holds is only presumed. */
export function isSurelyLevel(neighbour: Neighbour): boolean {
  return isLevel(neighbour) && !isDoubtful(neighbour.doubt)
}

/** When to say our `open` again, because nothing came of it; null when it is not to be said again. */
export function opensAgainAt(neighbour: Neighbour): Millis | null {
  const { opened, joined, openedAt, openAgainMs } = neighbour
  return opened && !joined ? openedAt + openAgainMs : null
}

/** When to ask again for what we lack; null when we lack nothing, or it cannot be asked. */
export function asksAgainAt(neighbour: Neighbour): Millis | null {
  const { hasGap, askedAt, lackingSince, graftAt, waitsUntil } = neighbour
  if (!isActive(neighbour) || (!hasGap && lackingSince === null)) return null
  if (hasGap && waitsUntil !== null) return Math.max(waitsUntil, (askedAt ?? -Infinity) + limits.answerMs)
  if (graftAt !== null && askedAt === null) return graftAt
  return Math.max(askedAt ?? 0, lackingSince ?? 0) + limits.answerMs
}

/** When to compare because an acknowledgement is overdue: what was sent last may be lost, and nothing would tell. */
export function comparesAgainAt(neighbour: Neighbour): Millis | null {
  const { unacknowledgedSince, comparedAt, missingUntil, behind } = neighbour
  if (unacknowledgedSince === null || behind || !isActive(neighbour)) return null
  return Math.max(unacknowledgedSince + limits.answerMs, comparedAt + limits.answerMs, missingUntil)
}

/** When to compare because it may not have been sent what was left to others; null when nothing speaks for that. */
export function doubtedAt(neighbour: Neighbour): Millis | null {
  return isActive(neighbour) && !neighbour.behind ? neighbour.doubt.compareAt : null
}

/** Whether what we sent it may still be on its way, so that comparing states says nothing yet (PROTOCOL.md [DS12]). */
export function isInFlight(neighbour: Neighbour, now: Millis): boolean {
  const since = neighbour.unacknowledgedSince
  return since !== null && (now - since < limits.answerMs || now < neighbour.missingUntil)
}

/** Takes one answer from the ration; false when it is used up (PROTOCOL.md [DS8]). */
export function takeAnswer(neighbour: Neighbour, now: Millis): boolean {
  const refill = ((now - neighbour.tokensAt) / 1000) * limits.answersPerSecond
  neighbour.answerTokens = Math.min(limits.answersBurst, neighbour.answerTokens + refill)
  neighbour.tokensAt = now
  if (neighbour.answerTokens < 1) return false
  neighbour.answerTokens--
  return true
}

/** Notes structs it holds. */
export function raise(vector: Vector, to: ReadonlyMap<number, number>): void {
  for (const [client, clock] of to) if ((vector.get(client) ?? 0) < clock) vector.set(client, clock)
}

/** Notes a message that was sent with the next sequence. */
export function noteSent(neighbour: Neighbour, edits: number, options: { now: Millis; isComplete: boolean }): number {
  const sequence = ++neighbour.sent
  if (neighbour.traits.kind === 'edge') return sequence
  neighbour.unacknowledgedSince ??= options.now
  // A peer that never acknowledges must not cost memory; forgetting a cover only makes us claim less.
  if (neighbour.covers.length >= limits.unacknowledgedMax) neighbour.covers.shift()
  neighbour.covers.push({ sequence, edits, left: neighbour.doubt.count, isComplete: options.isComplete })
  return sequence
}

/** Something of ours was not sent to it: nothing that was sent before, and is acknowledged later, makes it whole again. */
export function noteSkipped(neighbour: Neighbour): void {
  neighbour.theyHaveOurs = false
  neighbour.offered = null
  for (const cover of neighbour.covers) cover.isComplete = false
}

/** It has all of ours through `sequence` in its log. */
export function noteStored(neighbour: Neighbour, sequence: number, now: Millis): void {
  if (sequence > neighbour.sent || sequence <= neighbour.acknowledged) return
  neighbour.acknowledged = sequence
  neighbour.unacknowledgedSince = sequence === neighbour.sent ? null : now
  while (neighbour.covers.length > 0 && (neighbour.covers[0]?.sequence ?? Infinity) <= sequence) {
    const covered = neighbour.covers.shift()
    if (covered === undefined) break
    if (covered.isComplete) {
      neighbour.theyHaveOurs = true
      neighbour.missingUntil = 0
      neighbour.owed = null
      settle(neighbour.doubt, covered.left)
    }
    // Before it had everything once, later edits alone say nothing about the earlier ones.
    if (neighbour.theyHaveOurs) neighbour.holds = Math.max(neighbour.holds, covered.edits)
  }
}

/** We have all that it sent through `sequence`; what came later, and had overtaken this, may still leave a gap. */
export function noteReceived(neighbour: Neighbour, sequence: number): void {
  neighbour.received = Math.max(neighbour.received, sequence)
  neighbour.seen = Math.max(neighbour.seen, sequence)
  neighbour.hasGap = neighbour.seen > neighbour.received
  if (!neighbour.hasGap) neighbour.waitsUntil = null
}

/** It sent something that we could not take, or that followed something we never got: it is asked for again. */
export function noteGap(neighbour: Neighbour, sequence: number): void {
  neighbour.seen = Math.max(neighbour.seen, sequence)
  neighbour.hasGap = true
}

/** All it sent through `sequence` is here, but some of it waits for what others are to bring. */
export function noteHeldBack(neighbour: Neighbour, sequence: number, now: Millis): void {
  noteGap(neighbour, sequence)
  neighbour.heldBack = Math.max(neighbour.heldBack, sequence)
  neighbour.waitsUntil ??= now + limits.graftMs
}

/** Something that waited is gone: it is asked for. */
export function loseHeldBack(neighbour: Neighbour | undefined): void {
  if (neighbour === undefined) return
  neighbour.heldBack = 0
  neighbour.waitsUntil = null
}

/** Both hold the very same: nothing is open between us. */
export function noteEqual(neighbour: Neighbour, edits: number): void {
  neighbour.weHaveTheirs = true
  neighbour.theyHaveOurs = true
  neighbour.askedAt = null
  neighbour.lackingSince = null
  neighbour.owed = null
  neighbour.missingUntil = 0
  neighbour.acknowledged = neighbour.sent
  neighbour.unacknowledgedSince = null
  neighbour.covers.length = 0
  neighbour.toldSome = false
  neighbour.holds = Math.max(neighbour.holds, edits)
  settle(neighbour.doubt, neighbour.doubt.count)
}
