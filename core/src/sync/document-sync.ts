/**
 * One document of one peer (PROTOCOL.md, DS, ST, BR, PR): loads it, logs it, converses about it with every neighbour
 * that takes part, and lets nothing out that is not logged.
 *
 * Phases: `cold` (not in memory; a digest is remembered) -> `loading` (the log is being read; an app can edit
 * already; what neighbours say is kept) -> `ready`. `broken`: the log could not be read; tried again.
 * The machine has no IO: time comes in with each event, storage and links are effects.
 */
import { equalBytes } from '../bytes.ts'
import type { Digest, LinkId, Millis } from '../ids.ts'
import type { Presence } from '../presence/presence.ts'
import type { Doc, Replica } from '../replica/replica.ts'
import { unreachable } from '../result.ts'
import { closeCode } from '../wire/close-code.ts'
import type { DocumentMessage } from '../wire/message.ts'
import { AntiEntropy, equalWhileCold } from './anti-entropy.ts'
import { earliest } from './deadlines.ts'
import { Idleness } from './idleness.ts'
import { LiveDocument } from './live-document.ts'
import { LogWatermark } from './log-watermark.ts'
import { isLevel } from './neighbour.ts'
import { Neighbourhood } from './neighbourhood.ts'
import { Outbox } from './outbox.ts'
import { Recollection } from './recollection.ts'
import { Stash } from './stash.ts'
import { PresenceExchange } from './presence-exchange.ts'
import { Reach } from './reach.ts'
import { Retry } from './retry.ts'
import { isAboutState, type SyncEffect, type SyncEvent, type SyncSummary } from './sync-events.ts'

type Phase = 'cold' | 'loading' | 'ready' | 'broken'

export interface DocumentSyncOptions {
  readonly presence: Presence
  /** A fresh, empty replica; the app's own where it brought one. */
  readonly newReplica: () => Replica
}

export class DocumentSync {
  readonly neighbours = new Neighbourhood()
  readonly #options: DocumentSyncOptions
  readonly #outbox = new Outbox()
  readonly #stash = new Stash()
  readonly #presence: PresenceExchange
  readonly #antiEntropy = new AntiEntropy()
  readonly #reach = new Reach(this.neighbours)
  readonly #log = new LogWatermark()
  #phase: Phase = 'cold'
  #live: LiveDocument | null = null
  #coldDigest: Digest | null = null
  #apps = 0
  readonly #edits = { count: 0 }
  /** What outlives the document's stay in memory. */
  readonly #lasting = { log: this.#log, outbox: this.#outbox, edits: this.#edits, neighbours: this.neighbours }
  readonly #memory = new Recollection(this.#lasting)
  readonly #idle = new Idleness()
  readonly #loadRetry = new Retry()
  #whyBroken: string | null = null
  #damaged = 0
  #effects: SyncEffect[] = []

  constructor(options: DocumentSyncOptions) {
    this.#options = options
    this.#presence = new PresenceExchange(options.presence, (effect) => this.#effects.push(effect))
  }

  /** The replica while it is in memory. */
  get replica(): Replica | null {
    return this.#live?.replica ?? null
  }

  /**
   * An app is about to hold the document: it gets its replica at once, before the log has been read. Where it brought
   * a Y.Doc of its own, `newReplica` makes one around that; it takes over what is in memory already.
   */
  adopt(doc?: Doc): Replica {
    const before = this.#live
    const isOther = before !== null && doc !== undefined && !before.replica.isHeldIn(doc)
    if (isOther) {
      before.collect()
      this.#live = null
    }
    const live = this.#bringToLife()
    if (isOther) live.replica.succeed(before.replica)
    live.collect() // What its Y.Doc brings is an edit, counted before anybody hears how many are pending.
    return live.replica
  }

