/**
 * A client that speaks y-websocket's wire, joined to one document (PROTOCOL.md [YW1] to [YW4]). Towards the
 * document it is a neighbour like any other, of the kind `edge`: it acknowledges nothing, and its presence is its own.
 */
import { type DocumentName, type LinkId } from '../ids.ts'
import { limits } from '../limits.ts'
import { noDigest } from '../replica/digest.ts'
import type { Clock } from '../ports/clock.ts'
import type { Link, LinkReceiver } from '../ports/transport.ts'
import type { Traits } from '../sync/neighbour.ts'
import type { SyncEvent } from '../sync/sync-events.ts'
import { unreachable } from '../result.ts'
import { closeCode } from '../wire/close-code.ts'
import type { DeclineReason, DocumentMessage } from '../wire/message.ts'
import { decodeYjs, encodeYjs } from '../wire/yjs-wire.ts'
import { BulkQueue } from './bulk-queue.ts'
import { HeldUpdates } from './held-updates.ts'
import type { Outlet } from './outlet.ts'
import { StoredMarks } from './stored-marks.ts'
import type { YjsClientOptions } from './api.ts'

export interface YjsEdgeOptions {
  readonly id: LinkId
  readonly name: DocumentName
  readonly link: Link
  readonly clock: Clock
  readonly push: (event: SyncEvent) => void
  /** The connection has ended. */
  readonly ended: () => void
  readonly client?: YjsClientOptions | undefined
}

/** An update that says nothing. */
const nothing = Uint8Array.of(0, 0)

const traits: Traits = { kind: 'edge', keeps: false, disk: false, peer: null }

export class YjsEdge implements LinkReceiver, Outlet {
  readonly id: LinkId
  readonly traits = traits
  readonly #options: YjsEdgeOptions
  /** Made when it falls behind: most never do. */
  #bulk: BulkQueue | null = null
  readonly #updates: HeldUpdates
  readonly #stored: StoredMarks
  #received = 0
  #isOver = false

  constructor(options: YjsEdgeOptions) {
    this.id = options.id
    this.#options = options
    const { clock, id, push, client } = options
    this.#stored = new StoredMarks((updates) => client?.stored?.(updates))
    this.#updates = new HeldUpdates(clock, (updates) => this.#goOn(updates, false))
    const have = { stateVector: Uint8Array.of(0), deletes: noDigest }
    push({ type: 'joined', link: id, traits, have })
  }

  received(frame: Uint8Array): void {
    if (this.#isOver) return
    const decoded = decodeYjs(frame)
    if (!decoded.ok) return this.close(closeCode.garbage, `not a message: ${decoded.error}`)
    const message = decoded.value
    switch (message.type) {
      case 'step1':
        this.#updates.letGo()
        return this.#push({ type: 'have', have: { stateVector: message.stateVector, deletes: noDigest } })
      case 'step2':
        // All that it has beyond what it was told: nothing of it is missing after that.
        this.#updates.letGo()
        return this.#goOn([this.#allowed(message.update)], true)
      case 'update':
        return this.#updates.add(this.#allowed(message.update))
      case 'mark':
        this.#updates.letGo()
        return this.#stored.whenStored(() => this.#options.link.send(frame))
      case 'awareness':
        return this.#push({ type: 'presence', states: message.states })
      case 'queryAwareness':
        return this.#push({ type: 'presenceQuery' })
      case 'skipped':
        return
      default:
        unreachable(message)
    }
  }

  /** [YW6] What a reader sends instead of reading is nothing; but it has answered. */
  #allowed(update: Uint8Array): Uint8Array {
    return this.#options.client?.isReadOnly === true ? nothing : update
  }

  #goOn(updates: readonly Uint8Array[], isWhole: boolean): void {
    const sequence = ++this.#received
    this.#stored.sent(sequence, updates.length)
    this.#push({ type: 'updates', sequence, updates, isWhole })
  }

  /** Nothing it has said stays behind. */
  letGo(): void {
    this.#updates.letGo()
  }

  #push(message: DocumentMessage): void {
    this.#options.push({ type: 'received', link: this.id, message })
  }

  closed(): void {
    if (this.#isOver) return
    this.#updates.letGo()
    this.#isOver = true
    this.#bulk?.stop()
    this.#options.push({ type: 'left', link: this.id, how: 'lost' })
    this.#options.ended()
  }

  close(code: number, reason: string): void {
    if (this.#isOver) return
    this.#options.link.close(code, reason)
    this.closed()
  }

  openDocument(): void {
    // Nothing to say: a client of this wire asks for one document by connecting.
  }

  unknownDocument(): void {
    // Nothing to say: it is joined from its first moment.
  }

  closeDocument(): void {
    this.close(closeCode.goingAway, 'the document was closed')
  }

  declineDocument(_name: DocumentName, reason: DeclineReason): void {
    this.close(closeCode.unavailable, `the document cannot be served: ${reason}`)
  }

  #watch(): void {
    const { clock, link, push } = this.#options
    const drained = (): void => push({ type: 'drained', link: this.id })
    this.#bulk ??= new BulkQueue({ clock, link, sent: () => undefined, drained })
    this.#bulk.watch()
  }

  sendDocument(_name: DocumentName, message: DocumentMessage): boolean {
    const { link } = this.#options
    if (message.type === 'stored') {
      this.#stored.reached(message.sequence)
      return true
    }
    const isPresence = message.type === 'presence' || message.type === 'presenceQuery'
    if (link.queuedBytes > (isPresence ? limits.queueBytesMaxForPresence : limits.queueBytesMax)) {
      if (isPresence) return true
      this.#watch()
      return false
    }
    for (const frame of framesFor(message)) link.send(frame)
    return true
  }
}

/**
 * Encoded once for all clients of a turn: they all get the very same bytes. Only the latest are kept; a WeakMap would
 * keep all of them until the next full collection.
 */
const frames = new Map<object, readonly Uint8Array[]>()
const framesMax = 16

function framesFor(message: DocumentMessage): readonly Uint8Array[] {
  if (message.type !== 'updates' && message.type !== 'presence') return translated(message)
  const key: object = message.type === 'updates' ? message.updates : message.states
  const known = frames.get(key)
  if (known !== undefined) return known
  const made = translated(message)
  if (frames.size >= framesMax) frames.clear()
  frames.set(key, made)
  return made
}

function translated(message: DocumentMessage): readonly Uint8Array[] {
  switch (message.type) {
    case 'have':
      return [encodeYjs({ type: 'step1', stateVector: message.have.stateVector })]
    case 'missing':
      return [encodeYjs({ type: 'step2', update: message.update })]
    case 'updates':
      return message.updates.map((update) => encodeYjs({ type: 'update', update }))
    case 'presence':
      return [encodeYjs({ type: 'awareness', states: message.states })]
    case 'presenceQuery':
      return [encodeYjs({ type: 'queryAwareness' })]
    case 'digest':
    case 'stored':
    case 'prune':
    case 'announce':
    case 'reach':
      // This wire has no word for it.
      return []
    default:
      return unreachable(message)
  }
}
