/** Links within one process: frames are delivered in later microtasks, in order, without loss. */
import type { AcceptLink, Link, LinkReceiver, Transport } from '@knotwork/core'

/** Who listens at which `memory://` address. */
export class MemoryNetwork {
  readonly #listening = new Map<string, AcceptLink>()

  listen(address: string, accept: AcceptLink): () => void {
    this.#listening.set(address, accept)
    return () => void this.#listening.delete(address)
  }

  acceptorAt(address: string): AcceptLink | undefined {
    return this.#listening.get(address)
  }
}

export class MemoryTransport implements Transport {
  readonly schemes = ['memory']
  readonly #network: MemoryNetwork
  readonly #address: string
  /** What its links call themselves. */
  readonly #kind: string
  readonly #links = new Set<MemoryLink>()
  #stopListening: () => void = () => undefined

  constructor(network: MemoryNetwork, address: string, kind = 'memory') {
    this.#network = network
    this.#address = address
    this.#kind = kind
  }

  dial(address: string, accept: AcceptLink, failed: (why: string) => void): () => void {
    let isAborted = false
    queueMicrotask(() => {
      if (isAborted) return
      const acceptThere = this.#network.acceptorAt(address)
      if (acceptThere === undefined) {
        failed(`nobody listens at ${address}`)
        return
      }
      const [here, there] = MemoryLink.pair(this.#kind, address, `from ${this.#address}`)
      this.#links.add(here)
      here.opened(accept(here))
      there.opened(acceptThere(there))
    })
    return () => {
      isAborted = true
    }
  }

  listen(accept: AcceptLink): Promise<readonly string[]> {
    this.#stopListening = this.#network.listen(this.#address, (link) => {
      if (link instanceof MemoryLink) this.#links.add(link)
      return accept(link)
    })
    return Promise.resolve([this.#address])
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stopListening()
    for (const link of this.#links) link.close(1001, 'the transport was closed')
    await Promise.resolve()
  }
}

type Delivery =
  | { readonly type: 'frame'; readonly frame: Uint8Array }
  | { readonly type: 'close'; readonly code: number; readonly reason: string }

class MemoryLink implements Link {
  readonly description: string
  readonly transport: string
  #far: MemoryLink | null = null
  #receiver: LinkReceiver | null = null
  /** On the way to this end. */
  readonly #arriving: Delivery[] = []
  #isDelivering = false
  /** Set by the first close at either end: nothing is sent from here any more. */
  #isClosing = false
  #isClosed = false
  #queuedBytes = 0

  private constructor(kind: string, description: string) {
    this.transport = kind
    this.description = description
  }

  static pair(kind: string, describedHere: string, describedThere: string): readonly [MemoryLink, MemoryLink] {
    const [here, there] = [new MemoryLink(kind, describedHere), new MemoryLink(kind, describedThere)]
    here.#far = there
    there.#far = here
    return [here, there]
  }

  get queuedBytes(): number {
    return this.#queuedBytes
  }

  opened(receiver: LinkReceiver): void {
    this.#receiver = receiver
    this.#deliverSoon()
  }

  send(frame: Uint8Array): void {
    if (this.#isClosing || this.#far === null) return
    this.#queuedBytes += frame.byteLength
    this.#far.#arrive({ type: 'frame', frame: frame.slice() })
  }

  close(code: number, reason: string): void {
    if (this.#isClosing) return
    this.#isClosing = true
    const close: Delivery = { type: 'close', code, reason }
    this.#arriving.length = 0
    if (this.#far !== null) this.#far.#arrive(close)
    this.#arrive(close)
  }

  #arrive(delivery: Delivery): void {
    this.#arriving.push(delivery)
    this.#deliverSoon()
  }

  #deliverSoon(): void {
    if (this.#isDelivering || this.#receiver === null) return
    this.#isDelivering = true
    queueMicrotask(() => {
      this.#isDelivering = false
      const delivery = this.#arriving.shift()
      if (delivery === undefined || this.#receiver === null || this.#isClosed) return
      this.#deliver(delivery, this.#receiver)
      this.#deliverSoon()
    })
  }

  #deliver(delivery: Delivery, receiver: LinkReceiver): void {
    if (delivery.type === 'close') {
      this.#isClosing = true
      this.#isClosed = true
      this.#queuedBytes = 0
      receiver.closed(delivery.code, delivery.reason)
    } else {
      if (this.#far !== null) this.#far.#queuedBytes -= delivery.frame.byteLength
      receiver.received(delivery.frame)
    }
  }
}
