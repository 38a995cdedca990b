/** Ends links that were dialled for a document's sake once no document needs them (PROTOCOL.md [OV5]). */
import type { LinkId, Millis } from '../ids.ts'
import { limits } from '../limits.ts'
import type { Clock } from '../ports/clock.ts'
import { closeCode } from '../wire/close-code.ts'
import { Alarm } from './alarm.ts'
import type { LinkSet } from './link-set.ts'

export interface IdleLinksOptions {
  readonly clock: Clock
  readonly links: LinkSet
  /** Whether a document has both sides taking part. */
  readonly isNeeded: (link: LinkId) => boolean
}

export class IdleLinks {
  readonly #options: IdleLinksOptions
  readonly #since = new Map<LinkId, Millis>()
  readonly #alarm: Alarm

  constructor(options: IdleLinksOptions) {
    this.#options = options
    this.#alarm = new Alarm(options.clock, () => this.#woke())
  }

  /** It is new, or a document has left it: from now on it may be idle. */
  consider(link: LinkId): void {
    const { clock, links } = this.#options
    if (links.wasDialledOnce(link)) this.#since.set(link, clock.now())
    this.#setAlarm()
  }

  stop(): void {
    this.#alarm.stop()
  }

  #woke(): void {
    const { clock, links, isNeeded } = this.#options
    const now = clock.now()
    for (const [link, since] of this.#since) {
      if (!isNeeded(link) && now - since < limits.directIdleMs) continue
      this.#since.delete(link)
      if (!isNeeded(link)) links.get(link)?.close(closeCode.normal, 'no document is open at both ends any more')
    }
    this.#setAlarm()
  }

  #setAlarm(): void {
    const first = Math.min(...this.#since.values())
    this.#alarm.set(Number.isFinite(first) ? first + limits.directIdleMs : null)
  }
}
