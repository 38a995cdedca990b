/**
 * A link between two processes, as two ends. In each direction frames are lost, doubled, late and overtaken as the
 * weather wants (datagrams), or all come in order, however late (a stream). A blocked direction swallows datagrams and
 * holds a stream up.
 */
import type { AcceptLink, Link, LinkReceiver } from '@knotwork/core'
import type { Life } from '../world/life.ts'
import type { Rng } from '../world/random.ts'
import { garbageFrom } from './garbage.ts'
import type { Host, LinkEnd } from './link-end.ts'
import type { Network } from './network.ts'

/** How often a held-up stream tries again. */
const retryMs = 100
/** Closes that call the other side a liar: garbage, a wrong token, a wrong proof, another version. */
const refusals = [4400, 4401, 4403, 4426]

interface Cargo {
  readonly frame: Uint8Array | null
  /** With a frame of null: the end of the link. */
  readonly code: number
  readonly reason: string
}

export interface EndOptions {
  readonly network: Network
  readonly life: Life
  readonly host: Host
  readonly description: string
  /** Clients of stock wires have no repair of their own: always a stream, and its end is always told in the end. */
  readonly isAlwaysStream: boolean
}

export class PipeEnd implements Link, LinkEnd {
  readonly description: string
  readonly transport = 'sim'
  readonly host: Host
  readonly life: Life
  readonly #network: Network
  readonly #isStream: boolean
  readonly #isTold: boolean
  #far: PipeEnd | null = null
  #receiver: LinkReceiver | null = null
  readonly #early: Cargo[] = []
  /** What has been sent and not arrived; frames of a stream that are held up. */
  #queuedBytes = 0
  readonly #held: Cargo[] = []
  #lastArrivalMs = 0
  #isPumping = false
  /** A slow reader at the other side: nothing arrives there until then, and this much seems to wait already. */
  #stalledUntilMs = 0
  #ballastBytes = 0
  #isSilenced = false
  /** Spoils the next frame; and whether any was spoiled yet. */
  #spoiler: Rng | null = null
  #hasSpoiled = false
  #hasSaidGoodbye = false
  #isClosed = false

