/** The transport's end of a link, in the hands of the test. */
import type { Link } from '../src/ports/transport.ts'

export class FakeLink implements Link {
  readonly description: string
  readonly transport = 'fake'
  readonly frames: Uint8Array[] = []
  closedWith: { readonly code: number; readonly reason: string } | null = null
  /** What the other side has not taken; a test may say so. */
  queuedBytes = 0
  /** Whether what is sent counts as queued until `drain`. */
  isStuck = false

  constructor(description = 'fake link') {
    this.description = description
  }

  send(frame: Uint8Array): void {
    if (this.closedWith !== null) return
    this.frames.push(frame)
    if (this.isStuck) this.queuedBytes += frame.byteLength
  }

  close(code: number, reason: string): void {
    this.closedWith ??= { code, reason }
  }

  drain(): void {
    this.queuedBytes = 0
  }
}
