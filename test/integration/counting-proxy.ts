/**
 * Stands between two peers on one WebSocket and reads along: every message with its direction, and every byte. Can cut
 * the connection.
 */
import { createServer, connect, type Server, type Socket } from 'node:net'
import { decodeMessage } from '../../core/src/wire/codec.ts'
import type { LinkMessage } from '../../core/src/wire/message.ts'

export type Direction = 'in' | 'out'

export interface Overheard {
  /** `out`: from the peer that was dialled. */
  readonly from: Direction
  readonly message: LinkMessage
  /** On the wire, with the WebSocket's own header. */
  readonly bytes: number
}

export class CountingProxy implements AsyncDisposable {
  readonly #server: Server
  readonly #sockets = new Set<Socket>()
  /** Of all connections so far, in order. */
  readonly heard: Overheard[] = []
  /** Called with each message before it is passed on; true cuts the connection instead. */
  cuts: (overheard: Overheard) => boolean = () => false
  connections = 0

  private constructor(port: number) {
    this.#server = createServer((near) => {
      this.connections++
      const far = connect(port, '127.0.0.1')
      const end = (): void => {
        near.destroy()
        far.destroy()
      }
      for (const socket of [near, far]) {
        this.#sockets.add(socket)
        socket.on('error', end)
        socket.on('close', end)
      }
      this.#carry(near, far, 'in')
      this.#carry(far, near, 'out')
    })
  }

  /** In front of whatever listens on that port of this machine. */
  static async before(port: number): Promise<CountingProxy> {
    const proxy = new CountingProxy(port)
    await new Promise<void>((resolve) => proxy.#server.listen(0, '127.0.0.1', resolve))
    return proxy
  }

  get address(): string {
    const address = this.#server.address()
    if (address === null || typeof address === 'string') throw new Error('the proxy does not listen')
    return `ws://127.0.0.1:${address.port}/peer`
  }

  #carry(source: Socket, sink: Socket, from: Direction): void {
    const frames = new FrameReader()
    source.on('data', (chunk: Buffer) => {
      for (const { payload, bytes } of frames.read(chunk)) {
        const decoded = decodeMessage(payload)
        if (!decoded.ok || decoded.value.type === 'skipped') continue
        const overheard = { from, message: decoded.value, bytes }
        this.heard.push(overheard)
        if (!this.cuts(overheard)) continue
        source.destroy()
        sink.destroy()
        return
      }
      sink.write(chunk)
    })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.#sockets) socket.destroy()
    await new Promise<void>((resolve) => void this.#server.close(() => resolve()))
  }
}

/** The binary frames of one direction of a WebSocket, after the HTTP that opens it. */
class FrameReader {
  #rest = Buffer.alloc(0)
  #isOpen = false

  #next(): { readonly payload: Uint8Array; readonly bytes: number; readonly isBinary: boolean } | null {
    const rest = this.#rest
    if (rest.length < 2) return null
    const short = rest.readUInt8(1) & 0x7f
    const lengthBytes = short === 126 ? 2 : short === 127 ? 8 : 0
    const isMasked = (rest.readUInt8(1) & 0x80) !== 0
    const head = 2 + lengthBytes + (isMasked ? 4 : 0)
    if (rest.length < head) return null
    const length = short === 126 ? rest.readUInt16BE(2) : short === 127 ? Number(rest.readBigUInt64BE(2)) : short
    if (rest.length < head + length) return null
    const payload = Uint8Array.from(rest.subarray(head, head + length))
    const mask = rest.subarray(head - 4, head)
    if (isMasked) for (let at = 0; at < length; at++) payload[at] = (payload[at] ?? 0) ^ (mask[at % 4] ?? 0)
    this.#rest = rest.subarray(head + length)
    return { payload, bytes: head + length, isBinary: (rest.readUInt8(0) & 0x0f) === 2 }
  }

  *read(chunk: Buffer): Generator<{ readonly payload: Uint8Array; readonly bytes: number }> {
    this.#rest = Buffer.concat([this.#rest, chunk])
    if (!this.#isOpen) {
      const end = this.#rest.indexOf('\r\n\r\n')
      if (end === -1) return
      this.#isOpen = true
      this.#rest = this.#rest.subarray(end + 4)
    }
    for (let frame = this.#next(); frame !== null; frame = this.#next()) if (frame.isBinary) yield frame
  }
}
