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
import type { AcceptLink, DialOptions, Transport } from '../ports/transport.ts'
import { closeCode } from '../wire/close-code.ts'
import type { AddressBytes } from '../wire/message.ts'
import { Attempt, type AttemptOwner } from './attempt.ts'
import { DirectLink } from './direct-link.ts'
import { decodeProposal, encodeProposal, type Proposal } from './offer-codec.ts'

export interface DirectTransportOptions {
  readonly rtc: Rtc
  readonly clock: Clock
  readonly random: Random
}

/** Somebody here who wants a link, until it is there or the tries are used up. */
interface Dial {
  readonly accept: AcceptLink
  readonly failed: (why: string) => void
  readonly isUrgent: boolean
  triesLeft: number
}

const scheme = 'direct'
const leaving = 'this peer is put aside'

export class DirectTransport implements Transport, SignalReceiver, AttemptOwner {
  readonly schemes = [scheme]
  readonly dialMs = limits.directDialMs * limits.directTriesMax + limits.dialMs
  readonly #options: DirectTransportOptions
  readonly #attempts = new Map<PeerAddress, Attempt>()
  readonly #dials = new Map<PeerAddress, Dial>()
  /** Open, or said to be closed and not yet gone. */
  readonly #links = new Map<DirectLink, PeerAddress>()
  #signals: Signals | null = null
  #accept: AcceptLink | null = null
  #isResting = false
  #emptied: () => void = () => undefined

  constructor(options: DirectTransportOptions) {
    this.#options = options
  }

  useSignals(signals: Signals): SignalReceiver {
    this.#signals = signals
    return this
  }