  #bringToLife(): LiveDocument {
    this.#live ??= new LiveDocument({
      ...this.#lasting,
      replica: this.#options.newReplica(),
      presence: this.#presence,
      reach: this.#reach,
      effect: (effect) => this.#effects.push(effect),
    })
    return this.#live
  }

  get isLoaded(): boolean {
    return this.#phase === 'ready'
  }

  /** Nothing is on its way into the own log. */
  get isSettled(): boolean {
    return this.#log.isSettled && this.#outbox.isEmpty && this.#phase !== 'loading'
  }

  /** Whether this document needs no more of that link: both are level, or it takes no part. */
  isDoneWith(link: LinkId): boolean {
    const neighbour = this.neighbours.get(link)
    return neighbour === undefined ? this.#phase === 'cold' : neighbour.declined || isLevel(neighbour)
  }

  /** The digest of what is durably held, if it is known without loading. */
  get digest(): Digest | null {
    if (this.#phase === 'cold') return this.#coldDigest
    return this.#phase === 'ready' && this.#log.isSettled ? (this.#live?.replica.digest() ?? null) : null
  }

  /** Whether forgetting this machine would lose nothing: nobody takes part and nothing is in memory. */
  get isForgettable(): boolean {
    return this.#phase === 'cold' && this.#apps === 0 && this.neighbours.isEmpty && this.#stash.isEmpty
  }

  /** Number of the last own edit, and how far the own log has come; for `stored()` and `synced()`. */
  get progress(): { readonly edits: number; readonly written: number; readonly durable: number } {
    return { edits: this.#edits.count, written: this.#log.written, durable: this.#log.durable }
  }

  summary(): SyncSummary {
    return {
      isLoading: this.#phase === 'loading',
      fault: this.#whyBroken ?? this.#log.fault,
      isSettled: this.#log.isSettled,
      damaged: this.#damaged,
      ...this.neighbours.counts,
      ...this.neighbours.whereabouts(this.#edits.count),
    }
  }

  handle(event: SyncEvent, now: Millis): readonly SyncEffect[] {
    this.#effects = []
    this.#live?.collect()
    this.#step(event, now)
    this.#live?.collect()
    if (event.type !== 'woke') this.#memory.touch(now)
    this.#flush(now)
    return this.#effects
  }

  #step(event: SyncEvent, now: Millis): void {
    switch (event.type) {
      case 'appOpened':
        this.#apps++
        return this.#load(now)
      case 'appClosed':
        this.#apps--
        return this.#idle.note(event, now)
      case 'left':
        return this.#leave(event.link, event.how, now)
      case 'rested':
        return this.#idle.rest(now)
      case 'found':
        return this.neighbours.found(event, { digest: this.digest, edits: this.#edits.count, now })
      case 'unheard':
        return this.#live?.unheard(event.link)
      case 'loaded':
        return this.#loaded(event, now)
      case 'loadFailed':
        return this.#loadFailed(event.why, now)
      case 'appended':
        return this.#log.stored()
      case 'appendFailed':
        this.#report('append failed', { why: event.why })
        return this.#log.failed(event.why, now)
      case 'compacted':
        return this.#log.compacted(event.snapshotBytes)
      case 'dropped':
        return this.#dropped(event.link)
      case 'drained':
        return this.#live?.drained(event.link, now)
      case 'received':
        return this.#receive(event.link, event.message, event, now)
      case 'invited':
      case 'joined':
      case 'offered':
      case 'asked':
        return this.#withReplica(event, now)
      case 'leaving':
        return this.#memory.hurry()
      case 'woke':
        return this.#passTime(now)
      default:
        unreachable(event)
    }
  }

  // --- loading -------------------------------------------------------------------------------------------------------

  /** Steps that need the document itself: now, or when it has been read. */
  #withReplica(event: SyncEvent, now: Millis): void {
    this.#idle.note(event, now)
    if (this.#phase !== 'ready') {
      if (this.#phase === 'broken' && event.type === 'joined') {
        this.#effects.push({ type: 'decline', link: event.link, reason: 'failed' })
      }
      if (event.type === 'joined' || event.type === 'invited') this.neighbours.at(event.link, event.traits, now)
      if (!this.#stash.add(event) && event.type === 'received') this.neighbours.missed(event.link)
      return this.#load(now)
    }
    const live = this.#bringToLife()
    switch (event.type) {
      case 'invited':
        return live.open(this.neighbours.at(event.link, event.traits, now))
      case 'joined':
        this.#antiEntropy.restart(now)
        return live.join(this.neighbours.at(event.link, event.traits, now), event.have, now)
      case 'received':
        return this.#converse(live, event, now)
      case 'offered':
        return live.offer(event.request, event.update)
      case 'asked':
        return live.answer(event.request)
      default:
        return
    }
  }

  #load(now: Millis): void {
    if (this.#phase === 'ready' || this.#phase === 'loading') return
    if (this.#phase === 'broken' && !this.#loadRetry.isDue(now)) return
    this.#phase = 'loading'
    this.#loadRetry.begun()
    this.#bringToLife()
    this.#effects.push({ type: 'load' })
  }

  #loaded({ updates, unreadable, note }: Extract<SyncEvent, { type: 'loaded' }>, now: Millis): void {
    const live = this.#live
    if (this.#phase !== 'loading' || live === null) return
    const damaged = live.replica.load(updates)
    this.#log.loaded(updates)
    if (updates.length > 0) this.#memory.recall(note ?? null, (digest) => live.replica.isAt(digest))
    this.#phase = 'ready'
    this.#whyBroken = null
    this.#loadRetry.succeeded()
    this.#idle.begin(now)
    this.#antiEntropy.restart(now)
    this.#damaged = damaged.length + unreadable
    if (this.#damaged > 0) this.#report('records set aside', { damaged: damaged.length, unreadable })
    if (damaged.length > 0) this.#compact()
    live.collect()
    for (const event of this.#stash.take()) this.#step(event, now)
  }

  #loadFailed(why: string, now: Millis): void {
    this.#phase = 'broken'
    this.#whyBroken = why
    this.#loadRetry.failed(now)
    this.#report('load failed', { why })
    const { joined, requests } = this.#stash.failed()
    for (const link of joined) this.#effects.push({ type: 'decline', link, reason: 'failed' })
    for (const request of requests) this.#effects.push({ type: 'settle', request, settled: { type: 'failed', why } })
  }

  #report(event: string, details: Readonly<Record<string, unknown>>): void {
    this.#effects.push({ type: 'log', level: 'error', event, details })
  }

  // --- taking part ---------------------------------------------------------------------------------------------------

  #leave(link: LinkId, how: 'lost' | 'closed' | 'declined', now: Millis): void {
    this.#stash.forget(link)
    this.#options.presence.linkLost(link)
    const isQuiet = this.#log.isSettled && this.#outbox.isEmpty
    if (isQuiet && this.#phase === 'ready') this.#live?.remember(link)
    this.neighbours.leave(link, how, isQuiet ? this.#log.written : null)
    this.#reach.lost(link, now)
    if (how === 'closed' && !this.neighbours.hasActive) this.#idle.rest(now)
  }

  #dropped(link: LinkId): void {
    if (!this.neighbours.fallBehind(link)) return
    this.#effects.push({ type: 'closeLink', link, code: closeCode.slow, reason: 'reads too slowly' })
  }

  // --- messages ------------------------------------------------------------------------------------------------------

  #receive(link: LinkId, message: DocumentMessage, event: SyncEvent, now: Millis): void {
    const neighbour = this.neighbours.get(link)
    // While the log is being read, its `open` may be waiting for that, too.
    if (neighbour === undefined || (this.#phase === 'ready' && !neighbour.joined)) {
      return message.type === 'stored' ? undefined : void this.#effects.push({ type: 'unknown', link })
    }
    switch (message.type) {
      case 'presence':
        this.#reach.note(neighbour, message.reach, now)
        return this.#presence.receive(neighbour, message, now)
      case 'reach':
        return this.#reach.hear(neighbour, message, now)
      case 'presenceQuery':
        return this.#presence.sendAll(link)
      case 'digest':
        if (this.#phase !== 'cold' || this.#coldDigest === null) return this.#withReplica(event, now)
        if (!equalBytes(message.digest, this.#coldDigest)) return this.#withReplica(event, now)
        return void this.#effects.push(...equalWhileCold(neighbour, message))
      default:
        return this.#withReplica(event, now)
    }
  }

  #converse(live: LiveDocument, event: Extract<SyncEvent, { type: 'received' }>, now: Millis): void {
    const neighbour = this.neighbours.get(event.link)
    const { message } = event
    if (neighbour === undefined || !isAboutState(message)) return
    live.exchange.receive(neighbour, message, now)
    if (live.replica.isStuck) this.#rebuild(live, now)
  }

  // --- the log and the way out ---------------------------------------------------------------------------------------

  #flush(now: Millis): void {
    if (this.#phase === 'ready') this.#live?.wakeKeepers(this.#options.presence.states.size > 0)
    this.#antiEntropy.noteChanges(this.#log.written, this.neighbours.values(), now)
    const next = this.#log.next(now)
    if (next !== null) this.#effects.push({ type: 'append', updates: next.updates })
    this.#effects.push(...this.#reach.refresh(now))
    this.#effects.push(...this.#outbox.release(this.#log.durable, this.neighbours, now))
    this.#live?.acknowledge(now)
    this.#presence.flush(this.neighbours, now)
    if (this.#phase === 'ready' && this.#log.isDueForCompaction) this.#compact()
    if (this.#phase === 'ready' && this.#memory.isDue(now)) this.#keepNote()
  }

  #keepNote(): void {
    const bytes = this.#live === null ? null : this.#memory.take(this.#live.replica.digest())
    if (bytes !== null) this.#effects.push({ type: 'note', bytes })
  }

  #compact(): void {
    this.#log.compacting()
    this.#effects.push({ type: 'compact' })
  }

  // --- time ----------------------------------------------------------------------------------------------------------

  /** When to wake the machine next; null when nothing is due. */
  deadline(): Millis | null {
    const dues = [this.#options.presence.deadline(), this.#log.retryAt, this.#outbox.deadline(), this.#reach.deadline()]
    if (this.#phase === 'broken') dues.push(this.#loadRetry.at)
    if (this.#phase === 'ready') {
      dues.push(this.#antiEntropy.deadline(this.neighbours.values()))
      if (this.#apps === 0) dues.push(this.#idle.deadline)
      dues.push(this.neighbours.deadline(this.#log.durable), this.#memory.deadline)
    }
    return earliest(dues)
  }

  #passTime(now: Millis): void {
    this.#options.presence.passTime(now)
    if (this.#phase === 'broken') return this.#load(now)
    const live = this.#live
    if (this.#phase !== 'ready' || live === null) return
    live.passTime(now)
    const partner = this.#antiEntropy.partner([...this.neighbours.values()], now)
    if (partner !== null) live.exchange.compareWith(partner)
    this.#unloadIfIdle(live, now)
  }

  #unloadIfIdle(live: LiveDocument, now: Millis): void {
    if (this.#apps > 0 || now < this.#idle.deadline) return
    const isBusy = !this.#outbox.isEmpty || !this.#log.isSettled || !live.exchange.isIdle
    // Whoever shows presence is seen by others through us, also when nobody types for a while.
    const isWatched = this.#options.presence.states.size > 0
    if (isBusy || isWatched || this.neighbours.needDocument) return this.#idle.postpone(now)
    this.#coldDigest = live.replica.digest()
    this.#keepNote()
    this.#drop(live)
    this.#effects.push({ type: 'unloaded' })
  }

  #drop(live: LiveDocument): void {
    live.replica.release()
    this.#live = null
    this.#idle.left()
    this.#phase = 'cold'
  }

  /** [DS10] The Y.Doc is in the middle of a transaction for ever: drop it and read the log again. */
  #rebuild(live: LiveDocument, now: Millis): void {
    this.#report('replica stuck', { apps: this.#apps })
    if (this.#apps > 0) {
      this.#whyBroken = 'a listener of the app left the document unusable: close and open it again'
      return
    }
    this.#drop(live)
    this.#load(now)
  }
}
