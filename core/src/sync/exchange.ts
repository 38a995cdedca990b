/**
 * The conversation about one document with each neighbour (PROTOCOL.md, DS): who holds what, who lacks what, and
 * edits as they come. Works on a loaded replica; `document-sync.ts` sees to it that there is one.
 */
import { equalBytes } from '../bytes.ts'
import type { Millis } from '../ids.ts'
import { limits } from '../limits.ts'
import type { DeletedRanges } from '../replica/deleted-ranges.ts'
import { noDigest } from '../replica/digest.ts'
import { bulkLimits, liveLimits, type UpdateLimits } from '../replica/gate.ts'
import type { Replica } from '../replica/replica.ts'
import { unreachable } from '../result.ts'
import { closeCode } from '../wire/close-code.ts'
import type { Have } from '../wire/message.ts'
import {
  asksAgainAt,
  comparesAgainAt,
  doubtedAt,
  isActive,
  isInFlight,
  noteEqual,
  noteGap,
  noteHeldBack,
  noteReceived,
  noteStored,
  raise,
  takeAnswer,
  type Neighbour,
} from './neighbour.ts'
import { nextComparison, settle } from './doubt.ts'
import type { Neighbourhood } from './neighbourhood.ts'
import type { LogWatermark } from './log-watermark.ts'
import type { Outbox } from './outbox.ts'
import type { Reach } from './reach.ts'
import { Relay } from './relay.ts'
import type { StateMessage, SyncEffect } from './sync-events.ts'
import { LazyPush } from './lazy-push.ts'
import { WaitingRoom } from './waiting-room.ts'

/** What the conversation shares with the rest of the machine. */
export interface Ground {
  readonly replica: Replica
  readonly log: LogWatermark
  readonly outbox: Outbox
  readonly neighbours: Neighbourhood
  readonly reach: Reach
  /** Number of the last edit made here. */
  readonly edits: () => number
  /** Takes over what the replica has announced: into the log, and edits into the outbox. */
  readonly collect: () => void
  readonly effect: (effect: SyncEffect) => void
}

export class Exchange {
  readonly #ground: Ground
  readonly #lazyPush: LazyPush
  readonly relay: Relay
  readonly waiting: WaitingRoom

