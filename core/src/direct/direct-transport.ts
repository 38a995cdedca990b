/**
 * Links between two peers with nobody in between: WebRTC data channels, opened by signals over the links there are
 * (PROTOCOL.md [TR11], [TR12]). One connection per pair of peers. Where both offer at once, the offer of the smaller
 * address stands: the smaller ignores the other's offer, the greater gives its own up and answers.
 */
import { equalBytes } from '../bytes.ts'
import { addressBytes, peerAddress, type PeerAddress } from '../ids.ts'
import { limits } from '../limits.ts'
import type { Clock } from '../ports/clock.ts'
import type { Random } from '../ports/random.ts'
import type { Rtc, RtcConnection } from '../ports/rtc.ts'
import type { SignalReceiver, Signals } from '../ports/signals.ts'
import type { AcceptLink, Transport } from '../ports/transport.ts'
import { messageOf } from '../result.ts'
import type { AddressBytes } from '../wire/message.ts'
import { closeCode } from '../wire/close-code.ts'
import { DirectLink } from './direct-link.ts'
import { decodeProposal, encodeProposal, type Proposal } from './offer-codec.ts'

export interface DirectTransportOptions {
  readonly rtc: Rtc
  readonly clock: Clock
  readonly random: Random
}

/** Who wants to hear what becomes of a dial. */
interface Dial {
  readonly accept: AcceptLink
  readonly failed: (why: string) => void
}

/** One connection from its first signal to its end. */
interface Attempt {
  readonly peer: AddressBytes
  readonly id: Uint8Array
  readonly isOurs: boolean
  readonly connection: RtcConnection
  dial: Dial | null
  link: DirectLink | null
  cancelTimer: () => void
}

export class DirectTransport implements Transport, SignalReceiver {
  readonly schemes = ['direct']
  readonly #options: DirectTransportOptions
  readonly #attempts = new Map<PeerAddress, Attempt>()
  #signals: Signals | null = null
  #accept: AcceptLink | null = null

  constructor(options: DirectTransportOptions) {
    this.#options = options
  }

  useSignals(signals: Signals): SignalReceiver {
    this.#signals = signals
    return this
  }

  listen(accept: AcceptLink): Promise<readonly string[]> {
    this.#accept = accept
    return Promise.resolve([])
  }

  /** `address`: `direct:` and a peer's address. */
  dial(address: string, accept: AcceptLink, failed: (why: string) => void): () => void {
    const peer = addressBytes(address.slice('direct:'.length))
    if (peer === null || this.#signals === null) {
      failed('not an address of a peer')
      return () => undefined
    }
    const key = address.slice('direct:'.length) as PeerAddress
    const dial: Dial = { accept, failed }
    const current = this.#attempts.get(key)
    if (current !== undefined) {
      if (current.link === null && current.dial === null) current.dial = dial
      else failed('there is a link, or a dial under way')
      return () => this.#giveUpDial(current, dial)
    }
    const attempt = this.#begin(peer, { id: this.#options.random.bytes(8), isOurs: true, dial })
    void this.#offer(attempt)
    return () => this.#giveUpDial(attempt, dial)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#accept = null
    for (const attempt of [...this.#attempts.values()]) this.#end(attempt, 'this peer is closing')
    await Promise.resolve()
  }

  // --- signals -------------------------------------------------------------------------------------------------------

  received(from: AddressBytes, payload: Uint8Array): void {
    const proposal = decodeProposal(payload)
    if (proposal === null || this.#accept === null) return
    if (proposal.kind === 'offer') return this.#offered(from, proposal)
    const attempt = this.#attempts.get(peerAddress(from))
    if (attempt === undefined || !equalBytes(attempt.id, proposal.attempt) || !attempt.isOurs) return
    if (proposal.kind === 'refusal') return this.#end(attempt, proposal.text)
    attempt.connection.accept(proposal.text).catch((thrown: unknown) => this.#end(attempt, messageOf(thrown)))
  }

  unreachable(to: AddressBytes): void {
    const attempt = this.#attempts.get(peerAddress(to))
    if (attempt !== undefined && attempt.link === null) this.#end(attempt, 'nobody here can reach that peer')
  }

  #offered(from: AddressBytes, proposal: Proposal): void {
    const own = this.#signals?.own
    if (own === undefined || equalBytes(own, from)) return
    const current = this.#attempts.get(peerAddress(from))
    let dial: Dial | null = null
    if (current !== undefined) {
      const isUnderWay = current.link === null && current.isOurs
      if (isUnderWay && peerAddress(own) < peerAddress(from)) return
      // Our own offer gives way; or that peer lost the link which we still hold.
      dial = current.link === null ? current.dial : null
      current.dial = null
      this.#end(current, 'replaced by a link the other side offered')
    } else if (this.#attempts.size >= limits.directLinksMax) {
      return this.#say(from, {
        kind: 'refusal',
        attempt: proposal.attempt,
        text: 'has as many direct links as it takes',
      })
    }
    const attempt = this.#begin(from, { id: proposal.attempt, isOurs: false, dial })
    void this.#answer(attempt, proposal.text)
  }

  #say(to: AddressBytes, proposal: Proposal): void {
    this.#signals?.send(to, encodeProposal(proposal))
  }

