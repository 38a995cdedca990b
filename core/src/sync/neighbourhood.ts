/** The links that have to do with one document, and what can be said of them together. */
import { equalBytes } from '../bytes.ts'
import type { Digest, LinkId, Millis, PeerId } from '../ids.ts'
import { limits } from '../limits.ts'
import {
  asksAgainAt,
  comparesAgainAt,
  doubtedAt,
  isActive,
  isLevel,
  isSurelyLevel,
  loseHeldBack,
  newNeighbour,
  noteSkipped,
  opensAgainAt,
  type Neighbour,
  type Traits,
} from './neighbour.ts'
import { isDoubtful } from './doubt.ts'
import type { Holder } from '../wire/document-note.ts'
import { Witnesses } from './witnesses.ts'
import type { SyncEvent, SyncSummary } from './sync-events.ts'

export class Neighbourhood {
  /** Those that stored it and are not linked now. */
  readonly witnesses = new Witnesses()
  readonly #neighbours = new Map<LinkId, Neighbour>()
  #safeEdits = 0

  get(link: LinkId): Neighbour | undefined {
    return this.#neighbours.get(link)
  }

  /** The neighbour at a link, new where there was none. */
  at(link: LinkId, traits: Traits, now: Millis): Neighbour {
    const known = this.#neighbours.get(link)
    if (known !== undefined) return known
    const neighbour = newNeighbour(link, traits, now)
    this.#neighbours.set(link, neighbour)
    return neighbour
  }

