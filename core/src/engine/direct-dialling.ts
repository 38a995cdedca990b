/**
 * Which peers to link directly (PROTOCOL.md [ME5], [ME6]): others in the documents this app has open, until there are
 * enough. Peers that keep, and every other neighbour, name the members they know.
 */
import { addressBytes, peerAddress, type PeerAddress } from '../ids.ts'
import { limits } from '../limits.ts'
import type { Millis } from '../ids.ts'
import type { AddressBytes } from '../wire/message.ts'

export interface DirectDiallingOptions {
  readonly own: AddressBytes
  readonly isLinked: (address: AddressBytes) => boolean
  /** Direct links there are, and dials under way. */
  readonly count: () => number
  readonly dial: (address: PeerAddress, failed: () => void) => void
}

export class DirectDialling {
  readonly #options: DirectDiallingOptions
  readonly #own: PeerAddress
  /** Those that could not be reached, until when they are left alone. */
  readonly #resting = new Map<PeerAddress, Millis>()
  readonly #underway = new Set<PeerAddress>()
  #askedAt: Millis | null = null

  constructor(options: DirectDiallingOptions) {
    this.#options = options
    this.#own = peerAddress(options.own)
  }

  /** Somebody named these. */
  heard(members: readonly AddressBytes[], now: Millis): void {
    for (const [address, until] of this.#resting) if (until <= now) this.#resting.delete(address)
    for (const bytes of members) {
      const address = peerAddress(bytes)
      if (!this.wantsMore) return
      if (address === this.#own || addressBytes(address) === null || this.#options.isLinked(bytes)) continue
      if (this.#underway.has(address) || this.#resting.has(address)) continue
      this.#underway.add(address)
      this.#options.dial(address, () => {
        this.#underway.delete(address)
        this.#resting.set(address, now + limits.directRetryMs)
      })
    }
  }

  /** That dial has become a link. */
  linked(address: AddressBytes): void {
    this.#underway.delete(peerAddress(address))
  }

  get wantsMore(): boolean {
    return this.#options.count() + this.#underway.size < limits.directLinksWanted
  }

  /** Whether it is time to ask who else is there. */
  shouldAsk(now: Millis): boolean {
    if (!this.wantsMore || (this.#askedAt !== null && now - this.#askedAt < limits.membersQueryMs)) return false
    this.#askedAt = now
    return true
  }
}