  // --- attempts ------------------------------------------------------------------------------------------------------

  #begin(peer: AddressBytes, options: { id: Uint8Array; isOurs: boolean; dial: Dial | null }): Attempt {
    const { rtc, clock } = this.#options
    const connection = rtc.connect({
      opened: () => this.#opened(attempt),
      received: (bytes) => attempt.link?.received(bytes),
      drained: () => attempt.link?.pump(),
      closed: (why) => this.#end(attempt, why),
    })
    const cancelTimer = clock.setTimer(limits.directDialMs, () => this.#end(attempt, 'no answer in time'))
    const attempt: Attempt = { peer, ...options, connection, link: null, cancelTimer }
    this.#attempts.set(peerAddress(peer), attempt)
    return attempt
  }

  async #offer(attempt: Attempt): Promise<void> {
    try {
      const text = await attempt.connection.offer()
      if (this.#isCurrent(attempt)) this.#say(attempt.peer, { kind: 'offer', attempt: attempt.id, text })
    } catch (thrown) {
      this.#end(attempt, messageOf(thrown))
    }
  }

  async #answer(attempt: Attempt, offer: string): Promise<void> {
    try {
      const text = await attempt.connection.answer(offer)
      if (this.#isCurrent(attempt)) this.#say(attempt.peer, { kind: 'answer', attempt: attempt.id, text })
    } catch (thrown) {
      this.#end(attempt, messageOf(thrown))
    }
  }

  #isCurrent(attempt: Attempt): boolean {
    return this.#attempts.get(peerAddress(attempt.peer)) === attempt
  }

  #opened(attempt: Attempt): void {
    const accept = attempt.dial?.accept ?? this.#accept
    if (!this.#isCurrent(attempt) || attempt.link !== null || accept === null) return
    attempt.cancelTimer()
    attempt.dial = null
    const link = new DirectLink(attempt.connection, `direct:${peerAddress(attempt.peer)}`)
    attempt.link = link
    link.bind(accept(link))
  }

  #giveUpDial(attempt: Attempt, dial: Dial): void {
    if (attempt.dial !== dial) return
    attempt.dial = null
    if (attempt.isOurs) this.#end(attempt, 'given up')
  }

  #end(attempt: Attempt, why: string): void {
    attempt.cancelTimer()
    if (this.#isCurrent(attempt)) this.#attempts.delete(peerAddress(attempt.peer))
    const { dial, link } = attempt
    attempt.dial = null
    if (link !== null && why !== '') link.close(closeCode.goingAway, why)
    attempt.connection.close()
    link?.ended(why)
    dial?.failed(why)
  }
}
