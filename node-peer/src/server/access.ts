/**
 * Who may come in. Two dangers besides a missing token: any web page can send requests to a peer on the same machine
 * (so its Origin is looked at), and a page can have its own host name resolve to 127.0.0.1 (so the Host is).
 */
import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto'
import type { IncomingHttpHeaders } from 'node:http'
import { closeCode } from '@knotwork/core'
import type { RawTarget } from './raw-target.ts'

export interface AccessOptions {
  /** When set, everything but the page needs it. */
  readonly token: string | undefined
  /** Where the server listens. */
  readonly host: string
  /** Further origins whose pages may come in; `*` for all. */
  readonly origins: readonly string[]
}

/** Why a request is turned away, for HTTP and for WebSocket. */
export interface Refusal {
  readonly status: 401 | 403
  readonly code: 'token-missing' | 'token-wrong' | 'foreign-host' | 'foreign-origin'
  readonly detail: string
  readonly closeCode: number
}

const loopbackHosts: ReadonlySet<string> = new Set(['localhost', '127.0.0.1', '[::1]', '::1'])

export function isLoopback(host: string): boolean {
  return loopbackHosts.has(host) || /^127\.\d+\.\d+\.\d+$/u.test(host)
}

export class Access {
  readonly #tokenMac: Uint8Array | null
  readonly #hosts: ReadonlySet<string>
  readonly #origins: ReadonlySet<string>
  /** Without a token, being on this machine is the permission, and web pages must not borrow it. */
  readonly #isGuarded: boolean
  /** Equal lengths make a comparison in constant time possible, whatever the lengths of the tokens. */
  readonly #macKey = randomBytes(32)

  constructor({ token, host, origins }: AccessOptions) {
    this.#tokenMac = token === undefined ? null : this.#mac(token)
    this.#isGuarded = token === undefined && isLoopback(host)
    this.#origins = new Set(origins.map((origin) => originOf(origin)))
    const allowed = [...this.#origins].flatMap((origin) => (URL.canParse(origin) ? [new URL(origin).hostname] : []))
    this.#hosts = new Set([...loopbackHosts, host.toLowerCase(), ...allowed])
  }

  /** Checks the Host, for every request. */
  refuseHost(headers: IncomingHttpHeaders): Refusal | null {
    const { host } = headers
    // What is not sent is not sent by a browser.
    if (!this.#isGuarded || host === undefined || this.#origins.has('*')) return null
    if (this.#hosts.has(host.toLowerCase().replace(/:\d*$/u, ''))) return null
    const detail = `this peer does not answer for the host ${host}; allow pages from there with --origin`
    return { status: 403, code: 'foreign-host', detail, closeCode: closeCode.proof }
  }

  /** Checks the Origin, for everything that reads or writes documents. */
  refuseOrigin(headers: IncomingHttpHeaders): Refusal | null {
    const { origin } = headers
    if (!this.#isGuarded || origin === undefined || this.#isListed(origin) || isOwn(origin, headers)) return null
    const detail = `pages from ${origin} may not use this peer; allow them with --origin ${origin}`
    return { status: 403, code: 'foreign-origin', detail, closeCode: closeCode.proof }
  }

  /** Whether there is a shared token at all. */
  get hasToken(): boolean {
    return this.#tokenMac !== null
  }

  /** Checks the shared token, in the Authorization header or in the query. */
  refuseToken(headers: IncomingHttpHeaders, target: RawTarget): Refusal | null {
    if (this.#tokenMac === null) return null
    const given = tokenOf(headers, target)
    if (given !== null && this.isToken(given)) return null
    const how = 'in the header "Authorization: Bearer <token>", or as ?token='
    return {
      status: 401,
      code: given === null ? 'token-missing' : 'token-wrong',
      detail:
        given === null ? `this peer asks for its shared token, ${how}` : 'that is not the shared token of this peer',
      closeCode: closeCode.token,
    }
  }

  /** Whether that is the shared token; where there is none, any is. */
  isToken(given: string): boolean {
    return this.#tokenMac === null || timingSafeEqual(this.#mac(given), this.#tokenMac)
  }

  /** Whether pages of that origin may read answers (CORS). */
  mayRead(headers: IncomingHttpHeaders): boolean {
    const { origin } = headers
    return origin !== undefined && (this.#tokenMac !== null || this.#isListed(origin) || isOwn(origin, headers))
  }

  #isListed(origin: string): boolean {
    return this.#origins.has('*') || this.#origins.has(originOf(origin))
  }

  #mac(token: string): Uint8Array {
    return createHmac('sha256', this.#macKey).update(token).digest()
  }
}

/** What a client gives as its token, in the Authorization header or in the query; null for none. */
export function tokenOf(headers: IncomingHttpHeaders, target: RawTarget): string | null {
  // Node reads a header as one character for each byte; clients send UTF-8.
  const authorization = Buffer.from(headers.authorization ?? '', 'latin1').toString('utf8')
  return /^Bearer +(.+)$/iu.exec(authorization)?.[1]?.trim() ?? target.query.get('token')
}

/** A page that this very server (or the proxy in front of it) has served. */
function isOwn(origin: string, headers: IncomingHttpHeaders): boolean {
  return URL.canParse(origin) && headers.host !== undefined && new URL(origin).host === headers.host.toLowerCase()
}

function originOf(text: string): string {
  // `null` and `*` are origins, too, of a kind.
  return URL.canParse(text) ? new URL(text).origin : text
}
