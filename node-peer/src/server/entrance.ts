/** A client that is let in once the app has answered who it is. What it says meanwhile waits. */
import { closeCode, limits, type Link, type LinkReceiver, type Peer } from '@knotwork/core'
import type { Visit } from '../hooks/hooks.ts'
import type { Visitors } from '../hooks/visitors.ts'

export interface EntranceOptions {
  readonly peer: Peer
  readonly visitors: Visitors
  readonly visit: Visit
  /** The document's. */
  readonly name: string
}

export class Entrance implements LinkReceiver {
  readonly #link: Link
  readonly #options: EntranceOptions
  #inside: LinkReceiver | null = null
  #leave: (() => void) | null = null
  #waiting: Uint8Array[] = []
  #waitingBytes = 0
  #isOver = false

  constructor(link: Link, options: EntranceOptions) {
    this.#link = link
    this.#options = options
    void this.#admit()
  }

  received(frame: Uint8Array): void {
    if (this.#inside !== null) return this.#inside.received(frame)
    this.#waiting.push(frame)
    this.#waitingBytes += frame.byteLength
    const isTooMuch = this.#waiting.length > limits.earlyFramesMax || this.#waitingBytes > limits.messageBytesMax
    if (isTooMuch) this.#link.close(closeCode.garbage, 'too much before it was known who you are')
  }

  closed(code: number, reason: string): void {
    this.#isOver = true
    this.#waiting = []
    this.#inside?.closed(code, reason)
    this.#leave?.()
  }

  async #admit(): Promise<void> {
    const { peer, visitors, visit, name } = this.#options
    const permission = await visitors.permissionOf(visit)
    if (this.#isOver) return
    if (permission === 'refused') {
      const code = visit.token === null ? closeCode.token : closeCode.forbidden
      this.#link.close(code, 'you may not have this document')
      return
    }
    this.#leave = visitors.entered(visit, permission, (code, reason) => this.#link.close(code, reason))
    this.#inside = peer.attachYjs(name, this.#link, { isReadOnly: permission === 'readonly' })
    for (const frame of this.#waiting.splice(0)) this.#inside.received(frame)
  }
}
