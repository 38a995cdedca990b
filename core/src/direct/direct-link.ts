/** A link over one data channel: pieces, back-pressure, and a close with a code and a reason [TR13] [TR14]. */
import { utf8 } from '../bytes.ts'
import { limits } from '../limits.ts'
import type { Clock } from '../ports/clock.ts'
import type { RtcConnection } from '../ports/rtc.ts'
import type { Link, LinkReceiver } from '../ports/transport.ts'
import { closeCode } from '../wire/close-code.ts'
import { ChunkReassembly, chunksOf } from './chunks.ts'
import { closeFrame, readClose } from './close-frame.ts'

/** As a WebSocket calls it: nobody said anything, the connection broke. Never sent. */
const lost = 1006

export interface DirectLinkOptions {
  readonly connection: RtcConnection
  readonly clock: Clock
  readonly description: string
  /** The connection is closed; comes once, after the receiver has heard of it. */
  readonly over: () => void
}

interface Close {
  readonly code: number
  readonly reason: string
}

export class DirectLink implements Link {
  readonly transport = 'webrtc'
  readonly isDirect = true
  readonly description: string
  readonly channelBinding: Uint8Array
  readonly #options: DirectLinkOptions
  readonly #reassembly = new ChunkReassembly()
  #waiting: Uint8Array[] = []
  #waitingBytes = 0
  #receiver: LinkReceiver | null = null
  /** Said or heard: nothing is sent or delivered any more. */
  #close: Close | null = null
  #isOver = false
  #isPumping = false
  #cancelTimer: () => void = () => undefined

  constructor(options: DirectLinkOptions) {
    this.#options = options
    this.description = options.description
    this.channelBinding = utf8(options.connection.fingerprints)
  }

  /** Whoever listens to this link, from now on. */
  bind(receiver: LinkReceiver): void {
    this.#receiver = receiver
    // It may have been closed by the very call that made its receiver.
    if (this.#close !== null) receiver.closed(this.#close.code, this.#close.reason)
  }

  get isClosed(): boolean {
    return this.#close !== null
  }

  get queuedBytes(): number {
    return this.#close === null ? this.#waitingBytes + this.#options.connection.queuedBytes : 0
  }

  send(frame: Uint8Array): void {
    if (this.#close === null) this.#enqueue(frame)
  }

  close(code: number, reason: string): void {
    if (this.#close !== null) return
    this.#close = { code, reason }
    this.#enqueue(closeFrame(code, reason))
    this.#receiver?.closed(code, reason)
    // The other side closes the connection when it has read this; one that reads no more is not waited for.
    if (!this.#isOver) this.#giveUpLater()
  }

  /** Closes, and does not wait until the other side has read why. */
  leave(code: number, reason: string): void {
    this.close(code, reason)
    this.#end()
  }

  // --- from the connection -------------------------------------------------------------------------------------------

  /** Hands pieces to the channel while it takes them. */
  pump(): void {
    // A channel may say that it has drained while it is being given something.
    if (this.#isPumping) return
    this.#isPumping = true
    const { connection } = this.#options
    let count = 0
    for (const chunk of this.#waiting) {
      if (this.#isOver || connection.queuedBytes > limits.channelQueueBytes) break
      count++
      this.#waitingBytes -= chunk.byteLength
      connection.send(chunk)
    }
    this.#isPumping = false
    if (count === 0) return
    this.#waiting = this.#waiting.slice(count)
    if (this.#close !== null && !this.#isOver) this.#giveUpLater()
  }

  received(chunk: Uint8Array): void {
    if (this.#isOver) return
    const frame = this.#reassembly.add(chunk)
    if (!frame.ok) return this.close(closeCode.garbage, frame.error)
    if (frame.value === null) return
    const close = readClose(frame.value)
    if (close !== null) {
      this.#closed(close)
      return this.#end()
    }
    if (this.#close === null) this.#receiver?.received(frame.value)
  }

  /** The connection is gone. */
  ended(why: string): void {
    this.#closed({ code: lost, reason: why })
    this.#end()
  }

  // --- steps ---------------------------------------------------------------------------------------------------------

  #enqueue(frame: Uint8Array): void {
    for (const chunk of chunksOf(frame)) {
      this.#waiting.push(chunk)
      this.#waitingBytes += chunk.byteLength
    }
    this.pump()
  }

  #closed(close: Close): void {
    if (this.#close !== null) return
    this.#close = close
    this.#receiver?.closed(close.code, close.reason)
  }

  #giveUpLater(): void {
    this.#cancelTimer()
    this.#cancelTimer = this.#options.clock.setTimer(limits.channelCloseMs, () => this.#end())
  }

  #end(): void {
    if (this.#isOver) return
    this.#isOver = true
    this.#cancelTimer()
    this.#waiting = []
    this.#options.connection.close()
    this.#options.over()
  }
}
