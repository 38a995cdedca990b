/** Tabs of one browser: each links to all that were there before, by itself or when the test says so. */
import type { AcceptLink, Transport } from '../src/ports/transport.ts'
import { MemoryTransport, type MemoryNetwork } from '../../test/doubles/memory-transport.ts'

export class TabTransport implements Transport {
  readonly schemes: readonly string[] = []
  readonly linksOwnInstances = true
  readonly #inner: MemoryTransport
  readonly #others: readonly string[]
  readonly #isLate: boolean
  #accept: AcceptLink | null = null

  /** `tabs`: addresses of all tabs of this browser; this one adds its own. */
  constructor(network: MemoryNetwork, tabs: string[], isLate = false) {
    const address = `tab ${tabs.length}`
    this.#inner = new MemoryTransport(network, address, 'tab')
    this.#others = [...tabs]
    this.#isLate = isLate
    tabs.push(address)
  }

  async listen(accept: AcceptLink): Promise<readonly string[]> {
    this.#accept = accept
    await this.#inner.listen(accept)
    if (!this.#isLate) this.meet()
    return []
  }

  /** Links to the tabs that were there before. */
  meet(): void {
    const accept = this.#accept
    if (accept === null) throw new Error('it does not listen yet')
    for (const other of this.#others) this.#inner.dial(other, accept, () => undefined)
  }

  dial(): () => void {
    throw new Error('nobody dials a tab')
  }

  [Symbol.asyncDispose](): PromiseLike<void> {
    return this.#inner[Symbol.asyncDispose]()
  }
}
