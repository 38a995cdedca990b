/** Links to node peers (PROTOCOL.md [TR9]). A page can dial a WebSocket, but nobody can dial a page. */
import { closeCode, messageOf, type AcceptLink, type Transport } from '@knotwork/core'
import { WebSocketLink } from './web-socket-link.ts'

export class WebSocketTransport implements Transport {
  readonly schemes: readonly string[] = ['ws', 'wss']
  readonly #links = new Set<WebSocketLink>()
  readonly #disposed = new AbortController()

  dial(address: string, accept: AcceptLink, failed: (why: string) => void): () => void {
    const opened = open(address)
    let isDecided = false
    const decide = (act: () => void): void => {
      if (isDecided) return
      isDecided = true
      act()
    }
    if (!opened.ok) {
      // Later, as every other failure: the caller has not got the function to abort it yet.
      queueMicrotask(() => decide(() => failed(opened.why)))
      return () => decide(() => undefined)
    }
    const { socket } = opened
    socket.addEventListener('open', () =>
      decide(() => {
        const link = new WebSocketLink(socket, address, () => this.#links.delete(link))
        this.#links.add(link)
        link.start(accept)
      }),
    )
    // The browser hides from pages why a connection could not be made.
    socket.addEventListener('close', ({ code, reason }) => {
      decide(() => failed(reason === '' ? `no answer (WebSocket code ${code})` : reason))
    })
    return () => decide(() => socket.close())
  }

  async listen(): Promise<readonly string[]> {
    // A browser that puts a page aside leaves its sockets open and silent; the others should not have to wait for that.
    if (typeof window !== 'undefined') {
      window.addEventListener('pagehide', () => this.#leave(), { signal: this.#disposed.signal })
    }
    return []
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#disposed.abort()
    this.#leave()
  }

  #leave(): void {
    for (const link of [...this.#links]) link.close(closeCode.goingAway, 'this page is leaving')
  }
}

type Opened = { readonly ok: true; readonly socket: WebSocket } | { readonly ok: false; readonly why: string }

function open(address: string): Opened {
  // Browsers complete what is no address with the page's own; that would be somewhere else than was asked for.
  if (!/^wss?:\/\//iu.test(address)) return { ok: false, why: `not a WebSocket address: ${address}` }
  try {
    const socket = new WebSocket(completed(address))
    socket.binaryType = 'arraybuffer'
    return { ok: true, socket }
  } catch (thrown) {
    // Malformed, or ws: from an https page.
    return { ok: false, why: messageOf(thrown) }
  }
}

/** Where node peers take links, for an address that names only a host. */
function completed(address: string): URL {
  const url = new URL(address)
  if (url.pathname === '/') url.pathname = '/peer'
  return url
}
