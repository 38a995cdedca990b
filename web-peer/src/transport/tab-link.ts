import type { AcceptLink, Link, LinkReceiver } from '@knotwork/core'
import { tightBytes } from '../plain-bytes.ts'
import type { TabId, TabMessage } from './tab-message.ts'

/** Arrived bytes are reported in steps of this, or a moment later, so that reports are few beside frames. */
const takenStepBytes = 64 * 1024
const takenAfterMs = 100

export interface TabLinkOptions {
  readonly self: TabId
  readonly other: TabId
  /** What both tabs call this link. */
  readonly number: number
  readonly post: (message: TabMessage) => void
  /** The link is over; called before the engine hears of it. */
  readonly ended: (link: TabLink) => void
}

/** A link to one other tab of this browser. */
export class TabLink implements Link {
  readonly description: string
  readonly transport = 'tab'
  readonly isDirect = true
  readonly number: number
  readonly other: TabId
  readonly #options: TabLinkOptions
  #receiver: LinkReceiver | null = null
  #isClosed = false
  #sentBytes = 0
  #takenBytes = 0
  #receivedBytes = 0
  #reportedBytes = 0
  #reporting: ReturnType<typeof setTimeout> | undefined

  constructor(options: TabLinkOptions) {
    this.#options = options
    this.number = options.number
    this.other = options.other
    this.description = `tab ${options.other.slice(0, 8)}`
  }

  /** Hands the link to the engine. */
  start(accept: AcceptLink): void {
    this.#receiver = accept(this)
  }

  /** What the other tab has not reported as arrived; a hidden or frozen tab reads nothing. */
  get queuedBytes(): number {
    return this.#isClosed ? 0 : this.#sentBytes - this.#takenBytes
  }

  send(frame: Uint8Array): void {
    if (this.#isClosed) return
    this.#sentBytes += frame.byteLength
    const { self: from, other: to, number: link, post } = this.#options
    post({ type: 'frame', from, to, link, bytes: tightBytes(frame) })
  }

  close(code: number, reason: string): void {
    if (this.#isClosed) return
    const { self: from, other: to, number: link, post } = this.#options
    post({ type: 'close', from, to, link, code, reason })
    this.end(code, reason)
  }

  received(frame: Uint8Array): void {
    if (this.#isClosed) return
    this.#receivedBytes += frame.byteLength
    if (this.#receivedBytes - this.#reportedBytes >= takenStepBytes) this.#report()
    else this.#reporting ??= setTimeout(() => this.#report(), takenAfterMs)
    this.#receiver?.received(frame)
  }

  #report(): void {
    clearTimeout(this.#reporting)
    this.#reporting = undefined
    this.#reportedBytes = this.#receivedBytes
    const { self: from, other: to, number: link, post } = this.#options
    post({ type: 'taken', from, to, link, bytes: this.#receivedBytes })
  }

  taken(bytes: number): void {
    this.#takenBytes = Math.max(this.#takenBytes, Math.min(bytes, this.#sentBytes))
  }

  /** Without a word to the other tab: it said so itself, or is gone. */
  end(code: number, reason: string): void {
    if (this.#isClosed) return
    this.#isClosed = true
    clearTimeout(this.#reporting)
    this.#options.ended(this)
    // Later: whoever closes is in the middle of something, and may not have got its link yet.
    queueMicrotask(() => this.#receiver?.closed(code, reason))
  }
}