  constructor(ground: Ground) {
    this.#ground = ground
    const { neighbours, outbox, replica, effect } = ground
    const clockOf = (client: number): number => replica.clockOf(client)
    const tellDigest = (neighbour: Neighbour): void => this.#tellDigest(neighbour, false)
    this.#lazyPush = new LazyPush({ neighbours, outbox, clockOf, tellDigest, effect })
    this.relay = new Relay(ground, this.#lazyPush)
    const acknowledge = (neighbour: Neighbour, at: Millis): void => this.#acknowledge(neighbour, at)
    this.waiting = new WaitingRoom({ ...ground, relay: this.relay, acknowledge })
  }

  get isIdle(): boolean {
    return this.waiting.isEmpty
  }

  receive(neighbour: Neighbour, message: StateMessage, now: Millis): void {
    switch (message.type) {
      case 'have':
        return this.hear(neighbour, message.have, { now, isJoin: false })
      case 'digest':
        return this.#compareDigest(neighbour, message, now)
      case 'missing':
        return this.#mergeMissing(neighbour, message, now)
      case 'updates':
        return this.#mergeUpdates(neighbour, message, now)
      case 'stored':
        return noteStored(neighbour, message.sequence, now)
      case 'prune':
        neighbour.lazy = true
        return
      case 'announce':
        return this.#lazyPush.hear(neighbour, message.ids, now)
      default:
        unreachable(message)
    }
  }

  /** [DS3] Compares what they hold with what we hold: whoever holds more gives, whoever holds less asks. */
  hear(neighbour: Neighbour, have: Have, context: { readonly now: Millis; readonly isJoin: boolean }): void {
    const { now, isJoin } = context
    const { replica, neighbours } = this.#ground
    const difference = replica.compare(have)
    if (typeof difference === 'string') return this.#closeGarbage(neighbour, difference)
    if (difference === null) {
      noteEqual(neighbour, this.#ground.edits())
      // On joining both sides see it for themselves; not where the numbers are, when they go on from before [BR5].
      if (!isJoin || neighbour.sent > 0) this.#tellDigest(neighbour, false)
      return
    }
    const { theyLack, weLack, deletesDiffer, theirVector } = difference
    raise(neighbour.said, theirVector)
    neighbour.vector = new Map(neighbour.said)
    if (weLack || deletesDiffer) neighbour.weHaveTheirs = false
    if (theyLack || deletesDiffer) {
      neighbour.theyHaveOurs = false
      if (neighbour.traits.peer !== null) neighbours.witnesses.forget(neighbour.traits.peer)
    }
    if (theyLack) neighbour.lazy = false
    if (!theyLack && !deletesDiffer) settle(neighbour.doubt, neighbour.doubt.count)
    neighbour.lackingSince = weLack ? now : null
    if (weLack && (isJoin || !this.#isFetchingElsewhere(neighbour, now))) this.ask(neighbour, now)
    if (deletesDiffer && this.#waitsForDeletes(neighbour, have, now)) return
    if (theyLack || deletesDiffer || neighbour.traits.kind === 'edge') this.answer(neighbour, have, now)
  }

  /** [DS3] Where all that they deleted was never all that was deleted here, they may know what we lack: theirs comes first. */
  #waitsForDeletes(neighbour: Neighbour, have: Have, now: Millis): boolean {
    const isKnown = have.deletes.byteLength === 0 || this.#ground.replica.deletedSince(have.deletes) !== null
    if (isKnown || neighbour.traits.kind === 'edge' || neighbour.owed !== null || now < neighbour.missingUntil)
      return false
    neighbour.owed = have
    neighbour.missingUntil = now + limits.deletesWaitMs
    return true
  }

  /** [BR3] Something announced by two neighbours is fetched from the first; anti-entropy asks the other if need be. */
  #isFetchingElsewhere(neighbour: Neighbour, now: Millis): boolean {
    for (const other of this.#ground.neighbours.values()) {
      if (other !== neighbour && other.askedAt !== null && now - other.askedAt < limits.answerMs) return true
    }
    return false
  }

  /** [DS8] Sends what they lack, one answer at a time and not too often; the newest request is kept for later. */
  answer(neighbour: Neighbour, have: Have, now: Millis): void {
    if (now < neighbour.missingUntil || !takeAnswer(neighbour, now)) {
      neighbour.owed = have
      return
    }
    neighbour.owed = null
    this.#tellMissing(neighbour, have, now)
  }

  /**
   * Who has all of our deletes is not sent them again: in a long-lived text they are most of it. Nor is who held all that
   * there were at some moment, but for those since; if that does not bring it level, all the next time.
   */
  #deletesFor(neighbour: Neighbour, have: Have | null): 'all' | DeletedRanges {
    const { replica } = this.#ground
    if (have === null || have.deletes.byteLength === 0) return 'all'
    const isEqual = equalBytes(have.deletes, replica.have().deletes)
    const since = isEqual || !neighbour.toldSome ? replica.deletedSince(have.deletes) : null
    neighbour.toldSome = since !== null && !isEqual
    return since ?? 'all'
  }

  #tellMissing(neighbour: Neighbour, have: Have | null, now: Millis): void {
    const { replica, log, outbox } = this.#ground
    const update = replica.missing(neighbour.said, this.#deletesFor(neighbour, have))
    const to = replica.vector()
    const isPeer = neighbour.traits.kind === 'peer'
    if (isPeer) neighbour.missingUntil = now + limits.answerMs + update.byteLength / limits.slowBytesPerMs
    const say = { type: 'missing', digest: isPeer ? replica.digest() : noDigest, update, to } as const
    outbox.push({ type: 'tell', mark: log.written, link: neighbour.link, say, edits: this.#ground.edits() })
  }

  #tellDigest(neighbour: Neighbour, answer: boolean): void {
    const { replica, log, outbox } = this.#ground
    const say = { type: 'digest', digest: replica.digest(), answer } as const
    outbox.push({ type: 'tell', mark: log.written, link: neighbour.link, say, edits: 0 })
  }

  /** [DS5] Anti-entropy: eight bytes to one neighbour. */
  compareWith(neighbour: Neighbour): void {
    this.#tellDigest(neighbour, true)
  }

  /** [DS4] [DS5] Whatever was not answered in time is asked again. */
  passTime(neighbour: Neighbour, now: Millis): void {
    if (neighbour.owed !== null) this.answer(neighbour, neighbour.owed, now)
    this.#lazyPush.settle()
    if (neighbour.lackingSince !== null && !this.#lacks(neighbour)) neighbour.lackingSince = null
    if (now >= (asksAgainAt(neighbour) ?? Infinity)) this.ask(neighbour, now)
    if (now >= (comparesAgainAt(neighbour) ?? Infinity)) {
      neighbour.comparedAt = now
      if (this.#ground.log.isSettled) this.compareWith(neighbour)
    }
    if (now >= (doubtedAt(neighbour) ?? Infinity)) this.#resolveDoubt(neighbour, now)
  }

  /** [BR8] Somebody who was to send to it may have failed. */
  #resolveDoubt(neighbour: Neighbour, now: Millis): void {
    if (nextComparison(neighbour.doubt, now) === 'digest') return this.compareWith(neighbour)
    const { replica, log, outbox } = this.#ground
    const say = { type: 'have', have: replica.have() } as const
    outbox.push({ type: 'tell', mark: log.written, link: neighbour.link, say, edits: 0 })
  }

  /** Whether it holds structs that are not here. */
  #lacks(neighbour: Neighbour): boolean {
    for (const [client, clock] of neighbour.said) if (clock > this.#ground.replica.clockOf(client)) return true
    return false
  }

  /** [DS4] Says what we hold so that they send the rest; again only when no answer came in time. */
  ask(neighbour: Neighbour, now: Millis): void {
    if (neighbour.askedAt !== null && now - neighbour.askedAt < limits.answerMs) return
    neighbour.askedAt = now
    neighbour.graftAt = null
    neighbour.waitsUntil = null
    neighbour.pruned = false
    const { replica, log, outbox } = this.#ground
    const isEdge = neighbour.traits.kind === 'edge'
    const say = { type: 'have', have: isEdge ? replica.haveWithoutDeletes() : replica.have() } as const
    outbox.push({ type: 'tell', mark: log.written, link: neighbour.link, say, edits: 0 })
  }

  #compareDigest(neighbour: Neighbour, message: Extract<StateMessage, { type: 'digest' }>, now: Millis): void {
    const { replica, log, outbox } = this.#ground
    if (equalBytes(message.digest, replica.digest())) {
      noteEqual(neighbour, this.#ground.edits())
      noteReceived(neighbour, message.sequence)
      if (message.answer) this.#tellDigest(neighbour, false)
      return
    }
    const { offered } = neighbour
    if (offered !== null && equalBytes(message.digest, offered.digest)) {
      // They now hold exactly what we offered; what we made since is on its way.
      neighbour.theyHaveOurs = true
      neighbour.weHaveTheirs = true
      neighbour.holds = Math.max(neighbour.holds, offered.edits)
      settle(neighbour.doubt, offered.left)
      return
    }
    // [DS12] States in motion differ: compare again when nothing is on its way.
    if (!message.answer || isInFlight(neighbour, now) || !log.isSettled || !outbox.isEmpty) return
    // Several may think that we lack something: one answer is enough, and they compare again.
    if (!this.#isFetchingElsewhere(neighbour, now)) this.ask(neighbour, now)
  }

  #mergeMissing(neighbour: Neighbour, message: Extract<StateMessage, { type: 'missing' }>, now: Millis): void {
    neighbour.askedAt = null
    const isFull = this.#ground.log.isFull
    if (isFull || !this.#merge(neighbour, [message.update], { max: bulkLimits, now }).isComplete) {
      return noteGap(neighbour, message.sequence)
    }
    noteReceived(neighbour, message.sequence)
    if (!neighbour.hasGap) neighbour.weHaveTheirs = true
    this.#acknowledge(neighbour, now)
    const { replica } = this.#ground
    if (equalBytes(message.digest, replica.digest())) {
      noteEqual(neighbour, this.#ground.edits())
      this.#tellDigest(neighbour, false)
      return
    }
    // We hold something that they did not have when they wrote this: structs we never sent, or deletes.
    const holdsUnsent = [...replica.vector()].some(([client, clock]) => clock > (neighbour.vector.get(client) ?? 0))
    const wasOffered = neighbour.offered !== null && equalBytes(neighbour.offered.digest, replica.digest())
    if (isActive(neighbour) && (holdsUnsent || !(wasOffered || isInFlight(neighbour, now)))) {
      // Which deletes they have is not known.
      this.answer(neighbour, replica.haveWithoutDeletes(), now)
    }
  }

  #mergeUpdates(neighbour: Neighbour, message: Extract<StateMessage, { type: 'updates' }>, now: Millis): void {
    const { log } = this.#ground
    // What can be fetched again later is not taken while the storage does not take it (PROTOCOL.md [ST3]).
    const isEdge = neighbour.traits.kind === 'edge'
    if (log.isFull) {
      neighbour.owes = true
      return noteGap(neighbour, message.sequence)
    }
    this.#ground.reach.note(neighbour, message.reach, now)
    const max = isEdge ? bulkLimits : liveLimits
    const { isComplete, isHeld, hasNews } = this.#merge(neighbour, message.updates, { max, now, reach: message.reach })
    if (isEdge) {
      // It numbers nothing and acknowledges nothing: a gap shows only in what an update builds on.
      if (!isComplete) {
        neighbour.owes = true
        return this.ask(neighbour, now)
      }
      neighbour.askedAt = null
      neighbour.hasGap = false
      // [YW5] What it once sent in vain comes with all that it has, and counts as stored no sooner.
      if (neighbour.owes && message.isWhole !== true) return
      neighbour.owes = false
      neighbour.received = message.sequence
      this.#acknowledge(neighbour, now)
      return
    }
    // [DS7] Nothing is missing of what it sent: what that builds on may still come by another link.
    const { hasGap, waitsUntil, heldBack, seen, received } = neighbour
    const isNext = message.sequence <= Math.max(received, heldBack) + 1
    const isOnlyWaiting = hasGap ? waitsUntil !== null && heldBack >= seen : !isComplete
    if (isNext && isHeld && isOnlyWaiting) {
      noteHeldBack(neighbour, message.sequence, now)
      return this.waiting.letGo(now)
    }
    if (message.sequence > neighbour.received + 1 || !isComplete) noteGap(neighbour, message.sequence)
    if (neighbour.hasGap) return this.ask(neighbour, now)
    noteReceived(neighbour, message.sequence)
    this.#acknowledge(neighbour, hasNews ? now : now + limits.acknowledgeKnownMs)
    if (hasNews) this.waiting.letGo(now)
  }

  /** [ST6] News is acknowledged at once; a copy of what was here may wait for the next acknowledgement. */
  #acknowledge(neighbour: Neighbour, at: Millis): void {
    const { received: sequence, acknowledgeDue } = neighbour
    const earliest = Math.min(at, acknowledgeDue?.at ?? Infinity)
    neighbour.acknowledgeDue = { sequence, mark: this.#ground.log.written, at: earliest }
  }

  /** Merges, logs and passes on. Not complete when something waits or was refused: then it must not be acknowledged. */
  #merge(
    neighbour: Neighbour,
    updates: readonly Uint8Array[],
    options: { readonly max: UpdateLimits; readonly now: Millis; readonly reach?: number | undefined },
  ): { readonly isComplete: boolean; readonly isHeld: boolean; readonly hasNews: boolean } {
    const { replica, collect } = this.#ground
    const results = replica.merge(updates, options.max)
    collect()
    let isComplete = true
    let isHeld = true
    let hasNews = false
    for (const [index, merged] of results.entries()) {
      const update = updates[index]
      if (update === undefined) continue
      if (merged.type === 'refused') {
        isComplete = false
        isHeld = false
        this.#closeGarbage(neighbour, merged.why)
        continue
      }
      if (merged.type === 'waiting') {
        isComplete = false
        if (!this.waiting.add({ update, from: neighbour.link })) isHeld = false
        continue
      }
      raise(neighbour.said, merged.inspection.to)
      raise(neighbour.vector, merged.inspection.to)
      if (merged.type === 'news') {
        hasNews = true
        // [BR8] Of bigger ones the sender may have announced only the ids.
        const { reach } = update.byteLength > limits.pushBytesMax ? {} : options
        this.relay.passOn(update, merged, { link: neighbour.link, reach })
      } else this.#lazyPush.noteKnown(neighbour, update)
    }
    if (hasNews) this.waiting.retry()
    if (hasNews) this.#lazyPush.settle()
    return { isComplete, isHeld, hasNews }
  }

  /** [ST5] More is here than what was passed on: all hear of it, and those who cannot fetch it get it. */
  announce(): void {
    const { log, outbox, replica, neighbours } = this.#ground
    outbox.push({ type: 'announce', mark: log.written, have: replica.have(), except: null })
    for (const neighbour of neighbours.values())
      if (neighbour.traits.kind === 'edge') this.#tellMissing(neighbour, null, 0)
  }

  /** [BR4] After updates for it were dropped: what it holds is unsure, so it is asked, or given everything. */
  resync(neighbour: Neighbour, now: Millis): void {
    neighbour.askedAt = null
    neighbour.said = new Map()
    neighbour.vector = new Map()
    if (neighbour.traits.kind === 'edge') this.#tellMissing(neighbour, null, now)
    else this.ask(neighbour, now)
  }

  #closeGarbage(neighbour: Neighbour, reason: string): void {
    this.#ground.effect({ type: 'closeLink', link: neighbour.link, code: closeCode.garbage, reason })
  }
}
