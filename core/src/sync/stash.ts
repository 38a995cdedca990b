/** Events that need the document while its log is still being read, in order and within limits. */
import type { LinkId } from '../ids.ts'
import { limits } from '../limits.ts'
import type { SyncEvent } from './sync-events.ts'

export class Stash {
  #events: SyncEvent[] = []
  #sizeBytes = 0

  get isEmpty(): boolean {
    return this.#events.length === 0
  }

  /** False when there is no room; requests of the own app and joins always have room. */
  add(event: SyncEvent): boolean {
    const sizeBytes = event.type === 'received' ? sizeOf(event) : 0
    if (event.type === 'received') {
      const isFull =
        this.#events.length >= limits.stashedMessagesMax || this.#sizeBytes + sizeBytes > limits.stashedBytesMax
      if (isFull) return false
    }
    this.#events.push(event)
    this.#sizeBytes += sizeBytes
    return true
  }

  take(): readonly SyncEvent[] {
    const events = this.#events
    this.#events = []
    this.#sizeBytes = 0
    return events
  }

  /**
   * The log could not be read: takes out what cannot wait until it can, and keeps the rest. Neighbours that are declined
   * will not ask again: they are invited when the log could be read after all.
   */
  failed(): { readonly joined: readonly LinkId[]; readonly requests: readonly number[] } {
    const joined: LinkId[] = []
    const requests: number[] = []
    for (const event of this.take()) {
      if (event.type === 'joined') joined.push(event.link)
      if (event.type === 'offered' || event.type === 'asked') requests.push(event.request)
      if (event.type === 'invited') this.add(event)
      if (event.type === 'joined') this.add({ type: 'invited', link: event.link, traits: event.traits })
    }
    return { joined, requests }
  }

  /** Drops what a lost link said. */
  forget(link: LinkId): void {
    const kept = this.#events.filter((event) => !('link' in event) || event.link !== link)
    this.#events = kept
    this.#sizeBytes = kept.reduce((sum, event) => sum + (event.type === 'received' ? sizeOf(event) : 0), 0)
  }
}

function sizeOf(event: Extract<SyncEvent, { type: 'received' }>): number {
  const { message } = event
  if (message.type === 'updates') return message.updates.reduce((sum, update) => sum + update.byteLength, 0)
  if (message.type === 'missing') return message.update.byteLength
  if (message.type === 'have') return message.have.stateVector.byteLength
  return 0
}
