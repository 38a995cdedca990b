/** Bugs in how a peer keeps its links, and in who it says it is. */
import type { AcceptLink, LinkReceiver, Transport } from '@knotwork/core'
import { encodeMessage } from '../../../core/src/wire/codec.ts'
import type { Life } from '../world/life.ts'
import type { PlantedBug } from './planted-bug.ts'

/** Never dials an address again that it was once linked to. */
class ForgettingTransport implements Transport {
  readonly schemes: readonly string[]
  readonly #inner: Transport
  readonly #linked = new Set<string>()

  constructor(inner: Transport) {
    this.#inner = inner
    this.schemes = inner.schemes
  }

  listen(accept: AcceptLink): Promise<readonly string[]> {
    return this.#inner.listen(accept)
  }

  dial(address: string, accept: AcceptLink, failed: (why: string) => void): () => void {
    if (this.#linked.has(address)) return () => undefined
    const noting: AcceptLink = (link) => {
      this.#linked.add(address)
      return accept(link)
    }
    return this.#inner.dial(address, noting, failed)
  }

  [Symbol.asyncDispose](): PromiseLike<void> {
    return this.#inner[Symbol.asyncDispose]()
  }
}

/** Does not notice that a link has ended, and believes that it still hears pongs. */
class DreamingTransport implements Transport {
  readonly schemes: readonly string[]
  readonly #inner: Transport
  readonly #life: Life

  constructor(inner: Transport, life: Life) {
    this.#inner = inner
    this.#life = life
    this.schemes = inner.schemes
  }

  listen(accept: AcceptLink): Promise<readonly string[]> {
    return this.#inner.listen(this.#dreaming(accept))
  }

  dial(address: string, accept: AcceptLink, failed: (why: string) => void): () => void {
    return this.#inner.dial(address, this.#dreaming(accept), failed)
  }

  #dreaming(accept: AcceptLink): AcceptLink {
    return (link) => {
      const receiver = accept(link)
      return { received: (frame) => receiver.received(frame), closed: () => this.#dream(receiver) }
    }
  }

  #dream(receiver: LinkReceiver): void {
    receiver.received(encodeMessage({ type: 'pong', stamp: 0 }))
    this.#life.after(1_000, () => this.#dream(receiver))
  }

  [Symbol.asyncDispose](): PromiseLike<void> {
    return this.#inner[Symbol.asyncDispose]()
  }
}

export const linkBugs: readonly PlantedBug[] = [
  {
    name: 'forget-a-link',
    what: 'does not dial again after a link was lost',
    plant: () => ({ graft: { transport: (transport) => new ForgettingTransport(transport) } }),
    caughtBy: ['converged', 'status-at-rest'],
    seeds: [4, 7],
  },
  {
    name: 'dream-of-a-link',
    what: 'does not notice the end of a link and goes on calling itself live',
    plant: () => ({ graft: { transport: (transport, life) => new DreamingTransport(transport, life) } }),
    caughtBy: ['status-true', 'converged'],
    seeds: [14, 7],
  },
  {
    name: 'reuse-client-ids',
    what: 'takes the same client id after every start',
    plant: () => ({ graft: { freshClientId: (machine) => 1_000 + machine } }),
    caughtBy: ['converged', 'nothing-lost', 'prompt', 'presence-true'],
    seeds: [4, 6],
  },
]