  constructor(options: EndOptions) {
    this.#network = options.network
    this.life = options.life
    this.host = options.host
    this.description = options.description
    this.#isTold = options.isAlwaysStream
    this.#isStream = options.isAlwaysStream || options.network.weather.isStream
    this.life.whenOver(() => this.#vanish())
  }

  static join(a: PipeEnd, b: PipeEnd): void {
    a.#far = b
    b.#far = a
  }

  get far(): PipeEnd | null {
    return this.#far
  }

  get isOpen(): boolean {
    return this.#receiver !== null && !this.#isClosed && !this.#hasSaidGoodbye && !this.life.isOver
  }

  get isDead(): boolean {
    return this.isOpen && (this.#isSilenced || this.#far === null || !this.#far.isOpen)
  }

  get queuedBytes(): number {
    return this.#queuedBytes + (this.#isStalled ? this.#ballastBytes : 0)
  }

  get #isStalled(): boolean {
    return this.#network.scheduler.now < this.#stalledUntilMs
  }

  open(accept: AcceptLink): void {
    const receiver = accept(this)
    this.#receiver = receiver
    // It may have broken while it was being opened.
    if (this.#isClosed) return void this.life.after(0, () => receiver.closed(1006, 'connection reset'))
    this.#network.ends.add(this)
    for (const cargo of this.#early.splice(0)) this.life.after(0, () => this.#take(cargo))
  }

  // --- for the engine ------------------------------------------------------------------------------------------------

  send(frame: Uint8Array): void {
    if (this.#hasSaidGoodbye || this.#isClosed || !this.life.mayAct()) return
    for (const one of this.#network.tapped(frame, this).map((whole) => this.#spoiled(whole))) {
      this.#queuedBytes += one.byteLength
      this.#dispatch({ frame: one, code: 0, reason: '' })
    }
  }

  close(code: number, reason: string): void {
    if (this.#hasSaidGoodbye || this.#isClosed || !this.life.mayAct()) return
    const isProvoked = this.#far !== null && this.#far.#hasSpoiled
    if (refusals.includes(code) && !isProvoked) this.#network.refused(this, `${code} ${reason}`)
    this.#hasSaidGoodbye = true
    this.#dispatch({ frame: null, code, reason })
    this.life.after(0, () => this.#end(code, reason))
  }

  // --- for the fault injector ----------------------------------------------------------------------------------------

  cut(isSilent: boolean): void {
    for (const end of [this, this.#far]) {
      if (end === null) continue
      end.#isSilenced = true
      if (!isSilent || this.#isTold) end.life.after(this.#network.delayMs(), () => end.#end(1006, 'connection reset'))
    }
  }

  stall(forMs: number, ballastBytes: number): void {
    this.#stalledUntilMs = Math.max(this.#stalledUntilMs, this.#network.scheduler.now + forMs)
    this.#ballastBytes = ballastBytes
  }

  mend(): void {
    this.#stalledUntilMs = 0
    this.#spoiler = null
  }

  spoilNext(rng: Rng): void {
    this.#spoiler = rng
  }

  #spoiled(frame: Uint8Array): Uint8Array {
    const rng = this.#spoiler
    if (rng === null) return frame
    this.#spoiler = null
    this.#hasSpoiled = true
    return garbageFrom(frame, rng, this.#isTold)
  }

  // --- on the way ----------------------------------------------------------------------------------------------------

  #dispatch(cargo: Cargo): void {
    if (this.#isStream) {
      this.#held.push(cargo)
      return this.#pump()
    }
    const { weather, rng } = this.#network
    const isLost = rng.chance(weather.lossRate)
    const isDoubled = rng.chance(weather.duplicationRate)
    const first = this.#network.delayMs()
    const second = this.#network.delayMs()
    if (isLost || !this.#passes()) {
      this.#network.scheduler.after(first, () => this.#leaveQueue(cargo))
      return
    }
    this.#arriveAfter(first, cargo, true)
    if (isDoubled && cargo.frame !== null) this.#arriveAfter(second, cargo, false)
  }

  #passes(): boolean {
    return !this.#isSilenced && this.#far !== null && this.#network.passes(this.host, this.#far.host)
  }

  #pump(): void {
    if (this.#isPumping || this.#held.length === 0) return
    const now = this.#network.scheduler.now
    if (this.#isSilenced || this.life.isOver) {
      for (const cargo of this.#held.splice(0)) this.#leaveQueue(cargo)
      return
    }
    if (!this.#passes() || this.#isStalled) {
      this.#isPumping = true
      this.#network.scheduler.after(retryMs, () => {
        this.#isPumping = false
        this.#pump()
      })
      return
    }
    for (const cargo of this.#held.splice(0)) {
      this.#lastArrivalMs = Math.max(this.#lastArrivalMs, now + this.#network.delayMs())
      this.#arriveAfter(this.#lastArrivalMs - now, cargo, true)
    }
  }

  #arriveAfter(delayMs: number, cargo: Cargo, isFirst: boolean): void {
    const { scheduler } = this.#network
    const stallMs = this.#isStream ? 0 : Math.max(0, this.#stalledUntilMs - scheduler.now)
    scheduler.after(Math.max(delayMs, stallMs), () => {
      const far = this.#far
      if (far === null || far.life.isOver) {
        this.#leaveQueue(cargo)
        return this.#hearReset()
      }
      far.life.deliver(() => {
        if (isFirst) this.#leaveQueue(cargo)
        far.#take(cargo)
      })
    })
  }

  #leaveQueue(cargo: Cargo): void {
    this.#queuedBytes -= cargo.frame?.byteLength ?? 0
  }

  #take(cargo: Cargo): void {
    if (this.#isClosed || this.#hasSaidGoodbye) return
    if (this.#receiver === null) return void this.#early.push(cargo)
    if (cargo.frame === null) return this.#end(cargo.code, cargo.reason)
    this.#receiver.received(cargo.frame)
  }

  // --- the end -------------------------------------------------------------------------------------------------------

  #end(code: number, reason: string): void {
    if (this.#isClosed) return
    this.#isClosed = true
    this.#network.ends.delete(this)
    this.#receiver?.closed(code, reason)
  }

  /** What was sent found nobody there: some systems answer such a frame, others drop it. */
  #hearReset(): void {
    if (this.#far === null || !this.#network.passes(this.#far.host, this.host) || this.#network.rng.chance(0.5)) return
    this.life.after(this.#network.delayMs(), () => this.#end(1006, 'connection reset'))
  }

  /** The process at this end is gone: the other side is told by its system, or by nobody. */
  #vanish(): void {
    this.#network.ends.delete(this)
    const far = this.#far
    if (far === null || this.#isClosed) return
    if (!this.#isTold && (this.#network.rng.chance(0.5) || !this.#passes())) return
    far.life.after(this.#network.delayMs(), () => far.#end(1006, 'connection reset'))
  }
}
