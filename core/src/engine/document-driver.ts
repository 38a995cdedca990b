/**
 * Drives one document-sync machine: its mailbox, its one timer, its storage, and the links its messages go to.
 */
import { KnotworkError } from '../errors.ts'
import type { DocumentName, LinkId } from '../ids.ts'
import { Presence } from '../presence/presence.ts'
import { Replica, type Doc } from '../replica/replica.ts'
import { messageOf, unreachable } from '../result.ts'
import { DocumentSync } from '../sync/document-sync.ts'
import type { Settled, SyncEffect, SyncEvent } from '../sync/sync-events.ts'
import { Alarm } from './alarm.ts'
import type { Platform } from './api.ts'
import { Mailbox } from './mailbox.ts'
import { compactInSlices } from './slices.ts'
import type { Outlet } from './outlet.ts'
import { statusOf, type DocumentStatus } from './status.ts'
import { Watchable } from './watched.ts'

/** What a document needs of the peer it belongs to. */
export interface DocumentOwner {
  readonly platform: Platform
  /** Origin of merging transactions in every document of this peer. */
  readonly origin: unknown
  readonly freshClientId: () => number
  outlet(link: LinkId): Outlet | undefined
  /** Whether any peer is linked at the moment. */
  readonly isOnline: boolean
  /** Apps want the document to be shared with others, or to stay here: `isApart` may have changed. */
  reached(document: DocumentDriver): void
  /** The document comes into memory: tell it of the links that should hear of it. */
  awoke(document: DocumentDriver): void
  /** The document has left memory. */
  slept(document: DocumentDriver): void
}

interface Waiter {
  readonly isTrue: () => boolean
  /** Why it is not worth waiting any more; null while it is. */
  readonly isVain: () => string | null
  readonly resolve: () => void
  readonly reject: (thrown: KnotworkError) => void
}

export class DocumentDriver {
  readonly name: DocumentName
  readonly presence: Presence
  readonly status: Watchable<DocumentStatus>
  readonly #owner: DocumentOwner
  readonly #machine: DocumentSync
  readonly #mailbox: Mailbox<SyncEvent>
  readonly #alarm: Alarm
  readonly #requests = new Map<number, (settled: Settled) => void>()
  /** Who waits for something to become true; looked at after every change of the machine. */
  readonly #waiters = new Set<Waiter>()
  #lastRequest = 0
  #apps = 0
  /** How many of them have taken the document offline. */
  #appsOffline = 0
  #appDoc: Doc | undefined
  #isStopped = false

