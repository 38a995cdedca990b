import { once } from 'node:events'
import { decodeYjs, encodeYjs } from '../../core/src/wire/yjs-wire.ts'
import { WebSocket } from 'ws'
import * as Y from 'yjs'

export interface Closed {
  readonly code: number
  readonly reason: string
}

/** Opens a WebSocket and resolves with why it was closed. */
export async function closeOf(url: string, headers: Readonly<Record<string, string>> = {}): Promise<Closed> {
  return closed(new WebSocket(url, { headers }))
}

export async function closed(socket: WebSocket): Promise<Closed> {
  socket.on('error', () => undefined)
  const [code, reason] = (await once(socket, 'close')) as [number, Buffer]
  return { code, reason: reason.toString() }
}

/** A document kept in sync over y-websocket's wire: the least that a client of it does. */
export class YjsClient implements Disposable {
  readonly doc = new Y.Doc()
  readonly socket: WebSocket

  constructor(url: string) {
    this.socket = new WebSocket(url)
    this.socket.on('error', () => undefined)
    this.socket.on('open', () => this.#send(encodeYjs({ type: 'step1', stateVector: Y.encodeStateVector(this.doc) })))
    this.socket.on('message', (data: Buffer) => this.#received(new Uint8Array(data)))
    this.doc.on('update', (update: Uint8Array, origin: unknown) => {
      if (origin !== this) this.#send(encodeYjs({ type: 'update', update }))
    })
  }

  get text(): string {
    return this.doc.getText('body').toString()
  }

  [Symbol.dispose](): void {
    this.socket.terminate()
    this.doc.destroy()
  }

  #send(frame: Uint8Array): void {
    if (this.socket.readyState === WebSocket.OPEN) this.socket.send(frame)
  }

  #received(frame: Uint8Array): void {
    const message = decodeYjs(frame)
    if (!message.ok) throw new Error(message.error)
    if (message.value.type === 'step1') {
      const update = Y.encodeStateAsUpdate(this.doc, message.value.stateVector)
      this.#send(encodeYjs({ type: 'step2', update }))
    } else if (message.value.type === 'step2' || message.value.type === 'update') {
      Y.applyUpdate(this.doc, message.value.update, this)
    }
  }
}
