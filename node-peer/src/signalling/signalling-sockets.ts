/** Clients of y-webrtc's signalling: feeds what their sockets bring to the machine, and does what it says. */
import { closeCode, type Log } from '@knotwork/core'
import { WebSocket, type RawData } from 'ws'
import { clip } from '../transport/web-socket-link.ts'
import { signallingLimits } from './signalling-limits.ts'
import { SignallingMachine, type SignallingEffect, type SignallingEvent } from './signalling-machine.ts'

export class SignallingSockets {
  readonly #log: Log
  readonly #machine = new SignallingMachine<WebSocket>()
  readonly #addresses = new WeakMap<WebSocket, string>()
  #timer: NodeJS.Timeout | null = null

  constructor(log: Log) {
    this.#log = log
  }

  get count(): number {
    return this.#machine.socketCount
  }

  /** Takes an open socket. */
  add(socket: WebSocket, from: string): void {
    this.#addresses.set(socket, from)
    // A frame above the limit is an error of the socket, which closes it.
    socket.on('error', (error) => this.#log('debug', 'socketFailed', { link: from, why: error.message }))
    socket.on('message', (data: RawData, isBinary: boolean) => {
      this.#feed({ type: 'received', socket, text: isBinary ? null : textOf(data) })
    })
    socket.on('pong', () => this.#feed({ type: 'ponged', socket }))
    socket.once('close', () => this.#left(socket))
    this.#feed({ type: 'joined', socket })
    this.#timer ??= setInterval(() => this.#feed({ type: 'looked' }), signallingLimits.lookEveryMs)
  }

  #left(socket: WebSocket): void {
    this.#feed({ type: 'left', socket })
    if (this.#machine.socketCount > 0 || this.#timer === null) return
    clearInterval(this.#timer)
    this.#timer = null
  }

  #feed(event: SignallingEvent<WebSocket>): void {
    for (const effect of this.#machine.handle(event, performance.now())) this.#perform(effect)
  }

  #perform(effect: SignallingEffect<WebSocket>): void {
    switch (effect.type) {
      case 'send': {
        // Once for all: each socket would make its own bytes of a text.
        const bytes = Buffer.from(effect.text)
        for (const socket of effect.sockets) this.#send(socket, bytes)
        return
      }
      case 'ping':
        if (effect.socket.readyState === WebSocket.OPEN) effect.socket.ping()
        return
      case 'close':
        this.#close(effect.socket, effect.code, effect.reason)
    }
  }

  #send(socket: WebSocket, bytes: Buffer): void {
    if (socket.readyState !== WebSocket.OPEN) return
    if (socket.bufferedAmount + bytes.byteLength > signallingLimits.queueBytesMax) {
      this.#feed({ type: 'left', socket })
      this.#close(socket, closeCode.slow, 'you read too slowly')
      return
    }
    socket.send(bytes, { binary: false })
  }

  #close(socket: WebSocket, code: number, reason: string): void {
    this.#log('debug', 'signallingClosed', { from: this.#addresses.get(socket), code, why: reason })
    // What a flooder has sent meanwhile is not even parsed.
    socket.removeAllListeners('message')
    socket.close(code, clip(reason))
  }
}

function textOf(data: RawData): string {
  if (Array.isArray(data)) return Buffer.concat(data).toString()
  return Buffer.from(data as Buffer).toString()
}
