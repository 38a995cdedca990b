/**
 * Keeps a link to one address: dials, and after every loss dials again, with a wait that doubles up to a limit and is
 * spread by jitter, so that the neighbours of a peer that comes back do not all come at once (PROTOCOL.md [TR6]). Where
 * there is a sign that the network is back it does not wait for the end of that.
 */
import type { Millis } from '../ids.ts'
import { limits } from '../limits.ts'
import type { Clock } from '../ports/clock.ts'
import type { Random } from '../ports/random.ts'
import type { AcceptLink, Transport } from '../ports/transport.ts'
import { closeCode, isRefusal } from '../wire/close-code.ts'

export interface DiallerOptions {
  readonly address: string
  readonly transport: Transport
  readonly clock: Clock
  readonly random: Random
  readonly accept: AcceptLink
  /** Whether there is a link already to the peer that this address names. */
  readonly isLinked: () => boolean
  readonly changed: () => void
}

export class Dialler {
  readonly address: string
  readonly transport: string
  readonly #options: DiallerOptions
  #state: 'dialling' | 'open' | 'waiting' | 'stopped' = 'waiting'
  #why: string | null = null
  #failures = 0
  #isDuplicate = false
  #isRefused = false
  #refusedWith: number | null = null
  /** When the address was reached last, or first dialled; when this dial began; when it was hurried last. */
  #reachedAt: Millis
  #dialledAt: Millis = 0
  #hurriedAt: Millis | null = null
  #abort: (() => void) | null = null

  constructor(options: DiallerOptions) {
    this.address = options.address
    this.transport = options.transport.schemes[0] ?? ''
    this.#options = options
    this.#reachedAt = options.clock.now()
  }

  get state(): 'dialling' | 'open' | 'waiting' | 'stopped' {
    return this.#state
  }

  /** Why there is no link at the moment. */
  get why(): string | null {
    return this.#why
  }

  /** The code by which the other side refused us; null when it did not, or not for us to mend. */
  get refusedWith(): number | null {
    return this.#isDuplicate ? null : this.#refusedWith
  }

  dial(): void {
    if (this.#state === 'stopped') return
    if (this.#options.isLinked()) {
      // [TR7] The second one would only be closed again.
      this.#isDuplicate = true
      return this.#wait('there is another link between these two peers', limits.redialRefusedMs)
    }
    this.#state = 'dialling'
    const { address, transport, accept, clock, changed } = this.#options
    this.#dialledAt = clock.now()
    this.#isRefused = false
    const cancelTimer = clock.setTimer(transport.dialMs ?? limits.dialMs, () => {
      abortDial()
      this.#wait('nobody answered', this.#backOff())
    })
    const abortDial = transport.dial(
      address,
      (link) => {
        cancelTimer()
        this.#abort = null
        this.#state = 'open'
        return accept(link)
      },
      (why) => {
        cancelTimer()
        this.#wait(why, this.#backOff())
      },
    )
    if (this.#state === 'dialling') {
      this.#abort = () => {
        cancelTimer()
        abortDial()
      }
    }
    changed()
  }

  /** The link has proven itself: the next loss starts with the shortest wait again. */
  proved(): void {
    this.#failures = 0
    this.#why = null
    this.#refusedWith = null
  }

  /** The link is gone. */
  lost(code: number, reason: string): void {
    if (this.#state === 'stopped') return
    const why = reason === '' ? `closed with code ${code}` : reason
    // A second link to a peer we are linked to is not needed while the first lasts.
    this.#isDuplicate = code === closeCode.duplicate
    this.#isRefused = isRefusal(code)
    this.#refusedWith = this.#isRefused ? code : null
    // The link had proven itself: it was there until now.
    if (this.#failures === 0) this.#reachedAt = this.#options.clock.now()
    this.#wait(why, this.#isRefused ? limits.redialRefusedMs : this.#backOff())
  }

  /**
   * A sign that the network is back: what has failed may work now, and what was sent into the void is sent again. Not
   * too often: another neighbour that comes and goes is such a sign each time.
   */
  hurry(): void {
    const now = this.#options.clock.now()
    if (this.#hurriedAt !== null && now - this.#hurriedAt < limits.redialMaxMs) return
    const isStuck = this.#state === 'dialling' && now - this.#dialledAt >= limits.redialMaxMs
    const isWaiting = this.#state === 'waiting' && !this.#isRefused
    if (!isStuck && !isWaiting) return
    this.#hurriedAt = now
    this.#failures = 0
    this.#abort?.()
    this.#wait(this.#why ?? 'nobody answered', this.#backOff())
  }

  stop(): void {
    this.#state = 'stopped'
    this.#abort?.()
    this.#abort = null
  }

  /** Some link of this peer ended: where it was the reason to give up a duplicate, dial again. */
  linkEnded(): void {
    if (this.#state !== 'waiting' || !this.#isDuplicate) return
    this.#abort?.()
    this.dial()
  }

  #backOff(): Millis {
    const isKeen = this.#options.clock.now() - this.#reachedAt < limits.redialKeenMs
    const maxMs = isKeen ? limits.redialMaxMs : limits.redialLongMs
    const delayMs = Math.min(limits.redialFirstMs * 2 ** this.#failures, maxMs)
    this.#failures++
    return delayMs
  }

  #wait(why: string, delayMs: Millis): void {
    if (this.#state === 'stopped') return
    this.#state = 'waiting'
    this.#why = why
    const { clock, random, changed } = this.#options
    const jitteredMs = delayMs * (0.5 + random.fraction() / 2)
    this.#abort = clock.setTimer(jitteredMs, () => {
      this.#abort = null
      this.dial()
    })
    changed()
  }
}
