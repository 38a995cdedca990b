/** The HTTP server of a node peer: it listens before there is a peer, so that the peer knows its own addresses. */
import { once } from 'node:events'
import { createServer, type IncomingMessage, type Server } from 'node:http'
import { isIP, type AddressInfo } from 'node:net'
import { getRequestListener } from '@hono/node-server'
import { KnotworkError, limits, messageOf, type Log, type Peer } from '@knotwork/core'
import { peerPath } from '../transport/address.ts'
import { WebSocketTransport } from '../transport/web-socket-transport.ts'
import { Access, isLoopback } from './access.ts'
import { serverApp } from './app.ts'
import { drained } from './body.ts'
import type { StatelessListener } from '../hocuspocus/hocuspocus-clients.ts'
import type { HookCalls } from '../hooks/hook-calls.ts'
import type { Hooks } from '../hooks/hooks.ts'
import { Visitors } from '../hooks/visitors.ts'
import { documentTarget } from '../rest/document-target.ts'
import type { Metrics } from '../metrics/metrics.ts'
import type { RestOptions } from '../rest/environment.ts'
import { EventLog } from '../rest/event-log.ts'
import { signalPath } from './environment.ts'
import { ownHost, reachableHosts, urlOf } from './hosts.ts'
import { rawTarget, type RawTarget } from './raw-target.ts'
import { Upgrades } from './upgrades.ts'

export interface PeerServerOptions {
  readonly host: string
  /** 0 for any that is free. */
  readonly port: number
  readonly token: string | undefined
  readonly origins: readonly string[]
  /** The directory with the built page; null for none. */
  readonly page: string | null
  /** Why this peer cannot store anything at the moment; null when it can. */
  readonly trouble: () => string | null
  readonly storage: RestOptions['storage']
  readonly files: RestOptions['files']
  readonly hooks: Hooks
  readonly calls: HookCalls
  readonly webhooks: RestOptions['webhooks']
  readonly metrics: Metrics
  readonly keeps: boolean
  readonly log: Log
}

/** Besides the links, for requests over HTTP; more connections are dropped. */
const plainConnectionsMax = 500

export class PeerServer {
  readonly transport: WebSocketTransport
  readonly events = new EventLog()
  readonly visitors: Visitors
  readonly #options: PeerServerOptions
  readonly #server: Server
  readonly #upgrades: Upgrades
  readonly #targets = new WeakMap<IncomingMessage, RawTarget>()
  #peer: Peer | null = null

  private constructor(options: PeerServerOptions) {
    const { log, token, host, origins, page, trouble, storage, files, keeps, hooks, calls, webhooks, metrics } = options
    this.visitors = new Visitors(hooks, calls)
    const { visitors } = this
    this.#options = options
    this.transport = new WebSocketTransport({ log, addresses: () => this.addresses })
    const access = new Access({ token, host, origins })
    const peer = (): Peer | null => this.#peer
    const { events } = this
    const signalClients = (): number => this.#upgrades.signalClients
    const shared = { access, peer, visitors, log }
    const told = { events, webhooks, metrics, signalClients }
    const app = serverApp({ ...shared, ...told, trouble, page, storage, files, keeps })
    const stateless = statelessFor(hooks, calls)
    this.#upgrades = new Upgrades({ ...shared, transport: this.transport, stateless, traffic: metrics.traffic })
    const listener = getRequestListener(
      // The target was noted when the request came in.
      async (request, bindings) => {
        const incoming = bindings.incoming as IncomingMessage
        const response = await app.fetch(request, { ...bindings, target: this.#targetOf(incoming) })
        await drained(incoming)
        return response
      },
      // This process may belong to an app with a Request and a Response of its own.
      { overrideGlobalObjects: false, autoCleanupIncoming: false },
    )
    this.#server = createServer((request, response) => {
      const target = rawTarget(request.url ?? '/')
      this.#targets.set(request, target)
      request.url = routeFor(target)
      void listener(request, response)
    })
    this.#server.maxConnections = limits.linksMax + plainConnectionsMax
    this.#server.on('upgrade', (request, stream, head) => this.#upgrades.handle(request, stream, head))
  }

