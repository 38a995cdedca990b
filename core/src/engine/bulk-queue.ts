/**
 * The parts of big messages, handed to a link only while it has little queued: keystrokes, presence and pings pass
 * between them, and a slow reader costs no more memory than the limit (PROTOCOL.md [TR8]). Messages of a document
 * that has bulk waiting queue behind it, because they build on it.
 */
import type { DocumentName } from '../ids.ts'
import { limits } from '../limits.ts'
import type { Clock } from '../ports/clock.ts'
import type { Link } from '../ports/transport.ts'

export interface BulkQueueOptions {
  readonly clock: Clock
  readonly link: Link
  readonly sent: (sizeBytes: number) => void
  /** The link has caught up after `watch`. */
  readonly drained: () => void
}

export class BulkQueue {
  readonly #options: BulkQueueOptions
  readonly #frames: { readonly name: DocumentName; readonly frame: Uint8Array }[] = []
  readonly #waiting = new Map<DocumentName, number>()
  #sizeBytes = 0
  #isWatching = false
  #cancel: (() => void) | null = null

  constructor(options: BulkQueueOptions) {
    this.#options = options
  }

  holds(name: DocumentName): boolean {
    return this.#waiting.has(name)
  }

  get isFull(): boolean {
    return this.#sizeBytes > limits.bulkWaitingBytesMax
  }

  add(name: DocumentName, frames: readonly Uint8Array[]): void {
    for (const frame of frames) {
      this.#frames.push({ name, frame })
      this.#sizeBytes += frame.byteLength
    }
    this.#waiting.set(name, (this.#waiting.get(name) ?? 0) + frames.length)
    this.#pump()
  }

  /** Something was dropped: say when the link has drained. */
  watch(): void {
    this.#isWatching = true
    this.#pump()
  }

  stop(): void {
    this.#cancel?.()
    this.#cancel = null
    this.#frames.length = 0
    this.#waiting.clear()
    this.#sizeBytes = 0
    this.#isWatching = false
  }

  #pump(): void {
    const { link, clock, sent, drained } = this.#options
    let count = 0
    for (const { name, frame } of this.#frames) {
      if (link.queuedBytes >= limits.bulkQueueBytes) break
      count++
      this.#sizeBytes -= frame.byteLength
      const left = (this.#waiting.get(name) ?? 1) - 1
      if (left === 0) this.#waiting.delete(name)
      else this.#waiting.set(name, left)
      sent(frame.byteLength)
      link.send(frame)
    }
    this.#frames.splice(0, count)
    if (this.#isWatching && this.#frames.length === 0 && link.queuedBytes <= limits.queueBytesDrained) {
      this.#isWatching = false
      drained()
    }
    if (this.#cancel !== null || (this.#frames.length === 0 && !this.#isWatching)) return
    this.#cancel = clock.setTimer(limits.bulkPollMs, () => {
      this.#cancel = null
      this.#pump()
    })
  }
}