  /** The own address is worth something to whoever has a neighbour in common with this peer. */
  listen(accept: AcceptLink): Promise<readonly string[]> {
    this.#accept = accept
    return Promise.resolve(this.#signals === null ? [] : [`${scheme}:${peerAddress(this.#signals.own)}`])
  }

  /** `address`: `direct:` and a peer's address. */
  dial(address: string, accept: AcceptLink, failed: (why: string) => void, options: DialOptions = {}): () => void {
    const peer = addressBytes(address.slice(scheme.length + 1))
    const why = this.#whyNotDial(peer)
    // Never before this call has returned: its caller could not have aborted yet.
    if (peer === null || why !== null) return this.#options.clock.setTimer(0, () => failed(why ?? ''))
    const key = peerAddress(peer)
    const dial: Dial = { accept, failed, isUrgent: options.isUrgent ?? false, triesLeft: limits.directTriesMax }
    this.#dials.set(key, dial)
    const cancelTimer = this.#options.clock.setTimer(0, () => this.#try(peer))
    return () => {
      cancelTimer()
      if (this.#dials.get(key) !== dial) return
      this.#dials.delete(key)
      this.#withdraw(this.#attempts.get(key))
    }
  }

  #whyNotDial(peer: AddressBytes | null): string | null {
    if (peer === null || this.#signals === null) return 'not the address of a peer'
    if (this.#isResting) return leaving
    const key = peerAddress(peer)
    if (equalBytes(peer, this.#signals.own)) return 'that is this peer itself'
    if (this.#dials.has(key)) return 'a dial is under way'
    return [...this.#links].some(([link, other]) => other === key && !link.isClosed) ? 'there is a direct link' : null
  }

  /** Whether one more may be dialled that nobody asked for by name. */
  hasRoom(isUrgent: boolean): boolean {
    return !this.#isResting && this.#countBeside(null) < roomFor(isUrgent)
  }

  /**
   * Ends every connection at once, and makes none until `wake`: a browser keeps a page for going back to only when it
   * has none left.
   */
  rest(): void {
    this.#isResting = true
    for (const attempt of [...this.#attempts.values()]) {
      this.#withdraw(attempt)
      this.#drop(attempt)
    }
    for (const link of [...this.#links.keys()]) link.leave(closeCode.goingAway, leaving)
    for (const address of [...this.#dials.keys()]) this.#giveUp(address, leaving)
  }

  wake(): void {
    this.#isResting = false
  }

  /** Connections there are or will be, without those to one peer. */
  #countBeside(peer: PeerAddress | null): number {
    const underWay = new Set([...this.#attempts.keys(), ...this.#dials.keys()])
    const links = [...this.#links.values()].filter((other) => other !== peer)
    return links.length + underWay.size
  }

  /** Says goodbye on every link, and waits until the connections are gone: none may keep a process alive. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#accept = null
    this.#dials.clear()
    for (const attempt of [...this.#attempts.values()]) {
      this.#withdraw(attempt)
      this.#drop(attempt)
    }
    for (const link of [...this.#links.keys()]) link.close(closeCode.goingAway, 'this peer is closing')
    if (this.#links.size > 0) await new Promise<void>((resolve) => (this.#emptied = resolve))
  }

  // --- signals -------------------------------------------------------------------------------------------------------

  received(from: AddressBytes, payload: Uint8Array): void {
    const proposal = decodeProposal(payload)
    if (proposal === null || this.#accept === null) return
    if (proposal.kind === 'offer' || proposal.kind === 'urgentOffer') return this.#offered(from, proposal)
    const attempt = this.#attempts.get(peerAddress(from))
    // Late: of an attempt that was given up, or replaced.
    if (attempt === undefined || !equalBytes(attempt.id, proposal.attempt)) return
    if (proposal.kind === 'refusal') {
      this.#drop(attempt)
      this.#giveUp(attempt.address, proposal.text)
    } else if (attempt.isOurs) attempt.accept(proposal.text)
  }

  unreachable(to: AddressBytes, why: string): void {
    const attempt = this.#attempts.get(peerAddress(to))
    if (attempt === undefined) return
    this.#drop(attempt)
    this.#giveUp(attempt.address, why)
  }

  #offered(from: AddressBytes, proposal: Proposal): void {
    const own = this.#signals?.own
    if (own === undefined || equalBytes(own, from)) return
    const key = peerAddress(from)
    const current = this.#attempts.get(key)
    if (current !== undefined) {
      // [TR11] The offer of the smaller address stands. One that came twice is answered once.
      if (current.isOurs ? peerAddress(own) < key : equalBytes(current.id, proposal.attempt)) return
      // Our own offer, when it comes late, is not one to answer.
      if (current.isOurs) this.#withdraw(current)
      this.#drop(current)
    } else {
      const why = this.#whyNotTake(key, proposal)
      if (why !== null) return this.#say(from, { kind: 'refusal', attempt: proposal.attempt, text: why })
    }
    // A link that we still hold stays until the new one has proven itself: anybody can claim to be that peer.
    const attempt = this.#begin(from, proposal.attempt, false)
    attempt.answer(proposal.text, (text) => this.#say(from, { kind: 'answer', attempt: attempt.id, text }))
  }

  #whyNotTake(from: PeerAddress, { kind }: Proposal): string | null {
    if (this.#isResting) return leaving
    // One that we dial, and that was not offered yet, is that very link.
    if (this.#dials.has(from)) return null
    const isFull = this.#countBeside(from) >= roomFor(kind === 'urgentOffer')
    return isFull ? 'it has as many direct links as it takes' : null
  }

  #say(to: AddressBytes, proposal: Proposal): void {
    this.#signals?.send(to, encodeProposal(proposal))
  }

  // --- attempts ------------------------------------------------------------------------------------------------------

  /** Offers, unless the other side has begun already: then the dial waits for what it began. */
  #try(peer: AddressBytes): void {
    const dial = this.#dials.get(peerAddress(peer))
    if (dial === undefined || this.#attempts.has(peerAddress(peer))) return
    dial.triesLeft--
    const attempt = this.#begin(peer, this.#options.random.bytes(8), true)
    const kind = dial.isUrgent ? 'urgentOffer' : 'offer'
    attempt.offer((text) => this.#say(peer, { kind, attempt: attempt.id, text }))
  }

  #begin(peer: AddressBytes, id: Uint8Array, isOurs: boolean): Attempt {
    const { rtc, clock } = this.#options
    const attempt = new Attempt({ rtc, clock, peer, id, isOurs }, this)
    this.#attempts.set(attempt.address, attempt)
    return attempt
  }

  opened(attempt: Attempt, connection: RtcConnection): DirectLink | null {
    this.#drop(attempt)
    const { address } = attempt
    const accept = this.#dials.get(address)?.accept ?? this.#accept
    this.#dials.delete(address)
    if (accept === null) return null
    const { clock } = this.#options
    const over = (): void => this.#gone(link)
    const link = new DirectLink({ connection, clock, description: `${scheme}:${address}`, over })
    this.#links.set(link, address)
    link.bind(accept(link))
    return link
  }

  failed(attempt: Attempt, why: string): void {
    this.#drop(attempt)
    const dial = this.#dials.get(attempt.address)
    if (dial === undefined) return
    if (dial.triesLeft > 0) this.#try(attempt.peer)
    else this.#giveUp(attempt.address, why)
  }

  /** Not wanted any more; the other side need not wait for it. */
  #withdraw(attempt: Attempt | undefined): void {
    if (attempt === undefined || !attempt.isOurs) return
    this.#drop(attempt)
    this.#say(attempt.peer, { kind: 'refusal', attempt: attempt.id, text: 'it does not want the link any more' })
  }

  /** Ends a connection on its way, and forgets it. */
  #drop(attempt: Attempt): void {
    if (this.#attempts.get(attempt.address) === attempt) this.#attempts.delete(attempt.address)
    attempt.end()
  }

  #giveUp(address: PeerAddress, why: string): void {
    const dial = this.#dials.get(address)
    this.#dials.delete(address)
    dial?.failed(why)
  }

  #gone(link: DirectLink): void {
    this.#links.delete(link)
    if (this.#links.size === 0) this.#emptied()
  }
}

/** [TR11] How many connections there may be when one more is wished for. */
function roomFor(isUrgent: boolean): number {
  return isUrgent ? limits.directLinksMaxUrgent : limits.directLinksMax
}
