/**
 * One document of one peer (PROTOCOL.md, DS, ST, BR, PR): loads it, logs it, converses about it with every neighbour
 * that takes part, and lets nothing out that is not logged.
 *
 * Phases: `cold` (not in memory; a digest is remembered) -> `loading` (the log is being read; an app can edit
 * already; what neighbours say is kept) -> `ready`. `broken`: the log could not be read; tried again.
 * The machine has no IO: time comes in with each event, storage and links are effects.
 */
import { equalBytes, type Digest, type LinkId, type Millis } from '../ids.ts'
import { limits } from '../limits.ts'
import { decodePresence } from '../presence/presence-codec.ts'
import type { Presence } from '../presence/presence.ts'
import { bulkLimits, liveLimits } from '../replica/gate.ts'
import type { Replica } from '../replica/replica.ts'
import { unreachable } from '../result.ts'
import { closeCode } from '../wire/close-code.ts'
import type { DocumentMessage } from '../wire/message.ts'
import { AntiEntropy } from './anti-entropy.ts'
import { Exchange } from './exchange.ts'
import { LogWatermark } from './log-watermark.ts'
import { isActive, isLevel, newNeighbour, type Neighbour, type Traits } from './neighbour.ts'
import { Outbox } from './outbox.ts'
import { Stash } from './stash.ts'
import { summaryOf, type SyncSummary } from './summary.ts'
import type { SyncEffect, SyncEvent } from './sync-events.ts'

type Phase = 'cold' | 'loading' | 'ready' | 'broken'

export interface DocumentSyncOptions {
  readonly presence: Presence
  /** A fresh, empty replica; the app's own where it brought one. */
  newReplica(): Replica
}

export class DocumentSync {
  readonly #options: DocumentSyncOptions
  readonly #neighbours = new Map<LinkId, Neighbour>()
  readonly #outbox = new Outbox()
  readonly #stash = new Stash()
  readonly #antiEntropy = new AntiEntropy()
  #log = new LogWatermark()
  #phase: Phase = 'cold'
  #replica: Replica | null = null
  #exchange: Exchange | null = null
  #coldDigest: Digest | null = null
  #apps = 0
  #edits = 0
  #safeEdits = 0
  #usedAt: Millis = 0
  #loadRetryAt: Millis | null = null
  #loadRetryDelayMs: number = limits.storageRetryFirstMs
  #whyBroken: string | null = null
  #effects: SyncEffect[] = []

  constructor(options: DocumentSyncOptions) {
    this.#options = options
  }

  /** The replica while it is in memory. */
  get replica(): Replica | null {
    return this.#replica
  }

