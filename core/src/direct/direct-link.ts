/** A link over one data channel: pieces, back-pressure, and a close with a code and a reason. */
import { utf8 } from '../bytes.ts'
import { limits } from '../limits.ts'
import type { RtcConnection } from '../ports/rtc.ts'
import type { Link, LinkReceiver } from '../ports/transport.ts'
import { closeCode } from '../wire/close-code.ts'
import { ChunkReassembly, chunksOf } from './chunks.ts'
import { closeFrame, readClose } from './close-frame.ts'

export class DirectLink implements Link {
  readonly transport = 'webrtc'
  readonly description: string
  readonly channelBinding: Uint8Array
  readonly #connection: RtcConnection
  readonly #reassembly = new ChunkReassembly()
  readonly #waiting: Uint8Array[] = []
  #waitingBytes = 0
  #receiver: LinkReceiver | null = null
  #isOver = false
  #closing: { readonly code: number; readonly reason: string } | null = null

  constructor(connection: RtcConnection, description: string) {
    this.#connection = connection
    this.description = description
    this.channelBinding = utf8(connection.fingerprints)
  }

  /** Whoever listens to this link, from now on. */
  bind(receiver: LinkReceiver): void {
    this.#receiver = receiver
  }

  get queuedBytes(): number {
    return this.#waitingBytes + this.#connection.queuedBytes
  }

  send(frame: Uint8Array): void {
    if (this.#isOver || this.#closing !== null) return
    this.#enqueue(frame)
  }

  #enqueue(frame: Uint8Array): void {
    for (const chunk of chunksOf(frame)) {
      this.#waiting.push(chunk)
      this.#waitingBytes += chunk.byteLength
    }
    this.pump()
  }

  /** Hands pieces to the channel while it takes them. */
  pump(): void {
    let count = 0
    for (const chunk of this.#waiting) {
      if (this.#connection.queuedBytes > limits.channelQueueBytes) break
      count++
      this.#waitingBytes -= chunk.byteLength
      this.#connection.send(chunk)
    }
    this.#waiting.splice(0, count)
  }

  received(chunk: Uint8Array): void {
    if (this.#isOver) return
    const frame = this.#reassembly.add(chunk)
    if (!frame.ok) return this.close(closeCode.garbage, frame.error)
    if (frame.value === null) return
    const close = readClose(frame.value)
    if (close === null) return this.#receiver?.received(frame.value)
    this.#closing ??= close
    this.#connection.close()
    this.ended('')
  }

  close(code: number, reason: string): void {
    if (this.#isOver || this.#closing !== null) return
    this.#closing = { code, reason }
    this.#enqueue(closeFrame(code, reason))
    // The other side closes the connection when it has read this; if it does not, its silence ends it there, too.
    this.ended('')
  }

  /** The connection is gone. */
  ended(why: string): void {
    if (this.#isOver) return
    this.#isOver = true
    const { code, reason } = this.#closing ?? { code: 1006, reason: why }
    this.#receiver?.closed(code, reason)
  }
}
