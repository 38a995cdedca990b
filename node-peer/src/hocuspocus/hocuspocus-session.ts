/**
 * One document on the socket of a Hocuspocus client (PROTOCOL.md [HP1] to [HP6]). Towards the document it is a client as
 * those of y-websocket are; besides, it is told of each update whether it is stored.
 */
import { decodeYjs, type Link, type LinkReceiver, type Peer } from '@knotwork/core'
import { encodeSyncStatus, encodeYjsFor, nameOf, type Permission } from './hocuspocus-message.ts'

export interface SessionOptions {
  readonly key: string
  readonly peer: Peer
  readonly permission: Permission
  /** The socket that it shares with others. */
  readonly socket: Pick<Link, 'send' | 'queuedBytes' | 'description' | 'close'>
  /** Whether a document holds all that is in an update. */
  readonly holds: (name: string, update: Uint8Array) => Promise<boolean>
}

/** A question of ours that the client is to answer with all that we lack; `isCounted` where it waits for a status of that. */
interface Question {
  isCounted: boolean
}

export class HocuspocusSession {
  readonly name: string
  readonly #options: SessionOptions
  readonly #receiver: LinkReceiver
  /** In the order in which they were asked, which is that of the answers. */
  readonly #questions: Question[] = []
  /** Questions of the client that none of ours was counted for. */
  #uncounted = 0
  #lastQuestion: Uint8Array | null = null
  /** Updates so far; of those it waits to hear of, which each is. */
  #updates = 0
  #awaited: number[] = []
  #isOver = false

  constructor(options: SessionOptions) {
    const { key, peer, permission, socket } = options
    this.name = nameOf(key)
    this.#options = options
    const link: Link = {
      description: socket.description,
      transport: 'hocuspocus',
      get queuedBytes() {
        return socket.queuedBytes
      },
      send: (frame) => this.#send(frame),
      close: (code, reason) => socket.close(code, reason),
    }
    const isReadOnly = permission === 'readonly'
    this.#receiver = peer.attachYjs(this.name, link, { isReadOnly, stored: (updates) => this.#stored(updates) })
  }

  received(frame: Uint8Array): void {
    const decoded = decodeYjs(frame)
    if (decoded.ok) {
      const { value: message } = decoded
      if (message.type === 'step1') this.#asked()
      if (message.type === 'update') this.#sent(message.update, true)
      // An answer to a question that nobody asked is none that it counts.
      if (message.type === 'step2') this.#sent(message.update, this.#questions.shift()?.isCounted ?? false)
    }
    this.#receiver.received(frame)
  }

  ended(code: number, reason: string): void {
    if (this.#isOver) return
    this.#isOver = true
    this.#receiver.closed(code, reason)
  }

  /** A client that asks counts one change as not stored until its answer to our question is. */
  #asked(): void {
    const open = this.#questions.find(({ isCounted }) => !isCounted)
    if (open !== undefined) open.isCounted = true
    else {
      this.#uncounted++
      // It was asked already and has answered; with what it is asked now, it tells more than is needed.
      if (this.#lastQuestion !== null) this.#send(this.#lastQuestion)
    }
  }

  #send(frame: Uint8Array): void {
    const isQuestion = frame[0] === 0 && frame[1] === 0
    if (isQuestion) {
      this.#lastQuestion = frame
      this.#questions.push({ isCounted: this.#uncounted > 0 })
      if (this.#uncounted > 0) this.#uncounted--
    }
    this.#options.socket.send(encodeYjsFor(this.#options.key, frame))
  }

  #sent(update: Uint8Array, isAwaited: boolean): void {
    this.#updates++
    if (!isAwaited) return
    if (this.#options.permission === 'read-write') this.#awaited.push(this.#updates)
    else void this.#tellReader(update)
  }

  /** [HP4] A reader hears that its update is refused, unless there was nothing in it. */
  async #tellReader(update: Uint8Array): Promise<void> {
    const isHeld = await this.#options.holds(this.name, update)
    if (!this.#isOver) this.#tell(isHeld)
  }

  #stored(updates: number): void {
    for (const awaited of this.#awaited) if (awaited <= updates) this.#tell(true)
    this.#awaited = this.#awaited.filter((awaited) => awaited > updates)
  }

  #tell(isStored: boolean): void {
    this.#options.socket.send(encodeSyncStatus(this.#options.key, isStored))
  }
}
