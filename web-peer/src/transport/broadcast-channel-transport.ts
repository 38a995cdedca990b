/**
 * Links between the tabs of one browser, without any network (PROTOCOL.md [TR10]): every tab has a random id, says that
 * it is here, and each pair gets exactly one link, opened by the lesser id. A tab that dies without a word is noticed
 * by the engine's pings; a pair without a link finds together again by the greetings that every tab repeats.
 */
import { closeCode, type AcceptLink, type Random, type Transport } from '@knotwork/core'
import { TabLink } from './tab-link.ts'
import { parseTabMessage, type TabId, type TabMessage } from './tab-message.ts'

export interface BroadcastChannelOptions {
  readonly random: Random
  /** Only tabs on the same channel link to each other. Default: `knotwork`. */
  readonly channel?: string
  /** How often a tab says that it is here: mends a pair that lost its link before anybody wonders. Default: 5 s. */
  readonly greetEveryMs?: number
}

export class BroadcastChannelTransport implements Transport {
  readonly schemes: readonly string[] = []
  readonly linksOwnInstances = true
  readonly #channelName: string
  readonly #self: TabId
  readonly #greetEveryMs: number
  readonly #links = new Map<TabId, TabLink>()
  #accept: AcceptLink | null = null
  #channel: BroadcastChannel | null = null
  #greeting: ReturnType<typeof setInterval> | undefined
  readonly #disposed = new AbortController()
  #linkCount = 0

  constructor({ random, channel = 'knotwork', greetEveryMs = 5_000 }: BroadcastChannelOptions) {
    this.#greetEveryMs = greetEveryMs
    this.#channelName = channel
    this.#self = Array.from(random.bytes(16), (byte) => byte.toString(16).padStart(2, '0')).join('')
  }

  dial(address: string, _accept: AcceptLink, failed: (why: string) => void): () => void {
    let isAborted = false
    queueMicrotask(() => {
      if (!isAborted) failed(`tabs find each other by themselves, ${address} cannot be dialled`)
    })
    return () => {
      isAborted = true
    }
  }

  async listen(accept: AcceptLink): Promise<readonly string[]> {
    this.#accept = accept
    this.#wake()
    // A hidden page may never come back, or come back from the browser's cache as if nothing had happened.
    if (typeof window !== 'undefined') {
      window.addEventListener('pagehide', () => this.#leave(), { signal: this.#disposed.signal })
      window.addEventListener('pageshow', () => this.#wake(), { signal: this.#disposed.signal })
      // Hidden tabs hardly get any time and may have lost each other.
      document.addEventListener('visibilitychange', () => this.#greet(), { signal: this.#disposed.signal })
    }
    return []
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#disposed.abort()
    this.#leave()
    this.#accept = null
  }

  #wake(): void {
    if (this.#accept === null || this.#channel !== null) return
    const channel = new BroadcastChannel(this.#channelName)
    channel.addEventListener('message', ({ data }: MessageEvent<unknown>) => {
      const message = parseTabMessage(data)
      if (message !== null && message.from !== this.#self) this.#received(message)
    })
    this.#channel = channel
    this.#greeting = setInterval(() => this.#greet(), this.#greetEveryMs)
    this.#greet()
  }

  /** Says to all tabs that this one is here; those without a link to it get one. */
  #greet(): void {
    this.#post({ type: 'here', from: this.#self, to: null })
  }

  /** Leaves the channel and ends every link, so that the others need not wait for silence. */
  #leave(): void {
    clearInterval(this.#greeting)
    this.#post({ type: 'bye', from: this.#self })
    for (const link of [...this.#links.values()]) link.end(closeCode.goingAway, 'this tab is leaving')
    this.#channel?.close()
    this.#channel = null
  }

  #post(message: TabMessage): void {
    this.#channel?.postMessage(message)
  }

  #received(message: TabMessage): void {
    if (message.type === 'bye') {
      this.#links.get(message.from)?.end(closeCode.goingAway, 'the other tab has left')
      return
    }
    if (message.to !== null && message.to !== this.#self) return
    if (message.type === 'here') this.#hereFrom(message.from)
    else if (message.type === 'open') this.#openedBy(message.from, message.link)
    else this.#forLink(message)
  }

  #hereFrom(other: TabId): void {
    if (this.#links.has(other)) return
    if (this.#self > other) {
      // It opens the link once it knows of us.
      this.#post({ type: 'here', from: this.#self, to: other })
      return
    }
    this.#linkCount++
    this.#post({ type: 'open', from: this.#self, to: other, link: this.#linkCount })
    this.#start(other, this.#linkCount)
  }

  #openedBy(other: TabId, number: number): void {
    if (this.#self < other) return
    // It opens only when it has none: ours is a leftover.
    this.#links.get(other)?.end(closeCode.goingAway, 'the other tab has opened a new link')
    this.#start(other, number)
  }

  #forLink(message: Extract<TabMessage, { type: 'frame' | 'taken' | 'close' }>): void {
    const link = this.#links.get(message.from)
    if (link?.number !== message.link) {
      // It holds a link that is over here, and would wait in vain.
      const { from: to, link: number } = message
      const answer = { from: this.#self, to, link: number, code: closeCode.goingAway, reason: 'this link is over' }
      if (message.type === 'frame') this.#post({ type: 'close', ...answer })
    } else if (message.type === 'frame') link.received(message.bytes)
    else if (message.type === 'taken') link.taken(message.bytes)
    else link.end(message.code, message.reason)
  }

  #start(other: TabId, number: number): void {
    if (this.#accept === null) return
    const link = new TabLink({
      self: this.#self,
      other,
      number,
      post: (message) => this.#post(message),
      ended: (ended) => {
        if (this.#links.get(other) === ended) this.#links.delete(other)
      },
    })
    this.#links.set(other, link)
    link.start(this.#accept)
  }
}
