/** Clients of other wires that share documents: kept from leaving while they are silent, and given up when they are gone. */
import type { Duplex } from 'node:stream'
import type { AcceptLink, Log } from '@knotwork/core'
import type { WebSocket } from 'ws'
import { WebSocketLink } from '../transport/web-socket-link.ts'

const lookEveryMs = 5_000
/** A stock client closes and comes back when it hears nothing for 30 s. */
const keepAliveMs = 15_000
/** Half-open connections are found by pings, which every WebSocket answers without being asked to. */
const silentMs = 45_000

/** Where a client came from. */
export interface ClientOrigin {
  readonly from: string
  /** What is below its WebSocket. */
  readonly stream?: Duplex
}

/** What is to be said on a socket. */
export interface Conversation {
  readonly accept: AcceptLink
  /** A frame that harms nobody; null while there is none. */
  readonly keepAlive: () => Uint8Array | null
}

interface Client {
  readonly socket: WebSocket
  readonly conversation: Conversation
  readonly link: WebSocketLink
  heardAt: number
}

export class YjsClients {
  readonly #log: Log
  readonly #clients = new Set<Client>()
  #timer: NodeJS.Timeout | null = null

  constructor(log: Log) {
    this.#log = log
  }

  /** Begins a conversation on an open socket. */
  add(socket: WebSocket, { from, stream }: ClientOrigin, conversation: Conversation): void {
    const options = { description: from, log: this.#log, stream }
    const link = WebSocketLink.over(socket, options, conversation.accept)
    const client: Client = { socket, link, conversation, heardAt: performance.now() }
    const heard = (): void => {
      client.heardAt = performance.now()
    }
    socket.on('message', heard).on('pong', heard)
    socket.once('close', () => this.#remove(client))
    this.#clients.add(client)
    this.#timer ??= setInterval(() => this.#look(), lookEveryMs)
  }

  #remove(client: Client): void {
    this.#clients.delete(client)
    if (this.#clients.size > 0 || this.#timer === null) return
    clearInterval(this.#timer)
    this.#timer = null
  }

  #look(): void {
    const now = performance.now()
    for (const { socket, link, conversation, heardAt } of this.#clients) {
      if (now - heardAt > silentMs) socket.terminate()
      else if (link.isOpen) {
        const keepAlive = now - link.lastSentAt > keepAliveMs ? conversation.keepAlive() : null
        if (keepAlive !== null) link.send(keepAlive)
        if (now - heardAt > keepAliveMs) socket.ping()
      }
    }
  }
}