  constructor(name: DocumentName, owner: DocumentOwner) {
    this.name = name
    this.#owner = owner
    const faulted = (thrown: unknown, where: string): void => this.#faulted(thrown, where)
    const wake = (): void => this.push({ type: 'woke' })
    this.presence = new Presence({ clientID: owner.freshClientId() }, { changed: wake, faulted })
    this.#machine = new DocumentSync({ presence: this.presence, newReplica: () => this.#newReplica() })
    this.status = new Watchable<DocumentStatus>({ type: 'loading' }, (thrown) => faulted(thrown, 'status'))
    this.#mailbox = new Mailbox<SyncEvent>(
      (event) => this.#deliver(event),
      () => this.#settle(),
      (thrown) => faulted(thrown, 'document'),
    )
    this.#alarm = new Alarm(owner.platform.clock, wake)
  }

  // --- for the peer --------------------------------------------------------------------------------------------------

  push(event: SyncEvent): void {
    if (!this.#isStopped) this.#mailbox.push(event)
  }

  get apps(): number {
    return this.#apps
  }

  /** Somebody has it open, or is seen in it: here, or at a peer that keeps nothing. */
  get isUsed(): boolean {
    const { neighbours } = this.#machine
    return this.#apps > 0 || neighbours.hasGuests || neighbours.hasEdges || this.presence.states.size > 0
  }

  /** [ME6] Every app that has it open wants it to stay here. */
  get isApart(): boolean {
    return this.#apps > 0 && this.#appsOffline === this.#apps
  }

  get machine(): DocumentSync {
    return this.#machine
  }

  /** An app opens the document. The Y.Doc is there at once; what is stored comes into it when it has been read. */
  openForApp(doc?: Doc): Doc {
    if (doc !== undefined && this.#apps > 0 && this.#machine.replica?.isHeldIn(doc) !== true) {
      throw new KnotworkError('in-use', `${this.name} is open in this peer with another Y.Doc`)
    }
    if (this.#apps === 0 && this.#appDoc !== doc) {
      this.#leaveAppDoc()
      this.#appDoc = doc
    }
    this.#apps++
    this.#owner.reached(this)
    const replica = this.#machine.adopt(doc)
    if (this.presence.doc !== replica.doc) this.presence.speakFor(replica.doc)
    if (this.#machine.isLoaded || this.#machine.summary().fault !== null) this.#showStatus()
    else if (this.status.value.type !== 'loading') this.status.set({ type: 'loading' })
    this.push({ type: 'appOpened' })
    return replica.doc
  }

  closeForApp(isOffline: boolean): void {
    this.#apps--
    if (isOffline) this.#appsOffline--
    this.#owner.reached(this)
    if (this.#apps === 0 && this.presence.getLocalState() !== null) this.presence.setLocalState(null)
    this.push({ type: 'appClosed' })
  }

  /** [DS15] The Y.Doc that an app brought is its own again. */
  #leaveAppDoc(): void {
    if (this.#appDoc === undefined) return
    this.#appDoc = undefined
    this.#machine.replica?.leaveDoc()
  }

  /** [ME6] One of the apps takes the document offline, or back. */
  setOffline(isOffline: boolean): void {
    this.#appsOffline += isOffline ? 1 : -1
    this.#owner.reached(this)
    this.refresh()
  }

  /** Offers an update, or with null asks for the whole document. */
  request(update: Uint8Array | null): Promise<Settled> {
    const request = ++this.#lastRequest
    return new Promise((resolve) => {
      this.#requests.set(request, resolve)
      this.push(update === null ? { type: 'asked', request } : { type: 'offered', request, update })
    })
  }

  /**
   * Resolves once `isTrue`, which is looked at after every change. Rejects with `closed` when the peer ends before, with `storage` when
   * `isVain` says why.
   */
  until(
    isTrue: () => boolean,
    isVain: () => string | null = () => null,
  ): { readonly done: Promise<void>; cancel(): void } {
    const { promise, resolve, reject } = promiseWithResolvers()
    const waiter: Waiter = { isTrue, isVain, resolve, reject }
    // Not everybody who starts to wait looks at the result.
    promise.catch(() => undefined)
    this.#waiters.add(waiter)
    if (this.#isStopped) this.#giveUp(waiter)
    else this.push({ type: 'woke' })
    return { done: promise, cancel: () => void this.#waiters.delete(waiter) }
  }

  #giveUp(waiter: Waiter): void {
    this.#waiters.delete(waiter)
    waiter.reject(new KnotworkError('closed', `${this.name}: this peer was closed`))
  }

  /** Looks at the status again: the peer came online or went offline. */
  refresh(): void {
    this.push({ type: 'woke' })
  }

  /** Resolves when everything pushed so far has been handled. */
  idle(): Promise<void> {
    return this.until(() => true).done
  }

  stop(): void {
    this.#isStopped = true
    this.#alarm.stop()
    this.#machine.replica?.release()
    for (const waiter of [...this.#waiters]) this.#giveUp(waiter)
    for (const settle of this.#requests.values()) settle({ type: 'failed', why: 'this peer was closed' })
    this.#requests.clear()
  }

  // --- the machine ---------------------------------------------------------------------------------------------------

  #newReplica(): Replica {
    const { origin, freshClientId } = this.#owner
    const options = {
      origin,
      freshClientId,
      faulted: (thrown: unknown, where: string) => this.#faulted(thrown, where),
      changed: () => this.push({ type: 'woke' }),
    }
    return new Replica(options, this.#appDoc)
  }

  #deliver(event: SyncEvent): void {
    for (const effect of this.#machine.handle(event, this.#owner.platform.clock.now())) this.#perform(effect)
    // Not where it was closed: that may be in the middle of a merge. And it may be open again.
    if (event.type === 'appClosed' && this.#apps === 0) this.#leaveAppDoc()
  }

  #settle(): void {
    // What was still in the mailbox of a peer that ends, a lost link say, must not wake it later.
    if (!this.#isStopped) this.#alarm.set(this.#machine.deadline())
    if (this.#apps > 0) this.#showStatus()
    for (const waiter of this.#waiters) {
      const isTrue = waiter.isTrue()
      const why = isTrue ? null : waiter.isVain()
      if (!isTrue && why === null) continue
      this.#waiters.delete(waiter)
      if (why === null) waiter.resolve()
      else waiter.reject(new KnotworkError('storage', `${this.name}: the own storage fails: ${why}`))
    }
  }

  /** Only apps look at the status; a document that is only kept and passed on is spared the telling. */
  #showStatus(): void {
    const before = this.status.value
    const after = statusOf(this.#machine.summary(), {
      isOnline: this.#owner.isOnline && !this.isApart,
      durability: this.#owner.platform.storage.durability,
    })
    if (JSON.stringify(before) !== JSON.stringify(after)) this.status.set(after)
  }

  #perform(effect: SyncEffect): void {
    switch (effect.type) {
      case 'load':
        this.#owner.awoke(this)
        return void this.#load()
      case 'append':
        return void this.#append(effect.updates)
      case 'note':
        return void this.#keepNote(effect.bytes)
      case 'compact':
        return void this.#compact()
      case 'open':
        return this.#owner.outlet(effect.link)?.openDocument(this.name, effect.have)
      case 'decline':
        return this.#owner.outlet(effect.link)?.declineDocument(this.name, effect.reason)
      case 'unknown':
        return this.#owner.outlet(effect.link)?.unknownDocument(this.name)
      case 'send':
        if (this.#owner.outlet(effect.link)?.sendDocument(this.name, effect.message) === false) {
          this.push({ type: 'dropped', link: effect.link })
        }
        return
      case 'closeLink':
        return this.#owner.outlet(effect.link)?.close(effect.code, effect.reason)
      case 'settle': {
        this.#requests.get(effect.request)?.(effect.settled)
        this.#requests.delete(effect.request)
        return
      }
      case 'unloaded':
        return this.#owner.slept(this)
      case 'log':
        return this.#owner.platform.log(effect.level, effect.event, { document: this.name, ...effect.details })
      default:
        unreachable(effect)
    }
  }

  async #load(): Promise<void> {
    try {
      const { updates, unreadable, note } = await this.#owner.platform.storage.load(this.name)
      this.push({ type: 'loaded', updates, unreadable, note })
    } catch (thrown) {
      this.push({ type: 'loadFailed', why: messageOf(thrown) })
    }
  }

  async #append(updates: readonly Uint8Array[]): Promise<void> {
    try {
      await this.#owner.platform.storage.append(this.name, updates)
      this.push({ type: 'appended' })
    } catch (thrown) {
      this.push({ type: 'appendFailed', why: messageOf(thrown) })
    }
  }

  /** Without the note less is known after a restart; nothing is lost. */
  async #keepNote(bytes: Uint8Array): Promise<void> {
    try {
      await this.#owner.platform.storage.append(this.name, [], bytes)
    } catch (thrown) {
      if (this.#isStopped) return
      this.#owner.platform.log('warn', 'note not kept', { document: this.name, why: messageOf(thrown) })
    }
  }

  async #compact(): Promise<void> {
    const { storage, clock } = this.#owner.platform
    let snapshotBytes: number | null = null
    try {
      await storage.compact(this.name, async (updates, past) => {
        const compacted = await compactInSlices(updates, clock, past)
        snapshotBytes = compacted.snapshot.byteLength
        return compacted
      })
    } catch (thrown) {
      snapshotBytes = null
      if (this.#isStopped) return
      this.#owner.platform.log('warn', 'compaction failed', { document: this.name, why: messageOf(thrown) })
    }
    this.push({ type: 'compacted', snapshotBytes })
  }

  #faulted(thrown: unknown, where: string): void {
    this.#owner.platform.log('error', 'listener threw', { document: this.name, where, why: messageOf(thrown) })
  }
}

function promiseWithResolvers(): {
  promise: Promise<void>
  resolve: () => void
  reject: (thrown: KnotworkError) => void
} {
  let resolve: () => void = () => undefined
  let reject: (thrown: KnotworkError) => void = () => undefined
  const promise = new Promise<void>((whenTrue, whenNever) => {
    resolve = whenTrue
    reject = whenNever
  })
  return { promise, resolve, reject }
}
