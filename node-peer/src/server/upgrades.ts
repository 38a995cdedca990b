/**
 * Requests to become a WebSocket: `/peer` for peers, `/yjs/<name>` for clients of y-websocket's wire, `/hocuspocus`
 * for those of Hocuspocus, `/signal` for y-webrtc's signalling. Whoever is turned away is first accepted and then closed with a code and a reason, because a
 * browser cannot read a failed upgrade.
 */
import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import { closeCode, documentName, limits, yjsKeepAlive, type AcceptLink, type Log, type Peer } from '@knotwork/core'
import { WebSocketServer, type ServerOptions, type WebSocket } from 'ws'
import { HocuspocusClients, type StatelessListener } from '../hocuspocus/hocuspocus-clients.ts'
import type { ConversationOptions } from '../hocuspocus/hocuspocus-conversation.ts'
import type { Visit } from '../hooks/hooks.ts'
import type { Visitors } from '../hooks/visitors.ts'
import type { Traffic } from '../metrics/traffic.ts'
import { signallingLimits } from '../signalling/signalling-limits.ts'
import { SignallingSockets } from '../signalling/signalling-sockets.ts'
import { peerPath } from '../transport/address.ts'
import { clip } from '../transport/web-socket-link.ts'
import {
  closeTimeoutMs,
  peerPayloadBytesMax,
  refuse,
  type WebSocketTransport,
} from '../transport/web-socket-transport.ts'
import { tokenOf, type Access } from './access.ts'
import { Entrance } from './entrance.ts'
import { hocuspocusPath, signalPath, yjsPath } from './environment.ts'
import { LinkQuota } from './link-quota.ts'
import { isBelow, nameBelow, rawTarget, type RawTarget } from './raw-target.ts'
import { YjsClients, type Conversation } from './yjs-clients.ts'

export interface UpgradesOptions {
  readonly access: Access
  /** Null until there is one. */
  readonly peer: () => Peer | null
  readonly transport: WebSocketTransport
  readonly visitors: Visitors
  readonly stateless: StatelessListener
  readonly traffic: Traffic
  readonly log: Log
}

interface Closing {
  readonly closeCode: number
  readonly detail: string
}

export class Upgrades {
  readonly #options: UpgradesOptions
  readonly #quota = new LinkQuota()
  readonly #yjsClients: YjsClients
  readonly #hocuspocusClients: HocuspocusClients
  readonly #signalling: SignallingSockets
  readonly #sockets = new Set<WebSocket>()
  readonly #peerServer = webSocketServer(peerPayloadBytesMax)
  /** A stock client sends a whole document in one frame. */
  readonly #yjsServer = webSocketServer(limits.messageBytesMax + 64)
  readonly #signalServer = webSocketServer(signallingLimits.payloadBytesMax)
  #isClosed = false

  constructor(options: UpgradesOptions) {
    this.#options = options
    this.#yjsClients = new YjsClients(options.log)
    this.#hocuspocusClients = new HocuspocusClients(options.log, options.stateless)
    this.#signalling = new SignallingSockets(options.log)
  }

  /** For the `upgrade` event of an HTTP server. */
  handle(request: IncomingMessage, stream: Duplex, head: Buffer): void {
    // A client that hangs up during the handshake must not end the process.
    stream.on('error', ignored)
    const target = rawTarget(request.url ?? '/')
    this.#serverFor(target).handleUpgrade(request, stream, head, (socket) => this.#opened(socket, request, target))
  }

  /** How many are connected to the signalling. */
  get signalClients(): number {
    return this.#signalling.count
  }

  /** Takes no more, closes what is still open, and resolves when all of it is closed. */
  async close(): Promise<void> {
    this.#isClosed = true
    const closed = [...this.#sockets].map((socket) => new Promise((resolve) => void socket.once('close', resolve)))
    for (const socket of this.#sockets) socket.close(closeCode.goingAway, 'this peer is leaving')
    await Promise.all(closed)
  }

  #serverFor(target: RawTarget): WebSocketServer {
    if (isBelow(target, yjsPath) || isBelow(target, hocuspocusPath)) return this.#yjsServer
    return target.path === signalPath ? this.#signalServer : this.#peerServer
  }

  #opened(socket: WebSocket, request: IncomingMessage, target: RawTarget): void {
    this.#sockets.add(socket)
    socket.once('close', () => this.#sockets.delete(socket))
    const from = addressOf(request)
    const refusal = this.#refusal(request, target) ?? this.#full(socket, from)
    if (refusal === null) this.#admit(socket, request, target)
    else {
      this.#options.log('debug', 'turnedAway', { from, code: refusal.closeCode, why: refusal.detail })
      refuse(socket, refusal.closeCode, clip(refusal.detail))
    }
  }

  #refusal({ headers }: IncomingMessage, target: RawTarget): Closing | null {
    const { access, peer } = this.#options
    const isForYjs = isBelow(target, yjsPath) || target.path === signalPath
    const isForHocuspocus = isBelow(target, hocuspocusPath)
    if (!isForYjs && !isForHocuspocus && target.path !== peerPath) {
      const places = `peers link to ${peerPath}, Yjs apps to ${yjsPath}/<name>, ${hocuspocusPath} or ${signalPath}`
      return { closeCode: closeCode.garbage, detail: `nothing here; ${places}` }
    }
    if (this.#isClosed) return { closeCode: closeCode.goingAway, detail: 'this peer is leaving' }
    // Peers prove that they know the token in their handshake, without sending it; Hocuspocus clients send it later.
    const refusal =
      access.refuseHost(headers) ??
      access.refuseOrigin(headers) ??
      (isForYjs && !this.#isAsked(target) ? access.refuseToken(headers, target) : null)
    if (refusal !== null) return refusal
    // [HK2] A peer gets all documents.
    if (target.path === peerPath && this.#options.visitors.hasRules && !access.hasToken) {
      return { closeCode: closeCode.token, detail: 'peers link here only with a shared token, and there is none' }
    }
    return peer() === null ? { closeCode: closeCode.unavailable, detail: 'this peer is starting' } : null
  }

  /** Whether the app is asked who that is, in place of the shared token. */
  #isAsked(target: RawTarget): boolean {
    return isBelow(target, yjsPath) && this.#options.visitors.hasRules
  }

  #full(socket: WebSocket, from: string): Closing | null {
    const giveBack = this.#quota.take(from)
    if (giveBack === null) return { closeCode: closeCode.full, detail: 'this peer has as many links as it takes' }
    socket.once('close', giveBack)
    return null
  }

