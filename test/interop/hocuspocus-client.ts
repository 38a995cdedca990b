/** Stock Hocuspocus providers of three majors, with one face. */
import { HocuspocusProvider as Provider2, HocuspocusProviderWebsocket as Socket2 } from 'hocuspocus-2'
import { HocuspocusProvider as Provider3, HocuspocusProviderWebsocket as Socket3 } from 'hocuspocus-3'
import { HocuspocusProvider as Provider4, HocuspocusProviderWebsocket as Socket4 } from 'hocuspocus-4'
import WebSocket from 'ws'
import * as Y from 'yjs'

export interface StockHocuspocus {
  readonly document: Y.Doc
  readonly synced: boolean
  readonly unsyncedChanges: number
  readonly hasUnsyncedChanges: boolean
  readonly authorizedScope: string | undefined
  readonly awareness: {
    getStates(): Map<number, Record<string, unknown>>
    setLocalState(state: Record<string, unknown> | null): void
  }
  on(event: string, listener: (details: never) => void): void
  sendStateless(payload: string): void
  forceSync(): void
  attach?(): void
  destroy(): void
}

export interface StockSocket {
  readonly status: string
  destroy(): void
}

interface Major {
  readonly major: string
  readonly Socket: new (options: Record<string, unknown>) => StockSocket
  readonly Provider: new (options: Record<string, unknown>) => StockHocuspocus
}

export const hocuspocusMajors: readonly Major[] = [
  { major: '2', Socket: Socket2, Provider: Provider2 },
  { major: '3', Socket: Socket3, Provider: Provider3 },
  { major: '4', Socket: Socket4, Provider: Provider4 },
] as unknown as readonly Major[]

/** A browser's WebSocket that is given up while it opens makes no noise; the one of `ws` throws where nobody listens. */
class QuietWebSocket extends WebSocket {
  constructor(url: string) {
    super(url)
    this.on('error', () => undefined)
  }
}

/** One socket and the documents on it. */
export class HocuspocusApp implements Disposable {
  readonly socket: StockSocket
  readonly #major: Major
  readonly #providers: StockHocuspocus[] = []

  constructor(major: Major, url: string) {
    this.#major = major
    this.socket = new major.Socket({ url, WebSocketPolyfill: QuietWebSocket, delay: 100, minDelay: 50, maxDelay: 500 })
  }

  open(name: string, options: Record<string, unknown> = {}): StockHocuspocus {
    const { Provider } = this.#major
    const given = { broadcast: false, preserveConnection: true, ...options }
    const provider = new Provider({ name, websocketProvider: this.socket, document: new Y.Doc(), ...given })
    provider.attach?.()
    this.#providers.push(provider)
    return provider
  }

  [Symbol.dispose](): void {
    for (const provider of this.#providers) {
      provider.destroy()
      provider.document.destroy()
    }
    this.socket.destroy()
  }
}
