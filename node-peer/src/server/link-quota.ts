import { limits } from '@knotwork/core'
import { isLoopback } from './access.ts'

/** Counts open sockets, so that one machine cannot take all places. Loopback has no limit of its own: proxies are there. */
export class LinkQuota {
  readonly #perAddress = new Map<string, number>()
  #total = 0

  /** A place for a link from `address`; null when there is none. Call what it returns once the link is closed. */
  take(address: string): (() => void) | null {
    const ofAddress = this.#perAddress.get(address) ?? 0
    if (this.#total >= limits.linksMax) return null
    if (ofAddress >= limits.linksPerAddressMax && !isLoopback(address)) return null
    this.#total++
    this.#perAddress.set(address, ofAddress + 1)
    return () => this.#giveBack(address)
  }

  #giveBack(address: string): void {
    this.#total--
    const left = (this.#perAddress.get(address) ?? 0) - 1
    if (left > 0) this.#perAddress.set(address, left)
    else this.#perAddress.delete(address)
  }
}
