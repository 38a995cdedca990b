/** Clients that speak y-websocket's wire: each on a socket of its own for each document. */
import type { Duplex } from 'node:stream'
import { yjsKeepAlive, type Log, type Peer } from '@knotwork/core'
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

interface Attachment {
  readonly peer: Peer
  readonly name: string
}

interface Client {
  readonly socket: WebSocket
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

  /** Joins an open socket to a document of that peer. */
  add(socket: WebSocket, { from, stream }: ClientOrigin, { peer, name }: Attachment): void {
    const options = { description: from, log: this.#log, stream }
    const link = WebSocketLink.over(socket, options, (opened) => peer.attachYjs(name, opened))
    const client: Client = { socket, link, heardAt: performance.now() }
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
    for (const { socket, link, heardAt } of this.#clients) {
      if (now - heardAt > silentMs) socket.terminate()
      else if (link.isOpen) {
        if (now - link.lastSentAt > keepAliveMs) link.send(yjsKeepAlive)
        if (now - heardAt > keepAliveMs) socket.ping()
      }
    }
  }
}
