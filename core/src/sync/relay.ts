/** What goes to all who take part: news of others as it came, and edits made here (PROTOCOL.md, BR). */
import type { LinkId } from '../ids.ts'
import { limits } from '../limits.ts'
import { ownLimits } from '../replica/compaction.ts'
import { inspect } from '../replica/gate.ts'
import type { Merged } from '../replica/merged.ts'
import type { Replica } from '../replica/replica.ts'
import type { LazyPush } from './lazy-push.ts'
import type { LogWatermark } from './log-watermark.ts'
import type { Outbox } from './outbox.ts'

export interface RelayOptions {
  readonly replica: Replica
  readonly log: LogWatermark
  readonly outbox: Outbox
  /** Number of the last edit made here. */
  readonly edits: () => number
}

export class Relay {
  readonly #options: RelayOptions
  readonly #lazyPush: LazyPush

  constructor(options: RelayOptions, lazyPush: LazyPush) {
    this.#options = options
    this.#lazyPush = lazyPush
  }

  /** [BR1] Passes an update's bytes on as they came, to everybody but where it came from. */
  passOn(
    update: Uint8Array,
    merged: Extract<Merged, { type: 'news' }>,
    { link: from, reach }: { readonly link: LinkId | null; readonly reach?: number | undefined },
  ): void {
    const { log, outbox, edits, replica } = this.#options
    const { from: start, to, hasDeletes } = merged.inspection
    const isBig = update.byteLength > limits.forwardBytesMax
    const audience = isBig ? 'edges' : 'all'
    const isAnnounced = !isBig && this.#lazyPush.announce(update, merged.inspection, { mark: log.written, from })
    outbox.push({
      type: 'broadcast',
      mark: log.written,
      update,
      except: from,
      from: start,
      to,
      hasDeletes,
      edits: edits(),
      audience,
      isAnnounced,
      ...(reach === undefined ? {} : { reach }),
    })
    if (isBig) outbox.push({ type: 'announce', mark: log.written, have: replica.have(), except: from })
  }

  /** An edit made here goes out like any other update; `mark` is its own place in the log. */
  sendEdit(update: Uint8Array, mark: number): void {
    const { log, outbox, edits, replica } = this.#options
    const inspected = inspect(update, ownLimits)
    if (!inspected.ok) return
    const { from, to, hasDeletes } = inspected.value
    const isBig = update.byteLength > limits.forwardBytesMax
    const audience = isBig ? 'edges' : 'all'
    const made = { mark, update, from, to, hasDeletes, edits: edits() }
    outbox.hold({ type: 'broadcast', except: null, audience, isAnnounced: false, ...made })
    if (isBig) outbox.push({ type: 'announce', mark: log.written, have: replica.have(), except: null })
  }
}