  /**
   * Listens; documents are served from `serve` on.
   *
   * @throws KnotworkError `in-use` when the port is taken, `refused` when it may not be used, `bad-address` for no host of ours.
   */
  static async listen(options: PeerServerOptions): Promise<PeerServer> {
    const server = new PeerServer(options)
    await server.#listen()
    return server
  }

  /** From now on, requests are for this peer. */
  serve(peer: Peer): void {
    this.#peer = peer
    this.events.watch(peer)
  }

  /** Where people open the page. */
  get url(): string {
    return urlOf('http', this.#hosts[0] ?? 'localhost', this.#port)
  }

  /** What other peers can dial. */
  get addresses(): readonly string[] {
    return this.#hosts.map((host) => `${urlOf('ws', host, this.#port)}${peerPath}`)
  }

  /** Where other machines reach this server; null when only this one does. */
  get reach(): { readonly hosts: readonly string[]; readonly port: number } | null {
    if (isLoopback(this.#options.host)) return null
    return { hosts: this.#hosts.filter((host) => isIP(host) === 4), port: this.#port }
  }

  /** Where this very process signals with y-webrtc apps; holds the token. */
  get ownSignalling(): string {
    const { host, token } = this.#options
    const query = token === undefined ? '' : `?token=${encodeURIComponent(token)}`
    return `${urlOf('ws', ownHost(host), this.#port)}${signalPath}${query}`
  }

  /** Accepts no more connections. */
  stopListening(): void {
    this.#server.close()
  }

  /** Ends all that is still connected. */
  async close(): Promise<void> {
    this.#server.close()
    await this.#upgrades.close()
    this.#server.closeAllConnections()
  }

  get #port(): number {
    return (this.#server.address() as AddressInfo | null)?.port ?? this.#options.port
  }

  get #hosts(): readonly string[] {
    return reachableHosts(this.#options.host)
  }

  #targetOf(request: IncomingMessage): RawTarget {
    return this.#targets.get(request) ?? rawTarget('/')
  }

  async #listen(): Promise<void> {
    const { host, port, log } = this.#options
    this.#server.listen({ host, port })
    try {
      await once(this.#server, 'listening')
    } catch (thrown) {
      throw listenError(thrown, host, port)
    }
    this.#server.on('error', (error) => log('error', 'serverFailed', { why: error.message }))
  }
}

function statelessFor({ onStateless }: Hooks, calls: HookCalls): StatelessListener {
  return (documentName, payload, broadcastStateless) => {
    if (onStateless === undefined) return
    calls.tell('onStateless', () => onStateless({ documentName, payload, broadcastStateless }))
  }
}

/** What the router sees: fixed paths as they are, documents with a placeholder for the name, everything else as the page. */
function routeFor(target: RawTarget): string {
  const query = target.query.size === 0 ? '' : `?${target.query.toString()}`
  const document = documentTarget(target)
  if (document !== null) return `${document.route}${query}`
  return /^\/(?:v1\/[\w./]+|health|ready|version|metrics)$/u.test(target.path) ? `${target.path}${query}` : '/'
}

function listenError(thrown: unknown, host: string, port: number): KnotworkError {
  const options = { cause: thrown }
  switch ((thrown as { code?: unknown }).code) {
    case 'EADDRINUSE':
      return new KnotworkError('in-use', `port ${port} on ${host} is taken by another process`, options)
    case 'EACCES':
      return new KnotworkError(
        'refused',
        `this user may not listen on port ${port}; ports from 1024 on are free for all`,
        options,
      )
    case 'EADDRNOTAVAIL':
    case 'ENOTFOUND':
      return new KnotworkError('bad-address', `${host} is no address of this machine`, options)
    default:
      return new KnotworkError('bad-address', `cannot listen on ${host}, port ${port}: ${messageOf(thrown)}`, options)
  }
}
