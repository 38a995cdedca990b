/**
 * A document of a peer behind the contract of Yjs' providers: y-websocket's and y-webrtc's names and events, for bindings
 * and apps that know those. It says `synced` only while a neighbour was found to hold the same ([DS13]).
 */
import { ObservableV2 } from 'lib0/observable'
import type { Neighbour, Peer, SharedDocument } from '../engine/api.ts'
import type { DocumentStatus } from '../engine/status.ts'
import { KnotworkError } from '../errors.ts'
import { documentName } from '../ids.ts'
import type { Doc } from '../replica/replica.ts'
import { messageOf } from '../result.ts'
import { connectionOf, differenceOf, linkedPeers, newsOf, nobody } from './link-watch.ts'
import type { Lease } from './peer-pool.ts'
import { PresenceMirror, type AwarenessObject } from './presence-mirror.ts'
import type { ConnectionStatus, LinkedPeers, ProviderEvents } from './provider-events.ts'

export interface DocumentProviderOptions<Awareness extends AwarenessObject> {
  readonly room: string
  readonly doc: Doc
  readonly awareness: Awareness
  /** The awareness object was made for this provider (`ownAwareness`), and ends with it. */
  readonly ownsAwareness: boolean
  /** Whether to share the document at once. */
  readonly autoConnect: boolean
  /** A share in a peer; asked for again when the peer could not be opened. */
  readonly lease: () => Lease
  readonly unixTime: () => number
  /** Hears what listeners of the app threw. */
  readonly report: (thrown: unknown) => void
}