  /**
   * [CA9] A keeper was found to hold the document without opening it. While it is what is here it counts, asleep;
   * otherwise it has missed a change.
   */
  found(
    { link, traits, digest: theirs }: Extract<SyncEvent, { type: 'found' }>,
    ours: { readonly digest: Digest | null; readonly edits: number; readonly now: Millis },
  ): void {
    // Whoever takes part has said more than that.
    if (this.#neighbours.has(link)) return
    const neighbour = this.at(link, traits, ours.now)
    const isEqual = ours.digest !== null && equalBytes(ours.digest, theirs)
    if (!isEqual) neighbour.missedChange = true
    else Object.assign(neighbour, { asleep: true, weHaveTheirs: true, theyHaveOurs: true, holds: ours.edits })
  }

  values(): Iterable<Neighbour> {
    return this.#neighbours.values()
  }

  get isEmpty(): boolean {
    return this.#neighbours.size === 0
  }

  /**
   * It takes no part any more. A keeper that closed while level still holds what it held: it counts, asleep. One that closed may be told again of a later change; one that declined is not asked
   * again while the link lasts. `mark`: the newest of the log, when nothing is on its way out; else null.
   */
  leave(link: LinkId, how: 'lost' | 'closed' | 'declined', mark: number | null): void {
    const neighbour = this.#neighbours.get(link)
    if (neighbour === undefined) return
    const { peer, disk, keeps } = neighbour.traits
    if (disk) this.#safeEdits = Math.max(this.#safeEdits, neighbour.holds)
    if (disk && peer !== null && neighbour.theyHaveOurs) {
      this.witnesses.note(peer, { edits: neighbour.holds, whole: isWhole(neighbour) ? mark : null, keeps })
    }
    this.#neighbours.delete(link)
    if (how === 'lost') return
    // Numbers go on where they were: an acknowledgement that comes late must mean nothing [BR5].
    const absent = this.at(link, { ...neighbour.traits, sent: neighbour.sent }, neighbour.tokensAt)
    absent.declined = how === 'declined'
    // Also what has not left yet, behind the log: it is not sent to who takes no part.
    const isInMotion = mark === null || neighbour.unacknowledgedSince !== null
    absent.missedChange = how === 'closed' && (isInMotion || !isSurelyLevel(neighbour))
    if (how === 'declined' || !neighbour.traits.keeps || !isSurelyLevel(neighbour)) return
    const { weHaveTheirs, theyHaveOurs, holds } = neighbour
    Object.assign(absent, { asleep: true, weHaveTheirs, theyHaveOurs, holds })
  }

  /** Something it said had to be dropped here: it is not acknowledged, and asked for again. */
  missed(link: LinkId): void {
    const neighbour = this.#neighbours.get(link)
    if (neighbour === undefined) return
    neighbour.hasGap = true
    loseHeldBack(neighbour)
  }

  /** [BR4] Something for it was dropped. True when that has happened too often. */
  fallBehind(link: LinkId): boolean {
    const neighbour = this.#neighbours.get(link)
    if (neighbour === undefined || neighbour.behind) return false
    neighbour.behind = true
    // [YW2] A client of another wire is given everything first: what comes meanwhile may build on what was dropped.
    neighbour.answered = false
    noteSkipped(neighbour)
    neighbour.strikes++
    return neighbour.strikes > limits.slowStrikesMax
  }

  /** Number of the last own edit that some peer has, or had, on disk. */
  get safeEdits(): number {
    let safeEdits = Math.max(this.#safeEdits, this.witnesses.edits)
    for (const { traits, holds } of this.#neighbours.values()) {
      if (traits.kind === 'peer' && traits.disk) safeEdits = Math.max(safeEdits, holds)
    }
    return safeEdits
  }

  /** Where the own edits through the last one are. */
  whereabouts(edits: number): Pick<SyncSummary, 'pending' | 'receivedOn' | 'storedOn' | 'keptOn'> {
    const pending = Math.max(0, edits - this.safeEdits)
    const stored = this.#holding(edits, true)
    const received = new Set([...this.#holding(edits, false).keys(), ...stored.keys()])
    return { pending, receivedOn: received.size, storedOn: stored.size, keptOn: this.keepers(edits) }
  }

  /** How many peers hold every own edit through `edits`, in their log, or on their disk. */
  holders(edits: number, needsDisk: boolean): number {
    return this.#holding(edits, needsDisk).size
  }

  /** How many of those that hold them on disk keep every document. */
  keepers(edits: number): number {
    return [...this.#holding(edits, true).values()].filter((keeps) => keeps).length
  }

  /** Who has everything in the log through `mark` on disk, when nothing is on its way out. */
  whole(mark: number, edits: number): readonly Holder[] {
    const holders = new Map(this.witnesses.whole(mark).map((one) => [one.peer, one]))
    for (const neighbour of this.#neighbours.values()) {
      const { peer, disk, keeps } = neighbour.traits
      const isHere = neighbour.joined || neighbour.asleep
      if (!isHere || !disk || peer === null || neighbour.holds < edits || !isWhole(neighbour)) continue
      holders.set(peer, { peer, keeps })
    }
    return [...holders.values()]
  }

  /** Peers that hold every own edit through `edits`, and whether they keep every document. */
  #holding(edits: number, needsDisk: boolean): ReadonlyMap<PeerId | null, boolean> {
    const holders = new Map<PeerId | null, boolean>()
    // What is on their disk stays there; what was in their memory need not.
    if (needsDisk) for (const { peer, keeps } of this.witnesses.holding(edits)) holders.set(peer, keeps)
    for (const { traits, joined, asleep, theyHaveOurs, holds } of this.#neighbours.values()) {
      const isHolder = traits.kind === 'peer' && (joined || asleep) && theyHaveOurs && holds >= edits
      if (isHolder && (traits.disk || !needsDisk)) holders.set(traits.peer, traits.keeps)
    }
    return holders
  }

  /** Peers that take part; of those, the ones that hold the same as we. */
  get counts(): { readonly taking: number; readonly level: number } {
    const taking = new Set<PeerId | null>()
    const level = new Set<PeerId | null>()
    for (const neighbour of this.#neighbours.values()) {
      const { traits, joined, asleep } = neighbour
      if (!(joined || asleep) || traits.kind !== 'peer') continue
      taking.add(traits.peer)
      if (isLevel(neighbour)) level.add(traits.peer)
    }
    return { taking: taking.size, level: level.size }
  }

  /** Whether somebody who does not keep documents takes part: it would not be told again if we forgot it. */
  get hasGuests(): boolean {
    return [...this.values()].some((neighbour) => neighbour.joined && !neighbour.traits.keeps)
  }

  /** Every peer that takes part holds the same as we. */
  get isLevel(): boolean {
    const { taking, level } = this.counts
    return taking === level
  }

  /** Whether somebody takes part at the moment. */
  get hasActive(): boolean {
    return [...this.values()].some(isActive)
  }

  get hasEdges(): boolean {
    return [...this.values()].some((neighbour) => neighbour.traits.kind === 'edge')
  }

  /**
   * Whether the document must stay in memory for a neighbour: a client of another wire, one that is not level, or one
   * that has not answered. What was on its way to that one, an `open` or an update, may be lost, level as it was before.
   */
  get needDocument(): boolean {
    const needsIt = ({ traits, unacknowledgedSince, opening, joined, doubt }: Neighbour): boolean =>
      traits.kind === 'edge' || unacknowledgedSince !== null || (opening && !joined) || isDoubtful(doubt)
    return !this.isLevel || [...this.values()].some(needsIt)
  }

  /** When to ask, answer or acknowledge; null when nothing is open. `durable`: how far the own log has come. */
  deadline(durable: number): Millis | null {
    let next: Millis = Infinity
    for (const neighbour of this.#neighbours.values()) {
      const { owed, missingUntil, tokensAt, acknowledgeDue } = neighbour
      // One by one: a list for each of a thousand readers, after every event, is what a thousand readers would cost.
      next = Math.min(next, opensAgainAt(neighbour) ?? Infinity)
      next = Math.min(next, asksAgainAt(neighbour) ?? Infinity)
      next = Math.min(next, comparesAgainAt(neighbour) ?? Infinity)
      next = Math.min(next, doubtedAt(neighbour) ?? Infinity)
      const isDue = acknowledgeDue !== null && acknowledgeDue.mark <= durable && isActive(neighbour)
      if (isDue) next = Math.min(next, acknowledgeDue.at)
      if (owed !== null) next = Math.min(next, Math.max(missingUntil, tokensAt + 1000 / limits.answersPerSecond))
    }
    return next === Infinity ? null : next
  }
}

/** All that left for it has arrived in its log, and nothing was left to others. */
function isWhole(neighbour: Neighbour): boolean {
  const { theyHaveOurs, behind, unacknowledgedSince, doubt } = neighbour
  return theyHaveOurs && !behind && unacknowledgedSince === null && !isDoubtful(doubt)
}
