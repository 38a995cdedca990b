/** Links over WebSocket: dialled with `ws`, or taken by a server that hands them over with `admit`. */
import {
  closeCode,
  limits,
  messageOf,
  type AcceptLink,
  type LinkReceiver,
  type Log,
  type Transport,
} from '@knotwork/core'
import type { Duplex } from 'node:stream'
import { WebSocket, type ClientOptions } from 'ws'
import { dialledAddress, shownAddress } from './address.ts'
import { WebSocketLink, type WebSocketLinkOptions } from './web-socket-link.ts'

/** A frame of ours never has more; the surplus is for what a later version may put around it. */
export const peerPayloadBytesMax = limits.frameBytesMax + 64 * 1024
/** How long the other side may take to answer a close. */
export const closeTimeoutMs = 3_000

export interface WebSocketTransportOptions {
  readonly log: Log
  /** Where the server behind `admit` can be dialled. */
  readonly addresses: () => readonly string[]
}

export class WebSocketTransport implements Transport {
  readonly schemes = ['ws', 'wss']
  readonly #options: WebSocketTransportOptions
  readonly #links = new Set<WebSocketLink>()
  readonly #dials = new Set<Dial>()
  #accept: AcceptLink | null = null
  #isClosed = false
  #lastClosed: () => void = () => undefined

  constructor(options: WebSocketTransportOptions) {
    this.#options = options
  }

  /** Whether incoming links are taken. */
  get isListening(): boolean {
    return this.#accept !== null && !this.#isClosed
  }

  dial(address: string, accept: AcceptLink, failed: (why: string) => void): () => void {
    const dial = new Dial({
      opened: (socket) => this.#open(socket, { description: shownAddress(address) }, accept),
      failed,
      ended: () => this.#dials.delete(dial),
    })
    this.#dials.add(dial)
    if (this.#isClosed) dial.fail('this peer was closed')
    else dial.start(address)
    return () => dial.abort()
  }

  listen(accept: AcceptLink): Promise<readonly string[]> {
    this.#accept = accept
    return Promise.resolve(this.#options.addresses())
  }

  /** Takes a socket that some server has accepted for this peer. */
  admit(socket: WebSocket, from: string, stream?: Duplex): void {
    const origin = { description: from, stream }
    if (this.#accept !== null && !this.#isClosed) this.#open(socket, origin, this.#accept)
    else refuse(socket, closeCode.unavailable, 'this peer is not listening')
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isClosed = true
    for (const dial of this.#dials) dial.fail('this peer was closed')
    const lastClosed = new Promise<void>((resolve) => {
      this.#lastClosed = resolve
    })
    for (const link of this.#links) link.close(closeCode.goingAway, 'this peer is leaving')
    if (this.#links.size > 0) await lastClosed
  }

  #open(socket: WebSocket, origin: Omit<WebSocketLinkOptions, 'log'>, accept: AcceptLink): void {
    const link = WebSocketLink.over(socket, { ...origin, log: this.#options.log }, (opened) => {
      const receiver = accept(opened)
      return this.#forgetting(receiver, () => link)
    })
    this.#links.add(link)
  }

  /** The receiver, and no longer in our books when the link is closed. */
  #forgetting(receiver: LinkReceiver, link: () => WebSocketLink): LinkReceiver {
    return {
      received: (frame) => receiver.received(frame),
      closed: (code, reason) => {
        this.#links.delete(link())
        receiver.closed(code, reason)
        if (this.#links.size === 0) this.#lastClosed()
      },
    }
  }
}

/** Ends a socket that nobody takes. A browser cannot read a failed upgrade, but it can read this. */
export function refuse(socket: WebSocket, code: number, reason: string): void {
  socket.on('error', () => undefined)
  socket.close(code, reason)
}

/** The types of `ws` do not know `closeTimeout` yet. */
const dialOptions: ClientOptions & { readonly closeTimeout: number } = {
  maxPayload: peerPayloadBytesMax,
  perMessageDeflate: false,
  handshakeTimeout: limits.dialMs,
  closeTimeout: closeTimeoutMs,
}

interface DialEvents {
  opened(socket: WebSocket): void
  failed(why: string): void
  /** In any case, once, before the others. */
  ended(): void
}

/** One attempt: ends with exactly one of opened and failed, or with neither when it was aborted first. */
class Dial {
  readonly #events: DialEvents
  #socket: WebSocket | null = null
  #hasEnded = false

  constructor(events: DialEvents) {
    this.#events = events
  }

  start(address: string): void {
    try {
      this.#socket = new WebSocket(dialledAddress(address), dialOptions)
    } catch (thrown) {
      this.fail(messageOf(thrown))
      return
    }
    const socket = this.#socket
    // Stays for good: aborting a dial is an error to `ws`, too.
    socket.on('error', (error) => this.fail(reasonOf(error)))
    socket.once('open', () => {
      if (this.#end()) this.#events.opened(socket)
    })
  }

  /** Never at once: the caller of `dial` must have its way to abort first. */
  fail(why: string): void {
    queueMicrotask(() => {
      if (!this.#end()) return
      this.#socket?.terminate()
      this.#events.failed(why)
    })
  }

  abort(): void {
    if (this.#end()) this.#socket?.terminate()
  }

  #end(): boolean {
    if (this.#hasEnded) return false
    this.#hasEnded = true
    this.#events.ended()
    return true
  }
}

/** A failure on all addresses of a host is an AggregateError without a message. */
function reasonOf(error: Error): string {
  const all = error instanceof AggregateError ? error.errors.map((each) => messageOf(each)) : [error.message]
  return all.join(', ') || 'the connection failed'
}
