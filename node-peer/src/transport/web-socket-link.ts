/** A WebSocket of the `ws` package as a Link: binary frames, each handed on as bytes of its own. */
import { closeCode, limits, messageOf, type AcceptLink, type Link, type LinkReceiver, type Log } from '@knotwork/core'
import type { Duplex } from 'node:stream'
import { WebSocket, type RawData } from 'ws'
import { writeServerFrame } from './server-frame.ts'

/** Our own receiver failed on a frame: a fault of this program, not of the other side. RFC 6455, 7.4.1. */
const internalError = 1011
/** `ws` reports these when no close frame came; they cannot be sent. */
const withoutStatus = 1005

export interface WebSocketLinkOptions {
  /** For people: an address without its query. */
  readonly description: string
  readonly log: Log
  /** What is below a socket that a server has accepted: frames are written to it as they are, past `ws`. */
  readonly stream?: Duplex | undefined
}

export class WebSocketLink implements Link {
  readonly description: string
  readonly transport = 'websocket'
  readonly #socket: WebSocket
  readonly #log: Log
  readonly #stream: Duplex | undefined
  /** What ends the link, said by whoever came first: us, or an error of the socket. */
  #ending: { readonly code: number; readonly reason: string } | null = null
  #lastSentAt = performance.now()

  private constructor(socket: WebSocket, options: WebSocketLinkOptions) {
    this.#socket = socket
    this.#log = options.log
    this.#stream = options.stream
    this.description = options.description
  }

  /** Hands an open socket to `accept`. */
  static over(socket: WebSocket, options: WebSocketLinkOptions, accept: AcceptLink): WebSocketLink {
    const link = new WebSocketLink(socket, options)
    // First of all: a socket without this listener would end the process with its first error.
    socket.on('error', (error) => link.#failed(error))
    link.#listen(accept(link))
    return link
  }

  get queuedBytes(): number {
    return this.#socket.readyState === WebSocket.CLOSED ? 0 : this.#socket.bufferedAmount
  }

  /** On the clock of `performance.now`. */
  get lastSentAt(): number {
    return this.#lastSentAt
  }

  get isOpen(): boolean {
    return this.#ending === null && this.#socket.readyState === WebSocket.OPEN
  }

  send(frame: Uint8Array): void {
    // `ws` counts what is sent on a closed socket as queued for ever.
    if (!this.isOpen) return
    this.#lastSentAt = performance.now()
    if (this.#stream === undefined) this.#socket.send(frame)
    else writeServerFrame(this.#stream, frame)
  }

  close(code: number, reason: string): void {
    if (this.#ending !== null) return
    const clipped = clip(reason)
    this.#ending = { code, reason: clipped }
    try {
      this.#socket.close(code, clipped)
    } catch (thrown) {
      // A code that may not be sent.
      this.#log('error', 'closeFailed', { code, why: messageOf(thrown) })
      this.#socket.terminate()
    }
  }

  #listen(receiver: LinkReceiver): void {
    this.#socket.on('message', (data: RawData, isBinary: boolean) => {
      // Frames of the same packet are still handed out after a close.
      if (this.#ending === null) this.#received(data, isBinary, receiver)
    })
    this.#socket.on('close', (code, reason) => {
      const ended = this.#ending ?? endedBy(code, reason)
      this.#ending = ended
      receiver.closed(ended.code, ended.reason)
    })
  }

  #received(data: RawData, isBinary: boolean, receiver: LinkReceiver): void {
    if (!isBinary) {
      this.close(closeCode.garbage, 'a text frame, where only binary ones are spoken')
      return
    }
    try {
      receiver.received(bytesOf(data))
    } catch (thrown) {
      this.#log('error', 'receiverFailed', { link: this.description, why: messageOf(thrown) })
      this.close(internalError, 'this peer failed on a frame')
    }
  }

  #failed(error: Error): void {
    this.#log('debug', 'socketFailed', { link: this.description, why: error.message })
    this.#ending ??= { code: 1006, reason: clip(error.message) }
  }
}

/** A copy of its own: `ws` hands out views on the packet, which would keep all of that in memory. */
function bytesOf(data: RawData): Uint8Array {
  if (Array.isArray(data)) return new Uint8Array(Buffer.concat(data))
  return new Uint8Array(data)
}

function endedBy(code: number, reason: Uint8Array): { readonly code: number; readonly reason: string } {
  const text = new TextDecoder().decode(reason)
  if (text !== '') return { code, reason: text }
  return { code, reason: code >= withoutStatus && code <= 1006 ? 'the connection was lost' : '' }
}

/** A reason must fit its frame, and not end in half a character. */
export function clip(reason: string): string {
  const bytes = new TextEncoder().encode(reason)
  if (bytes.byteLength <= limits.closeReasonBytesMax) return reason
  return new TextDecoder().decode(bytes.subarray(0, limits.closeReasonBytesMax), { stream: true })
}