  /** An app is about to hold the document: it gets its replica at once, before the log has been read. */
  adopt(): Replica {
    const replica = this.#replica ?? this.#options.newReplica()
    if (this.#replica === null) this.#begin(replica)
    return replica
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
    const neighbour = this.#neighbours.get(link)
    return neighbour === undefined ? this.#phase === 'cold' : isLevel(neighbour)
  }

  /** The digest of what is durably held, if it is known without loading. */
  get digest(): Digest | null {
    if (this.#phase === 'cold') return this.#coldDigest
    return this.#phase === 'ready' && this.#log.isSettled ? (this.#replica?.digest() ?? null) : null
  }

  /** Whether forgetting this machine would lose nothing: nobody takes part and nothing is in memory. */
  get isForgettable(): boolean {
    return this.#phase === 'cold' && this.#apps === 0 && this.#neighbours.size === 0 && this.#stash.isEmpty
  }

  /** Number of the last own edit, and how far the own log has come; for `stored()` and `synced()`. */
  get edits(): number {
    return this.#edits
  }

  get marks(): { readonly written: number; readonly durable: number } {
    return { written: this.#log.written, durable: this.#log.durable }
  }

  /** How many neighbours hold every own edit through `edits`, in their log, or on their disk. */
  holders(edits: number, needsDisk: boolean): number {
    let count = 0
    for (const { traits, theyHaveOurs, holds } of this.#neighbours.values()) {
      if (traits.kind === 'peer' && theyHaveOurs && holds >= edits && (traits.disk || !needsDisk)) count++
    }
    return count
  }

  summary(): SyncSummary {
    return summaryOf({
      isLoading: this.#phase === 'loading',
      fault: this.#whyBroken ?? this.#log.fault,
      isSettled: this.#log.isSettled,
      neighbours: this.#neighbours.values(),
      edits: this.#edits,
      safeEdits: this.#safeEdits,
    })
  }

  handle(event: SyncEvent, now: Millis): readonly SyncEffect[] {
    this.#effects = []
    this.#collect()
    this.#step(event, now)
    this.#collect()
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
        this.#usedAt = now
        return
      case 'left':
        return this.#leave(event.link, event.isLost)
      case 'loaded':
        return this.#loaded(event.updates, event.unreadable, now)
      case 'loadFailed':
        return this.#loadFailed(event.why, now)
      case 'appended':
        return this.#log.stored()
      case 'appendFailed':
        this.#effects.push({ type: 'log', level: 'error', event: 'append failed', details: { why: event.why } })
        return this.#log.failed(event.why, now)
      case 'compacted':
        return this.#log.compacted(event.snapshotBytes)
      case 'dropped':
        return this.#dropped(event.link)
      case 'drained':
        return this.#drained(event.link, now)
      case 'received':
        return this.#receive(event.link, event.message, event, now)
      case 'invited':
      case 'joined':
      case 'offered':
      case 'asked':
        return this.#withReplica(event, now)
      case 'woke':
        return this.#passTime(now)
      default:
        unreachable(event)
    }
  }

  // --- loading -------------------------------------------------------------------------------------------------------

  /** Steps that need the document itself: now, or when it has been read. */
  #withReplica(event: SyncEvent, now: Millis): void {
    this.#usedAt = now
    if (this.#phase !== 'ready') {
      if (this.#phase === 'broken' && event.type === 'joined') {
        this.#effects.push({ type: 'decline', link: event.link, reason: 'failed' })
      }
      if (event.type === 'joined' || event.type === 'invited') this.#neighbour(event.link, event.traits, now)
      if (!this.#stash.add(event)) this.#markGap(event)
      return this.#load(now)
    }
    switch (event.type) {
      case 'invited':
        return this.#open(this.#neighbour(event.link, event.traits, now))
      case 'joined':
        return this.#join(this.#neighbour(event.link, event.traits, now), event, now)
      case 'received':
        return this.#receiveState(event, now)
      case 'offered':
        return this.#offer(event.request, event.update)
      case 'asked':
        return this.#answerAsked(event.request)
      default:
        return
    }
  }

  #load(now: Millis): void {
    if (this.#phase === 'ready' || this.#phase === 'loading') return
    if (this.#phase === 'broken' && this.#loadRetryAt !== null && now < this.#loadRetryAt) return
    this.#phase = 'loading'
    if (this.#replica === null) this.#begin(this.#options.newReplica())
    this.#effects.push({ type: 'load' })
  }

  #begin(replica: Replica): void {
    this.#replica = replica
    this.#exchange = new Exchange({
      replica,
      log: this.#log,
      outbox: this.#outbox,
      neighbours: this.#neighbours,
      edits: () => this.#edits,
      collect: () => this.#collect(),
      effect: (effect) => this.#effects.push(effect),
    })
  }

  #loaded(updates: readonly Uint8Array[], unreadable: number, now: Millis): void {
    const replica = this.#replica
    if (this.#phase !== 'loading' || replica === null) return
    const damaged = replica.load(updates)
    this.#log.loaded(updates)
    // What was in the log counts as one edit: whether others have it is not known after a restart.
    if (updates.length > 0) this.#edits++
    this.#phase = 'ready'
    this.#whyBroken = null
    this.#loadRetryDelayMs = limits.storageRetryFirstMs
    this.#usedAt = now
    this.#antiEntropy.restart(now)
    if (damaged.length + unreadable > 0) {
      const details = { damaged: damaged.length, unreadable }
      this.#effects.push({ type: 'log', level: 'error', event: 'records set aside', details })
    }
    if (damaged.length > 0) this.#compact()
    this.#collect()
    for (const event of this.#stash.take()) this.#step(event, now)
  }

  #loadFailed(why: string, now: Millis): void {
    this.#phase = 'broken'
    this.#whyBroken = why
    this.#loadRetryAt = now + this.#loadRetryDelayMs
    this.#loadRetryDelayMs = Math.min(this.#loadRetryDelayMs * 2, limits.storageRetryMaxMs)
    this.#effects.push({ type: 'log', level: 'error', event: 'load failed', details: { why } })
    for (const event of this.#stash.take()) {
      if (event.type === 'joined') this.#effects.push({ type: 'decline', link: event.link, reason: 'failed' })
      else if (event.type === 'offered' || event.type === 'asked') this.#refuse(event.request, why)
      // Invitations are repeated when the log could be read after all.
      else if (event.type === 'invited') this.#stash.add(event)
    }
  }

  #refuse(request: number, why: string): void {
    this.#effects.push({ type: 'settle', request, settled: { type: 'failed', why } })
  }

