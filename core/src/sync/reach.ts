/**
 * Neighbour knowledge (PROTOCOL.md [BR8]): peers that take part tell each other whom they send to, and nobody passes
 * on to somebody whom the one it heard from reaches itself. So an edit crosses a full mesh of N in N-1 copies instead of
 * (N-1)^2. This is the self-pruning of "Flooding in Wireless Ad Hoc Networks" (Lim, Kim, 2001) and of RFC 6621, for
 * links that do not lose what they carry, and with a way back for what was left to somebody who failed: `doubt.ts`.
 */
import type { LinkId, Millis } from '../ids.ts'
import { limits } from '../limits.ts'
import type { DocumentMessage, ReachName } from '../wire/message.ts'
import { loseTrust } from './doubt.ts'
import { isActive, type Neighbour } from './neighbour.ts'
import { dueAt, nobody, type Names } from './reach-talk.ts'
import type { SyncEffect } from './sync-events.ts'

type ReachMessage = Extract<DocumentMessage, { type: 'reach' }>

interface Neighbours {
  values(): Iterable<Neighbour>
}

export class Reach {
  readonly #neighbours: Neighbours
  #reached: Names = nobody

  constructor(neighbours: Neighbours) {
    this.#neighbours = neighbours
  }

  /** Before anything leaves: lists that do not hold any more are not named by what leaves, and those that are due leave. */
  refresh(now: Millis): readonly SyncEffect[] {
    const reached = this.#whoIsReached(now)
    const hasChanged = reached.length !== this.#reached.size || !reached.every((name) => this.#reached.has(name))
    if (hasChanged) this.#reached = new Set(reached)
    const effects: SyncEffect[] = []
    for (const neighbour of this.#neighbours.values()) {
      if (!isActive(neighbour) || neighbour.traits.kind !== 'peer') continue
      const { talk } = neighbour
      if (hasChanged || !talk.isSeen) this.#revise(neighbour, now)
      if (now >= dueAt(talk)) effects.push(this.#tell(neighbour, now))
    }
    return effects
  }

  /** It gets what we send, at once as far as we can see. */
  #whoIsReached(now: Millis): readonly ReachName[] {
    const names: ReachName[] = []
    for (const neighbour of this.#neighbours.values()) {
      const { traits, talk, behind, unacknowledgedSince } = neighbour
      if (traits.name === undefined) continue
      const isStalled = unacknowledgedSince !== null && now - unacknowledgedSince >= limits.reachStallMs
      const wasReached = talk.isReached
      talk.isReached = isActive(neighbour) && !behind && !isStalled
      // Who is silent towards us may be so towards others.
      if (wasReached && !talk.isReached) this.#doubtMissing(neighbour.link, nobody, now)
      if (talk.isReached) names.push(traits.name)
    }
    return names
  }

  /** Of many only those that it reaches, too: the others it could not spare. */
  #namesFor({ traits, talk }: Neighbour): Names {
    if (this.#isLong) return new Set([...talk.told.names].filter((name) => this.#reached.has(name)))
    return new Set([...this.#reached].filter((name) => name !== traits.name))
  }

  get #isLong(): boolean {
    return this.#reached.size > limits.reachMax
  }

  /** A new name can wait for others; a list with a wrong one cannot. */
  #revise(neighbour: Neighbour, now: Millis): void {
    const { talk } = neighbour
    const names = this.#namesFor(neighbour)
    talk.isSeen = true
    talk.holds = [...talk.names].every((name) => names.has(name))
    if (!talk.holds) talk.dueAt = Math.max(now, (talk.leftAt ?? -Infinity) + limits.reachEveryMs)
    else if (names.size > talk.names.size) talk.dueAt ??= now + limits.reachQuietMs
    else talk.dueAt = null
  }

  #tell(neighbour: Neighbour, now: Millis): SyncEffect {
    const { talk, link } = neighbour
    const names = this.#namesFor(neighbour)
    const isSame = names.size === talk.names.size && [...names].every((name) => talk.names.has(name))
    if (!isSame) talk.version++
    talk.names = names
    talk.holds = true
    talk.leftAt = now
    talk.dueAt = null
    talk.againAt = null
    const message = { type: 'reach', version: talk.version, known: talk.told.version, names: [...names] } as const
    return { type: 'send', link, message }
  }

  hear(neighbour: Neighbour, message: ReachMessage, now: Millis): void {
    const { talk, link } = neighbour
    const isOurLost = message.known < talk.version && now - (talk.leftAt ?? now) >= limits.answerMs
    talk.againAt = isOurLost ? now : null
    if (message.version < talk.told.version) return
    const names = new Set(message.names)
    this.#doubtMissing(link, names, now)
    talk.told = { version: message.version, names }
    for (const other of this.#neighbours.values()) {
      if (!isNamedBy(neighbour, other)) loseTrust(neighbour.doubt, other.link, now)
    }
    talk.isSeen = talk.isSeen && !this.#isLong
  }

  /** Something names a list of theirs: it may be one that was lost. */
  note(neighbour: Neighbour, version: number | undefined, now: Millis): void {
    const { talk, link } = neighbour
    if (version === undefined || version <= talk.told.version) return
    // Perhaps it took somebody back. Ours tells which one we know, and it comes again.
    this.#doubtMissing(link, nobody, now)
    talk.told = { ...talk.told, names: nobody }
    talk.againAt ??= now + limits.answerMs
  }

  /** What was left to that link is to be looked after by others. */
  lost(link: LinkId, now: Millis): void {
    this.#doubtMissing(link, nobody, now)
  }

  /** Whoever is not among these is not reached from that link any more. */
  #doubtMissing(via: LinkId, names: Names, now: Millis): void {
    for (const { doubt, traits } of this.#neighbours.values()) {
      if (traits.name === undefined || !names.has(traits.name)) loseTrust(doubt, via, now)
    }
  }

  deadline(): Millis | null {
    let next = Infinity
    for (const neighbour of this.#neighbours.values()) {
      const { traits, talk, unacknowledgedSince } = neighbour
      if (traits.kind !== 'peer' || !isActive(neighbour)) continue
      next = Math.min(next, dueAt(talk))
      // Who is not called reached any more is called so again when it acknowledges.
      if (unacknowledgedSince === null || !talk.isReached) continue
      next = Math.min(next, unacknowledgedSince + limits.reachStallMs)
    }
    return next === Infinity ? null : next
  }
}

/** The version to name in what leaves for a neighbour; none where no list holds, or it names nobody. */
export function reachOf({ talk }: Neighbour): { readonly reach?: number } {
  return talk.holds && talk.names.size > 0 ? { reach: talk.version } : {}
}

/**
 * Whether a neighbour is sent by `sender` what came from there and names this version: both say that they reach each
 * other. So nobody who only claims to reach somebody keeps others from it.
 */
export function isReachedBy(neighbour: Neighbour, sender: Neighbour | undefined, version: number | undefined): boolean {
  if (sender?.traits.name === undefined || neighbour.traits.name === undefined) return false
  const { told } = sender.talk
  return version === told.version && told.names.has(neighbour.traits.name) && isNamedBy(neighbour, sender)
}

function isNamedBy({ talk }: Neighbour, { traits }: Neighbour): boolean {
  return traits.name !== undefined && talk.told.names.has(traits.name)
}