  #admit(socket: WebSocket, request: IncomingMessage, target: RawTarget): void {
    const origin = { from: addressOf(request), stream: request.socket }
    const peer = this.#options.peer()
    if (peer === null) return
    const visit = visitOf(request, target)
    const { traffic } = this.#options
    if (isBelow(target, hocuspocusPath)) {
      const conversation = this.#hocuspocusClients.join(peer, this.#hocuspocusRules(visit))
      const accept = traffic.counting('hocuspocus', conversation.accept)
      this.#yjsClients.add(socket, origin, { ...conversation, accept })
      return
    }
    if (target.path === signalPath) {
      this.#signalling.add(socket, origin.from)
      return
    }
    if (!isBelow(target, yjsPath)) {
      this.#options.transport.admit(socket, origin.from, origin.stream)
      return
    }
    const name = documentName(nameBelow(target, yjsPath, 'room') ?? '')
    if (name.ok) this.#yjsClients.add(socket, origin, this.#yjsConversation(peer, name.value, visit))
    else refuse(socket, closeCode.garbage, clip(name.error))
  }

  #yjsConversation(peer: Peer, name: string, visit: () => Visit): Conversation {
    const { visitors, traffic } = this.#options
    const keepAlive = (): Uint8Array => yjsKeepAlive
    const counted = (accept: AcceptLink): Conversation => ({ accept: traffic.counting('yjs', accept), keepAlive })
    if (!visitors.isWatched) return counted((link) => peer.attachYjs(name, link))
    const options = { peer, visitors, visit: { ...visit(), wire: 'yjs', documentName: name } as const, name }
    return counted((link) => new Entrance(link, options))
  }

  /** The token comes with each document, or came with the socket. */
  #hocuspocusRules(visitOfSocket: () => Visit): Pick<ConversationOptions, 'admit' | 'entered'> {
    const { access, visitors } = this.#options
    const socket = visitOfSocket()
    const visitOf = (documentName: string, token: string | null): Visit => {
      const isEmpty = token === null || token === ''
      return { ...socket, wire: 'hocuspocus', documentName, token: isEmpty ? socket.token : token }
    }
    return {
      async admit(document, token) {
        const visit = visitOf(document, token)
        if (!visitors.hasRules && !access.isToken(visit.token ?? '')) return { refused: 'permission-denied' }
        const permission = await visitors.permissionOf(visit)
        return permission === 'refused' ? { refused: 'permission-denied' } : { permission }
      },
      entered({ document, token, permission, cut }) {
        return visitors.isWatched ? visitors.entered(visitOf(document, token), permission, cut) : ignored
      },
    }
  }
}

/** Outside of any function: a closure for as long as a connection lasts would keep its whole request in memory. */
function ignored(): void {}

function webSocketServer(maxPayload: number): WebSocketServer {
  // The types of `ws` do not know `closeTimeout` yet.
  const options: ServerOptions & { readonly closeTimeout: number } = {
    noServer: true,
    clientTracking: false,
    perMessageDeflate: false,
    maxPayload,
    closeTimeout: closeTimeoutMs,
  }
  return new WebSocketServer(options)
}

/** Made only for who wants to know: it keeps the headers of the request. */
function visitOf(request: IncomingMessage, target: RawTarget): () => Visit {
  return () => ({
    wire: 'yjs',
    documentName: null,
    token: tokenOf(request.headers, target),
    requestHeaders: request.headers,
    requestParameters: target.query,
    address: addressOf(request),
  })
}

/** The address of the other end; an IPv4 one in the form that people know. */
function addressOf(request: IncomingMessage): string {
  return (request.socket.remoteAddress ?? 'unknown').replace(/^::ffff:/u, '')
}