  // --- taking part ---------------------------------------------------------------------------------------------------

  #neighbour(link: LinkId, traits: Traits, now: Millis): Neighbour {
    const known = this.#neighbours.get(link)
    if (known !== undefined) return known
    const neighbour = newNeighbour(link, traits, now)
    this.#neighbours.set(link, neighbour)
    return neighbour
  }

  #open(neighbour: Neighbour): void {
    const replica = this.#replica
    if (neighbour.opened || replica === null) return
    neighbour.opened = true
    const say = { type: 'open', have: replica.have() } as const
    this.#outbox.push({ type: 'tell', mark: this.#log.written, link: neighbour.link, say, edits: 0 })
  }

  #join(neighbour: Neighbour, event: Extract<SyncEvent, { type: 'joined' }>, now: Millis): void {
    const wasJoined = neighbour.joined
    neighbour.joined = true
    if (neighbour.traits.kind === 'edge') {
      // Clients of other wires need no `open`; they will say what they hold when they are asked.
      neighbour.opened = true
      this.#exchange?.ask(neighbour, now)
      return this.#sendAllPresence(neighbour.link)
    }
    if (!neighbour.opened) {
      this.#open(neighbour)
      // Our own open is the question; they will answer it.
      neighbour.askedAt = now
    }
    this.#exchange?.hear(neighbour, event.have, { now, isJoin: !wasJoined })
    this.#antiEntropy.restart(now)
    if (!wasJoined) this.#sendAllPresence(neighbour.link)
  }

  #leave(link: LinkId, isLost: boolean): void {
    const neighbour = this.#neighbours.get(link)
    if (neighbour === undefined) return
    this.#safeEdits = Math.max(this.#safeEdits, neighbour.traits.disk ? neighbour.holds : 0)
    this.#stash.forget(link)
    this.#options.presence.linkLost(link)
    if (isLost) {
      this.#neighbours.delete(link)
      return
    }
    // Still there and may come back: we stay open towards it.
    this.#neighbours.set(link, { ...newNeighbour(link, neighbour.traits, neighbour.tokensAt), opened: neighbour.opened })
  }

  #dropped(link: LinkId): void {
    const neighbour = this.#neighbours.get(link)
    if (neighbour === undefined || neighbour.behind) return
    neighbour.behind = true
    neighbour.theyHaveOurs = false
    neighbour.strikes++
    if (neighbour.strikes > limits.slowStrikesMax) {
      const reason = 'reads too slowly'
      this.#effects.push({ type: 'closeLink', link, code: closeCode.slow, reason })
    }
  }

  /** Everything that was dropped is replaced by one resync (PROTOCOL.md [BR4]). */
  #drained(link: LinkId, now: Millis): void {
    const neighbour = this.#neighbours.get(link)
    if (neighbour === undefined || !neighbour.behind || this.#replica === null) return
    neighbour.behind = false
    if (neighbour.traits.kind === 'edge') neighbour.vector = new Map()
    else neighbour.vector = new Map(neighbour.vector)
    this.#exchange?.resync(neighbour, now)
    this.#sendAllPresence(link)
  }

  // --- messages ------------------------------------------------------------------------------------------------------

  #receive(link: LinkId, message: DocumentMessage, event: SyncEvent, now: Millis): void {
    const neighbour = this.#neighbours.get(link)
    if (neighbour === undefined) return
    switch (message.type) {
      case 'presence':
        return this.#receivePresence(neighbour, message.states, now)
      case 'presenceQuery':
        return this.#sendAllPresence(link)
      case 'digest':
        if (this.#phase === 'cold' && this.#answerCold(neighbour, message)) return
        return this.#withReplica(event, now)
      default:
        return this.#withReplica(event, now)
    }
  }

  #receiveState(event: Extract<SyncEvent, { type: 'received' }>, now: Millis): void {
    const neighbour = this.#neighbours.get(event.link)
    const { message } = event
    if (neighbour === undefined || message.type === 'presence' || message.type === 'presenceQuery') return
    this.#exchange?.receive(neighbour, message, now)
    if (this.#replica?.isStuck === true) this.#rebuild(now)
  }

  /** An equal digest needs no document in memory. */
  #answerCold(neighbour: Neighbour, message: Extract<DocumentMessage, { type: 'digest' }>): boolean {
    if (this.#coldDigest === null || !equalBytes(message.digest, this.#coldDigest)) return false
    neighbour.received = Math.max(neighbour.received, message.sequence)
    if (message.answer) {
      const answer = { type: 'digest', sequence: neighbour.sent, digest: this.#coldDigest, answer: false } as const
      this.#effects.push({ type: 'send', link: neighbour.link, message: answer })
    }
    return true
  }

  #markGap(event: SyncEvent): void {
    if (event.type !== 'received') return
    const neighbour = this.#neighbours.get(event.link)
    if (neighbour !== undefined) neighbour.hasGap = true
  }

  #receivePresence(neighbour: Neighbour, states: Uint8Array, now: Millis): void {
    const decoded = decodePresence(states)
    const { link, traits } = neighbour
    if (!decoded.ok) {
      this.#effects.push({ type: 'closeLink', link, code: closeCode.garbage, reason: decoded.error })
      return
    }
    if (decoded.value.tooBig > 0) {
      const details = { count: decoded.value.tooBig }
      this.#effects.push({ type: 'log', level: 'warn', event: 'presence too big', details })
    }
    this.#options.presence.receive(decoded.value.entries, link, { now, isEdge: traits.kind === 'edge' })
  }

  #sendAllPresence(link: LinkId): void {
    const states = this.#options.presence.encodeAll()
    if (states === null) return
    this.#effects.push({ type: 'send', link, message: { type: 'presence', states } })
  }

  #offer(request: number, update: Uint8Array): void {
    const replica = this.#replica
    if (replica === null) return
    const merged = replica.merge([update], update.byteLength > limits.liveUpdateBytesMax ? bulkLimits : liveLimits)[0]
    this.#collect()
    if (merged === undefined) return
    if (merged.type === 'news') {
      this.#exchange?.passOn(update, merged, null)
      this.#exchange?.retryWaiting()
    }
    // Decided now, answered when it is in the log.
    this.#outbox.push({ type: 'settle', mark: this.#log.written, request, settled: { type: 'merged', merged } })
  }

  #answerAsked(request: number): void {
    const update = this.#replica?.snapshot() ?? null
    this.#outbox.push({ type: 'settle', mark: this.#log.written, request, settled: { type: 'snapshot', update } })
  }

  // --- the log and the way out ---------------------------------------------------------------------------------------

  /** Whatever the replica announced goes into the log; edits also go out (PROTOCOL.md [DS9]). */
  #collect(): void {
    const replica = this.#replica
    if (replica === null) return
    for (const { update, isEdit } of replica.takeChanges()) {
      const mark = this.#log.push(update)
      if (!isEdit) continue
      this.#edits++
      this.#exchange?.sendEdit(update, mark)
    }
  }

  #flush(now: Millis): void {
    this.#antiEntropy.noteChanges(this.#log.written, now)
    const next = this.#log.next(now)
    if (next !== null) this.#effects.push({ type: 'append', updates: next.updates })
    this.#effects.push(...this.#outbox.release(this.#log.durable, this.#neighbours, now))
    for (const neighbour of this.#neighbours.values()) this.#acknowledge(neighbour)
    for (const { states, except } of this.#options.presence.takeOutgoing(now)) this.#sendPresence(states, except)
    if (this.#phase === 'ready' && this.#log.isDueForCompaction) this.#compact()
  }

  #acknowledge(neighbour: Neighbour): void {
    const due = neighbour.acknowledgeDue
    if (due === null || due.mark > this.#log.durable || !isActive(neighbour)) return
    neighbour.acknowledgeDue = null
    this.#effects.push({ type: 'send', link: neighbour.link, message: { type: 'stored', sequence: due.sequence } })
  }

  #sendPresence(states: Uint8Array, except: LinkId | null): void {
    const message: DocumentMessage = { type: 'presence', states }
    for (const neighbour of this.#neighbours.values()) {
      if (neighbour.link === except || !isActive(neighbour) || neighbour.behind) continue
      this.#effects.push({ type: 'send', link: neighbour.link, message })
    }
  }

  #compact(): void {
    this.#log.compacting()
    this.#effects.push({ type: 'compact' })
  }

  // --- time ----------------------------------------------------------------------------------------------------------

  /** When to wake the machine next; null when nothing is due. */
  deadline(): Millis | null {
    const dues = [this.#options.presence.deadline(), this.#log.retryAt]
    if (this.#phase === 'broken') dues.push(this.#loadRetryAt)
    if (this.#phase === 'ready') {
      dues.push(this.#antiEntropy.deadline(this.#neighbours.values()))
      if (this.#apps === 0) dues.push(this.#usedAt + limits.idleUnloadMs)
      for (const { hasGap, owed, askedAt, missingUntil, tokensAt } of this.#neighbours.values()) {
        if (owed !== null) dues.push(Math.max(missingUntil, tokensAt + 1000 / limits.answersPerSecond))
        if (hasGap && askedAt !== null) dues.push(askedAt + limits.answerMs)
      }
    }
    let next: Millis | null = null
    for (const due of dues) if (due !== null && (next === null || due < next)) next = due
    return next
  }

  #passTime(now: Millis): void {
    this.#options.presence.passTime(now)
    if (this.#phase === 'broken') return this.#load(now)
    if (this.#phase !== 'ready') return
    for (const neighbour of this.#neighbours.values()) {
      if (neighbour.owed !== null) this.#exchange?.answer(neighbour, neighbour.owed, now)
      if (neighbour.hasGap && isActive(neighbour)) this.#exchange?.ask(neighbour, now)
    }
    const partner = this.#antiEntropy.partner([...this.#neighbours.values()], now)
    if (partner !== null) this.#exchange?.compareWith(partner)
    this.#unloadIfIdle(now)
  }

  #unloadIfIdle(now: Millis): void {
    const replica = this.#replica
    if (this.#apps > 0 || replica === null || now - this.#usedAt < limits.idleUnloadMs) return
    const isBusy = !this.#outbox.isEmpty || !this.#log.isSettled || this.#exchange?.isIdle === false
    const hasEdge = [...this.#neighbours.values()].some((neighbour) => neighbour.traits.kind === 'edge')
    if (isBusy || hasEdge) {
      this.#usedAt = now
      return
    }
    this.#coldDigest = replica.digest()
    this.#dropReplica(replica)
    this.#phase = 'cold'
    this.#effects.push({ type: 'unloaded' })
  }

  #dropReplica(replica: Replica): void {
    replica.release()
    this.#replica = null
    this.#exchange = null
    this.#log = new LogWatermark()
  }

  /** [DS10] The Y.Doc is in the middle of a transaction for ever: drop it and read the log again. */
  #rebuild(now: Millis): void {
    const replica = this.#replica
    if (replica === null) return
    this.#effects.push({ type: 'log', level: 'error', event: 'replica stuck', details: { apps: this.#apps } })
    if (this.#apps > 0) {
      this.#whyBroken = 'a listener of the app left the document unusable: close and open it again'
      return
    }
    this.#dropReplica(replica)
    this.#phase = 'cold'
    this.#load(now)
  }
}
