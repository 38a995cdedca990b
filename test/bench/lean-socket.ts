/**
 * The client's half of WebSocket with as little as possible around it: no masking work, no events, no copies. Hundreds
 * of readers fit into the process that makes the load without becoming what is measured.
 */
import { randomBytes } from 'node:crypto'
import { connect, type Socket } from 'node:net'

const opcode = { continuation: 0, binary: 2, close: 8, ping: 9, pong: 10 } as const
const endOfHeaders = Buffer.from('\r\n\r\n')

export interface LeanSocketOptions {
  readonly port: number
  readonly path: string
  /** A message; its bytes are only valid during the call. */
  readonly received: (message: Buffer, socket: LeanSocket) => void
}

export class LeanSocket {
  messagesIn = 0
  /** What came and went after the handshake, frames and all. */
  bytesIn = 0
  bytesOut = 0
  readonly #socket: Socket
  readonly #received: LeanSocketOptions['received']
  #rest: Buffer | null = null
  #fragments: Buffer[] = []
  #isOpen = false
  #isClosed = false

  private constructor(options: LeanSocketOptions) {
    this.#received = options.received
    this.#socket = connect({ host: '127.0.0.1', port: options.port, noDelay: true })
  }

  static open(options: LeanSocketOptions): Promise<LeanSocket> {
    const lean = new LeanSocket(options)
    const socket = lean.#socket
    return new Promise((resolve, reject) => {
      socket.on('error', reject)
      socket.on('close', () => {
        lean.#isClosed = true
        reject(new Error('closed'))
      })
      socket.on('data', (chunk: Buffer) => {
        lean.#read(chunk)
        if (lean.#isOpen) resolve(lean)
      })
      const headers = ['Host: 127.0.0.1', 'Upgrade: websocket', 'Connection: Upgrade', 'Sec-WebSocket-Version: 13']
      const key = `Sec-WebSocket-Key: ${randomBytes(16).toString('base64')}`
      socket.write([`GET ${options.path} HTTP/1.1`, ...headers, key, '', ''].join('\r\n'))
    })
  }

  get isClosed(): boolean {
    return this.#isClosed
  }

  send(message: Uint8Array): void {
    this.sendFrame(frameOf(message))
  }

  /** What `frameOf` has made, of one message or of many. */
  sendFrame(frame: Uint8Array): void {
    this.bytesOut += frame.byteLength
    this.#socket.write(frame)
  }

  close(): void {
    this.#isClosed = true
    this.#socket.destroy()
  }

  #read(chunk: Buffer): void {
    let bytes = this.#rest === null ? chunk : Buffer.concat([this.#rest, chunk])
    this.#rest = null
    if (!this.#isOpen) {
      const end = bytes.indexOf(endOfHeaders)
      if (end === -1) {
        this.#rest = bytes
        return
      }
      if (!bytes.subarray(0, end).toString('latin1').startsWith('HTTP/1.1 101')) {
        this.#socket.destroy(new Error(bytes.subarray(0, end).toString('latin1')))
        return
      }
      this.#isOpen = true
      bytes = bytes.subarray(end + endOfHeaders.byteLength)
      this.bytesIn = bytes.byteLength
    } else this.bytesIn += chunk.byteLength
    this.#frames(bytes)
  }

  #frames(bytes: Buffer): void {
    let at = 0
    while (bytes.byteLength - at >= 2) {
      const first = bytes[at] ?? 0
      let length = (bytes[at + 1] ?? 0) & 127
      let head = 2
      if (length === 126) {
        if (bytes.byteLength - at < 4) break
        length = bytes.readUInt16BE(at + 2)
        head = 4
      } else if (length === 127) {
        if (bytes.byteLength - at < 10) break
        length = Number(bytes.readBigUInt64BE(at + 2))
        head = 10
      }
      if (bytes.byteLength - at < head + length) break
      const payload = bytes.subarray(at + head, at + head + length)
      at += head + length
      this.#frame(first, payload)
    }
    if (at < bytes.byteLength) this.#rest = bytes.subarray(at)
  }

  #frame(first: number, payload: Buffer): void {
    const kind = first & 15
    if (kind === opcode.ping) return this.sendFrame(frameOf(payload, opcode.pong))
    if (kind === opcode.close || kind === opcode.pong) return
    const isLast = (first & 128) !== 0
    if (!isLast || kind === opcode.continuation) {
      this.#fragments.push(Buffer.from(payload))
      if (!isLast) return
      const whole = Buffer.concat(this.#fragments)
      this.#fragments = []
      return this.#message(whole)
    }
    this.#message(payload)
  }

  #message(message: Buffer): void {
    this.messagesIn++
    this.#received(message, this)
  }
}

/** A client's frame. The mask is zero, so the bytes stay as they are. */
export function frameOf(message: Uint8Array, kind: number = opcode.binary): Buffer {
  const { byteLength } = message
  const head = byteLength < 126 ? 2 : byteLength < 65_536 ? 4 : 10
  const frame = Buffer.alloc(head + 4 + byteLength)
  frame[0] = 128 | kind
  if (head === 2) frame[1] = 128 | byteLength
  else if (head === 4) {
    frame[1] = 128 | 126
    frame.writeUInt16BE(byteLength, 2)
  } else {
    frame[1] = 128 | 127
    frame.writeBigUInt64BE(BigInt(byteLength), 2)
  }
  frame.set(message, head + 4)
  return frame
}