export class DocumentProvider<Awareness extends AwarenessObject>
  extends ObservableV2<ProviderEvents<DocumentProvider<AwarenessObject>>>
  implements AsyncDisposable
{
  readonly roomname: string
  readonly doc: Doc
  readonly awareness: Awareness
  /** Resolves when what was stored here is in the Y.Doc; waits for no network. */
  readonly whenLoaded: Promise<void>
  readonly #options: DocumentProviderOptions<Awareness>
  #lease: Lease
  #peer: Peer | null = null
  #document: SharedDocument | null = null
  #mirror: PresenceMirror | null = null
  #unsubscribe: readonly (() => void)[] = []
  #isWanted: boolean
  #isDestroyed = false
  #freed: Promise<void> = Promise.resolve()
  #hasFailed = false
  #loaded: () => void = () => undefined
  #whenSynced: { readonly promise: Promise<void>; readonly resolve: () => void } | null = null
  // What was told last.
  #status: ConnectionStatus
  #isSynced = false
  #neighbours: readonly Neighbour[] = []
  #linked: LinkedPeers = nobody

  /** @throws KnotworkError `bad-name` when the room is no document's name. */
  constructor(options: DocumentProviderOptions<Awareness>) {
    super()
    const name = documentName(options.room)
    if (!name.ok) throw new KnotworkError('bad-name', name.error)
    this.#options = options
    this.roomname = options.room
    this.doc = options.doc
    this.awareness = options.awareness
    this.#isWanted = options.autoConnect
    this.#status = options.autoConnect ? 'connecting' : 'disconnected'
    this.whenLoaded = new Promise((resolve) => (this.#loaded = resolve))
    this.doc.on('destroy', this.#onDocDestroyed)
    this.#lease = this.#begin()
  }

  /** Whether a neighbour was found to hold the same document. */
  get synced(): boolean {
    return this.#isSynced
  }

  /** Whether this peer is linked to any other, and shares the document. */
  get connected(): boolean {
    return this.#status === 'connected'
  }

  /** What `status` said last. */
  get status(): ConnectionStatus {
    return this.#status
  }

  get shouldConnect(): boolean {
    return this.#isWanted
  }

  /** What is known of the document: where it is, what is pending, who has it. */
  get syncStatus(): DocumentStatus {
    return this.#document?.status.value ?? { type: 'loading' }
  }

  /** Resolves when `synced` is true; for a provider that is destroyed before, never. */
  get whenSynced(): Promise<void> {
    if (this.#isSynced) return Promise.resolve()
    this.#whenSynced ??= waiting()
    return this.#whenSynced.promise
  }

  /** Shares the document; at once, or when the peer is open. */
  connect(): void {
    if (this.#isDestroyed) return
    this.#isWanted = true
    if (this.#hasFailed) this.#lease = this.#begin()
    else this.#dial(this.#lease)
    this.#document?.connect()
    this.#show()
  }

  /** Keeps the document to this peer: it is stored, and shared with nobody until `connect`. */
  disconnect(): void {
    if (this.#isDestroyed) return
    this.#isWanted = false
    void this.#lease.setOnline(false)
    this.#document?.disconnect()
    this.#show()
  }

  /** Lets go of everything; the document stays stored, the Y.Doc stays the app's. Calling it again does nothing. */
  override destroy(): void {
    if (this.#isDestroyed) return
    this.#isDestroyed = true
    this.#isWanted = false
    this.doc.off('destroy', this.#onDocDestroyed)
    for (const unsubscribe of this.#unsubscribe) unsubscribe()
    this.#mirror?.detach()
    this.#show()
    this.#document?.close()
    if (this.#options.ownsAwareness) this.awareness.destroy()
    this.#freed = this.#lease.release()
    super.destroy()
  }

  /** Destroys it, and resolves when its peer is closed, too, unless others use that. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.destroy()
    await this.#freed
  }

  /** A listener that throws keeps nothing from the others. */
  override emit<Name extends keyof ProviderEvents<never>>(
    name: Name,
    parameters: Parameters<ProviderEvents<DocumentProvider<AwarenessObject>>[Name]>,
  ): void {
    const listeners: Iterable<(...heard: unknown[]) => void> = this._observers.get(name) ?? []
    for (const listener of [...listeners]) {
      try {
        listener(...parameters)
      } catch (thrown) {
        this.#options.report(thrown)
      }
    }
  }

  readonly #onDocDestroyed = (): void => this.destroy()

  #begin(): Lease {
    this.#hasFailed = false
    const lease = this.#options.lease()
    lease.peer.then(
      (peer) => this.#opened(peer),
      (thrown: unknown) => this.#failed(thrown),
    )
    if (this.#isWanted) this.#dial(lease)
    return lease
  }

  #dial(lease: Lease): void {
    void lease.setOnline(true).then((troubles) => {
      if (this.#isDestroyed) return
      for (const trouble of troubles) this.emit('connection-error', [trouble, this])
    })
  }

  #opened(peer: Peer): void {
    if (this.#isDestroyed) return
    try {
      this.#document = peer.open(this.roomname, { doc: this.doc })
    } catch (thrown) {
      return this.#failed(thrown)
    }
    const { presence, status, loaded } = this.#document
    if (!this.#isWanted) this.#document.disconnect()
    this.#peer = peer
    const { awareness, unixTime, report } = this.#options
    this.#mirror = new PresenceMirror({ presence, awareness, origin: this, unixTime, report })
    this.#unsubscribe = [
      status.subscribe((value) => {
        this.emit('sync-status', [value])
        this.#show()
      }),
      peer.neighbours.subscribe(() => this.#show()),
    ]
    // Closed before it was loaded: then nobody waits any more.
    loaded.then(this.#loaded, () => undefined)
    this.#show()
  }

  /** The peer could not be opened, or not for this document; `connect` tries again. */
  #failed(thrown: unknown): void {
    if (this.#isDestroyed) return
    this.#hasFailed = true
    void this.#lease.release()
    this.#show()
    this.emit('connection-error', [{ address: '', reason: messageOf(thrown), code: null }, this])
  }

  /** Tells what has changed. */
  #show(): void {
    const before = this.#neighbours
    this.#neighbours = this.#isWanted ? (this.#peer?.neighbours.value ?? []) : []
    const { closed, failed } = newsOf(before, this.#neighbours)
    for (const trouble of closed) this.emit('connection-close', [trouble, this])
    if (!this.#isWanted && before.some(({ state }) => state === 'linked')) this.emit('connection-close', [null, this])
    this.#showSynced(this.#isWanted && this.#document?.status.value.type === 'live')
    this.#showStatus()
    this.#showPeers()
    for (const trouble of failed) this.emit('connection-error', [trouble, this])
    for (const { code, reason } of [...closed, ...failed])
      if (code !== null) this.emit('closed', [{ code, reason }, this])
  }

  #showStatus(): void {
    const status = this.#isWanted && !this.#hasFailed ? connectionOf(this.#neighbours) : 'disconnected'
    if (status === this.#status) return
    this.#status = status
    this.emit('status', [{ status, connected: status === 'connected' }])
  }

  #showSynced(isSynced: boolean): void {
    if (isSynced === this.#isSynced) return
    this.#isSynced = isSynced
    if (isSynced) {
      this.#whenSynced?.resolve()
      this.#whenSynced = null
    }
    this.emit('synced', [isSynced, { synced: isSynced }])
    this.emit('sync', [isSynced])
  }

  #showPeers(): void {
    const linked = linkedPeers(this.#neighbours)
    const { added, removed } = differenceOf(this.#linked, linked)
    this.#linked = linked
    if (added.length + removed.length > 0) this.emit('peers', [{ added, removed, ...linked }])
  }
}

function waiting(): { readonly promise: Promise<void>; readonly resolve: () => void } {
  let resolve: () => void = () => undefined
  const promise = new Promise<void>((whenTrue) => (resolve = whenTrue))
  return { promise, resolve }
}
