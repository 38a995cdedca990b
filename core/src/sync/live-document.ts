/**
 * A document in memory: its replica, what is said about it to whom, and the way of every change from the replica
 * through the log to the neighbours. `document-sync.ts` brings it into memory and out of it.
 */
import type { LinkId, Millis } from '../ids.ts'
import { limits } from '../limits.ts'
import { bulkLimits, liveLimits } from '../replica/gate.ts'
import type { Replica } from '../replica/replica.ts'
import type { Have } from '../wire/message.ts'
import { Exchange } from './exchange.ts'
import type { LogWatermark } from './log-watermark.ts'
import { isActive, opensAgainAt, type Neighbour } from './neighbour.ts'
import type { Neighbourhood } from './neighbourhood.ts'
import type { Outbox } from './outbox.ts'
import type { PresenceExchange } from './presence-exchange.ts'
import type { Reach } from './reach.ts'
import type { SyncEffect } from './sync-events.ts'

/** What outlives the document's stay in memory. */
export interface LiveDocumentOptions {
  readonly replica: Replica
  readonly log: LogWatermark
  readonly outbox: Outbox
  readonly neighbours: Neighbourhood
  readonly presence: PresenceExchange
  readonly reach: Reach
  /** Counts the edits made here. */
  readonly edits: { count: number }
  readonly effect: (effect: SyncEffect) => void
}

export class LiveDocument {
  readonly replica: Replica
  readonly exchange: Exchange
  readonly #options: LiveDocumentOptions
  #wokenAt: number

  constructor(options: LiveDocumentOptions) {
    const { replica, log, outbox, neighbours, reach, effect, edits } = options
    this.replica = replica
    this.#options = options
    this.#wokenAt = log.written
    this.exchange = new Exchange({
      replica,
      log,
      outbox,
      neighbours,
      reach,
      edits: () => edits.count,
      collect: () => this.collect(),
      effect,
    })
  }

  /** It leaves: when it comes back it says by a digest what it had deleted, which is found among those that were here. */
  remember(link: LinkId): void {
    if (this.#options.neighbours.get(link)?.traits.kind === 'peer') this.replica.have()
  }

  /** Tells a neighbour that we take part, and what we hold. */
  open(neighbour: Neighbour): void {
    if (neighbour.opening || neighbour.declined) return
    this.openAgain(neighbour)
  }

  /** [ME5] Says it again: they did not hear it, or gave no answer. Until it has left, nothing else is said to them. */
  openAgain(neighbour: Neighbour): void {
    neighbour.opening = true
    neighbour.opened = false
    neighbour.greeted = false
    const { log, outbox } = this.#options
    const say = { type: 'open', have: this.replica.have() } as const
    outbox.push({ type: 'tell', mark: log.written, link: neighbour.link, say, edits: 0 })
  }

  unheard(link: LinkId): void {
    const neighbour = this.#options.neighbours.get(link)
    if (neighbour?.opened === true) this.openAgain(neighbour)
    // It closed the document, and met a change of ours on the way.
    else if (neighbour?.opening === false) neighbour.missedChange = true
  }

  /** A neighbour takes part, and holds what it says. */
  join(neighbour: Neighbour, have: Have, now: Millis): void {
    const wasJoined = neighbour.joined
    neighbour.joined = true
    neighbour.asleep = false
    neighbour.declined = false
    if (!wasJoined) neighbour.greeted = false
    if (neighbour.traits.kind === 'edge') {
      // Clients of other wires need no `open`; they say what they hold when they are asked.
      neighbour.opening = true
      neighbour.opened = true
      this.exchange.ask(neighbour, now)
      // Its question found no room while the log was being read, and it does not ask again.
      if (neighbour.hasGap) this.exchange.resync(neighbour, now)
      neighbour.hasGap = false
    } else {
      this.open(neighbour)
      // They say it again because ours did not reach them.
      if (wasJoined && neighbour.opened && now - neighbour.openedAt >= limits.answerMs) this.openAgain(neighbour)
      // Our `open` is a question already; they will answer it.
      if (!wasJoined) neighbour.askedAt = now
      this.exchange.hear(neighbour, have, { now, isJoin: !wasJoined })
    }
  }

  /** Whatever was not answered in time is said again. */
  passTime(now: Millis): void {
    for (const neighbour of this.#options.neighbours.values()) {
      this.exchange.passTime(neighbour, now)
      if (now < (opensAgainAt(neighbour) ?? Infinity)) continue
      neighbour.openAgainMs = Math.min(neighbour.openAgainMs * 2, limits.antiEntropyMaxMs)
      this.openAgain(neighbour)
    }
  }

  /**
   * [ME3] A keeping neighbour that went to sleep over an idle document is woken by the first change, or one it missed;
   * and at once while somebody shows presence here: it slept only because it lost sight of them.
   */
  wakeKeepers(isWatched: boolean): void {
    const { log, neighbours } = this.#options
    const hasChanged = log.written !== this.#wokenAt
    this.#wokenAt = log.written
    for (const neighbour of neighbours.values()) {
      if (!neighbour.traits.keeps || !(hasChanged || isWatched || neighbour.missedChange)) continue
      neighbour.missedChange = false
      this.open(neighbour)
    }
  }

  /** [BR4] Everything that was dropped for a slow reader is replaced by one resync, and by all presence. */
  drained(link: LinkId, now: Millis): void {
    const { neighbours, presence } = this.#options
    const neighbour = neighbours.get(link)
    if (neighbour === undefined) return
    if (neighbour.behind) this.exchange.resync(neighbour, now)
    neighbour.behind = false
    if (isActive(neighbour)) presence.sendAll(link)
  }

  /** Merges an update from outside; decided now, answered when it is in the log. */
  offer(request: number, update: Uint8Array): void {
    const { log, outbox } = this.#options
    const max = update.byteLength > limits.liveUpdateBytesMax ? bulkLimits : liveLimits
    const merged = this.replica.merge([update], max)[0] ?? { type: 'refused', why: 'nothing was offered' }
    this.collect()
    if (merged.type === 'news') {
      this.exchange.relay.passOn(update, merged, { link: null })
      this.exchange.waiting.retry()
    }
    outbox.push({ type: 'settle', mark: log.written, request, settled: { type: 'merged', merged } })
  }

  /** Hands out the whole document, once all of it is in the log. */
  answer(request: number): void {
    const { log, outbox } = this.#options
    const update = this.replica.snapshot()
    outbox.push({ type: 'settle', mark: log.written, request, settled: { type: 'snapshot', update } })
  }

  /** [DS9] Whatever the replica announced goes into the log; edits made here also go out. */
  collect(): void {
    const { log, edits } = this.#options
    for (const { update, isEdit } of this.replica.takeChanges()) {
      const mark = log.push(update)
      if (!isEdit) continue
      edits.count++
      this.exchange.relay.sendEdit(update, mark)
    }
    if (this.replica.takeFilledHole()) this.exchange.announce()
  }

  /** Acknowledges what has become durable since it was received. */
  acknowledge(now: Millis): void {
    const { log, neighbours, effect } = this.#options
    for (const neighbour of neighbours.values()) {
      const due = neighbour.acknowledgeDue
      if (due === null || due.mark > log.durable || now < due.at || !isActive(neighbour)) continue
      neighbour.acknowledgeDue = null
      effect({ type: 'send', link: neighbour.link, message: { type: 'stored', sequence: due.sequence } })
    }
  }
}
