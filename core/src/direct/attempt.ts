/** One connection from its first signal to its open channel: an offer of ours, or the answer to somebody's. */
import { peerAddress, type PeerAddress } from '../ids.ts'
import { limits } from '../limits.ts'
import type { Clock } from '../ports/clock.ts'
import type { Rtc, RtcConnection, RtcEvents } from '../ports/rtc.ts'
import { messageOf } from '../result.ts'
import type { AddressBytes } from '../wire/message.ts'
import type { DirectLink } from './direct-link.ts'

export interface AttemptOptions {
  readonly rtc: Rtc
  readonly clock: Clock
  readonly peer: AddressBytes
  /** 8 random bytes of the side that offers. */
  readonly id: Uint8Array
  readonly isOurs: boolean
}

/** Exactly one of the two is called, once, unless the attempt is ended first. */
export interface AttemptOwner {
  opened(attempt: Attempt, connection: RtcConnection): DirectLink | null
  failed(attempt: Attempt, why: string): void
}

export class Attempt implements RtcEvents {
  readonly address: PeerAddress
  readonly #options: AttemptOptions
  readonly #owner: AttemptOwner
  readonly #connection: RtcConnection
  readonly #cancelTimer: () => void
  #link: DirectLink | null = null
  #isOver = false

  constructor(options: AttemptOptions, owner: AttemptOwner) {
    this.#options = options
    this.#owner = owner
    this.address = peerAddress(options.peer)
    this.#connection = options.rtc.connect(this)
    this.#cancelTimer = options.clock.setTimer(limits.directDialMs, () => this.#fail('no answer in time'))
  }

  get peer(): AddressBytes {
    return this.#options.peer
  }

  get id(): Uint8Array {
    return this.#options.id
  }

  get isOurs(): boolean {
    return this.#options.isOurs
  }

  offer(say: (text: string) => void): void {
    this.#describe(this.#connection.offer(), say)
  }

  answer(offer: string, say: (text: string) => void): void {
    this.#describe(this.#connection.answer(offer), say)
  }

  accept(answer: string): void {
    this.#connection.accept(answer).catch((thrown: unknown) => this.#fail(messageOf(thrown)))
  }

  /** Ends it without a word to its owner. */
  end(): void {
    if (this.#isOver) return
    this.#isOver = true
    this.#cancelTimer()
    this.#connection.close()
  }

  // --- from the connection -------------------------------------------------------------------------------------------

  opened(): void {
    if (this.#isOver) return
    // Without them a proof would hold on anybody's connection [TR12].
    if (this.#connection.fingerprints === '') return this.#fail('the connection has no certificates')
    this.#isOver = true
    this.#cancelTimer()
    this.#link = this.#owner.opened(this, this.#connection)
    if (this.#link === null) this.#connection.close()
  }

  received(bytes: Uint8Array): void {
    this.#link?.received(bytes)
  }

  drained(): void {
    this.#link?.pump()
  }

  closed(why: string): void {
    if (this.#link === null) this.#fail(why)
    else this.#link.ended(why)
  }

  // --- steps ---------------------------------------------------------------------------------------------------------

  #describe(description: Promise<string>, say: (text: string) => void): void {
    description.then(
      (text) => {
        if (this.#isOver) return
        if (text.length === 0 || text.length > limits.descriptionCharsMax) this.#fail('no usable session description')
        else say(text)
      },
      (thrown: unknown) => this.#fail(messageOf(thrown)),
    )
  }

  #fail(why: string): void {
    if (this.#isOver) return
    this.end()
    this.#owner.failed(this, why)
  }
}
