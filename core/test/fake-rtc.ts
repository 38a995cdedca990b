/**
 * WebRTC without a network, in steps that a test decides: descriptions come at once, a channel opens when both sides
 * know each other's description, and takes as much as it is told to.
 */
import type { Rtc, RtcConnection, RtcEvents } from '../src/ports/rtc.ts'

const all = new Map<number, FakeConnection>()

export class FakeRtc implements Rtc {
  readonly made: FakeConnection[] = []
  /** Channels do not open, as behind a wall. */
  isWalled = false
  /** What a channel takes before it has to drain. */
  roomBytes = Number.POSITIVE_INFINITY
  /** Session descriptions name certificates. */
  isNamed = true

  connect(events: RtcEvents): FakeConnection {
    const connection = new FakeConnection(events, this)
    this.made.push(connection)
    return connection
  }

  get last(): FakeConnection {
    const last = this.made.at(-1)
    if (last === undefined) throw new Error('no connection was made')
    return last
  }

  /** Connections that were not closed. */
  get living(): number {
    return this.made.filter((connection) => !connection.isClosed).length
  }
}

export class FakeConnection implements RtcConnection {
  readonly id = all.size + 1
  readonly events: RtcEvents
  readonly sent: Uint8Array[] = []
  far: FakeConnection | null = null
  isOpen = false
  isClosed = false
  queuedBytes = 0
  readonly #rtc: FakeRtc

  constructor(events: RtcEvents, rtc: FakeRtc) {
    this.events = events
    this.#rtc = rtc
    all.set(this.id, this)
  }

  offer(): Promise<string> {
    return Promise.resolve(`offer ${this.id}`)
  }

  answer(offer: string): Promise<string> {
    this.far = all.get(Number(offer.split(' ')[1])) ?? null
    return this.far === null ? Promise.reject(new Error('no such offer')) : Promise.resolve(`answer ${this.id}`)
  }

  accept(answer: string): Promise<void> {
    this.far = all.get(Number(answer.split(' ')[1])) ?? null
    if (this.far === null) return Promise.reject(new Error('no such answer'))
    if (this.far.far === this && !this.#rtc.isWalled && !this.isClosed && !this.far.isClosed) {
      this.#open()
      this.far.#open()
    }
    return Promise.resolve()
  }

  #open(): void {
    this.isOpen = true
    this.events.opened()
    // What the other side sent while this one was not open.
    this.far?.deliver()
  }

  get fingerprints(): string {
    return this.far === null || !this.#rtc.isNamed ? '' : [this.id, this.far.id].toSorted((a, b) => a - b).join(' ')
  }

  send(bytes: Uint8Array): void {
    if (this.isClosed || this.far === null) return
    this.sent.push(bytes)
    this.queuedBytes += bytes.byteLength
    if (this.queuedBytes <= this.#rtc.roomBytes) this.deliver()
  }

  /** All that waits arrives. */
  deliver(): void {
    if (this.far?.isOpen !== true) return
    this.queuedBytes = 0
    for (const bytes of this.sent.splice(0)) if (this.far?.isClosed === false) this.far.events.received(bytes.slice())
    if (!this.isClosed) this.events.drained()
  }

  close(): void {
    if (this.isClosed) return
    this.isClosed = true
    if (this.far?.far === this) this.far.breaks('the channel was closed')
  }

  /** The network goes away at this end. */
  breaks(why: string): void {
    if (this.isClosed || !this.isOpen) return
    this.isClosed = true
    this.events.closed(why)
  }
}
