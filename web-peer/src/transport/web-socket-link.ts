import { closeCode, type AcceptLink, type Link, type LinkReceiver } from '@knotwork/core'
import { plainBytes } from '../plain-bytes.ts'

/** One open WebSocket as a link. */
export class WebSocketLink implements Link {
  readonly description: string
  readonly transport = 'websocket'
  readonly #socket: WebSocket
  readonly #ended: () => void
  #receiver: LinkReceiver | null = null
  #isClosed = false

  constructor(socket: WebSocket, address: string, ended: () => void) {
    this.#socket = socket
    this.description = withoutSecrets(address)
    this.#ended = ended
  }

  /** Hands the link to the engine, and its frames from now on. */
  start(accept: AcceptLink): void {
    this.#receiver = accept(this)
    this.#socket.addEventListener('message', ({ data }: MessageEvent<unknown>) => {
      if (this.#isClosed) return
      if (data instanceof ArrayBuffer) this.#receiver?.received(new Uint8Array(data))
      else this.close(closeCode.garbage, 'a text frame; this protocol is binary')
    })
    this.#socket.addEventListener('close', ({ code, reason }) => this.#end(code, reason))
  }

  get queuedBytes(): number {
    return this.#isClosed ? 0 : this.#socket.bufferedAmount
  }

  send(frame: Uint8Array): void {
    if (!this.#isClosed && this.#socket.readyState === WebSocket.OPEN) this.#socket.send(plainBytes(frame))
  }

  close(code: number, reason: string): void {
    if (this.#isClosed) return
    // Pages may close with 1000 and 3000 to 4999 only.
    this.#socket.close(code >= 3000 && code <= 4999 ? code : 1000, reason)
    this.#end(code, reason)
  }

  /** Does not wait for the other side's answer to a close: one that is dead would keep the link for a minute. */
  #end(code: number, reason: string): void {
    if (this.#isClosed) return
    this.#isClosed = true
    this.#ended()
    // Later: whoever closes is in the middle of something, and may not have got its link yet.
    queueMicrotask(() => this.#receiver?.closed(code, reason))
  }
}

/** An address as people may see it: some put a token into its query. */
function withoutSecrets(address: string): string {
  const url = new URL(address)
  return `${url.protocol}//${url.host}${url.pathname}`
}
