/** Direct transports whose signals a test delivers one by one, in any order, or loses. */
import { DirectTransport } from '../src/direct/direct-transport.ts'
import { decodeProposal } from '../src/direct/offer-codec.ts'
import { peerAddress, type PeerAddress } from '../src/ids.ts'
import type { DialOptions, Link, LinkReceiver } from '../src/ports/transport.ts'
import type { AddressBytes } from '../src/wire/message.ts'
import { FakeClock, settled } from './fake-clock.ts'
import { FakeRtc } from './fake-rtc.ts'
import { SeededRandom } from './seeded-random.ts'

interface SignalUnderWay {
  readonly from: DirectPeer
  readonly to: AddressBytes
  readonly payload: Uint8Array
}

export class DirectWorld {
  readonly clock = new FakeClock()
  readonly peers: DirectPeer[] = []
  /** Sent, and not yet delivered. */
  readonly wire: SignalUnderWay[] = []

  async peer(): Promise<DirectPeer> {
    const peer = new DirectPeer(this, this.peers.length + 1)
    this.peers.push(peer)
    await peer.transport.listen(peer.accept)
    return peer
  }

  /** What the signals on the wire are, in order. */
  get kinds(): readonly string[] {
    return this.wire.map(({ payload }) => decodeProposal(payload)?.kind ?? 'nonsense')
  }

  /** Delivers one, the oldest unless another is named. */
  async deliver(index = 0): Promise<void> {
    const [signal] = this.wire.splice(index, 1)
    if (signal === undefined) throw new Error('nothing is on the wire')
    const to = this.peers.find(({ address }) => address === peerAddress(signal.to))
    if (to === undefined) signal.from.transport.unreachable(signal.to, 'nobody can introduce the two')
    else to.transport.received(signal.from.bytes, signal.payload)
    await this.rest()
  }

  async deliverAll(): Promise<void> {
    while (this.wire.length > 0) await this.deliver()
  }

  /** Lets promises, and timers that are due, run. */
  async rest(): Promise<void> {
    await this.clock.advance(1)
    await settled()
  }
}

export class DirectPeer {
  readonly bytes: AddressBytes
  readonly address: PeerAddress
  readonly rtc = new FakeRtc()
  readonly transport: DirectTransport
  /** Links, dialled or taken, in order. */
  readonly ends: DirectEnd[] = []
  readonly failures: string[] = []
  readonly #world: DirectWorld

  /** Of two peers the one with the smaller number has the smaller address. */
  constructor(world: DirectWorld, number: number) {
    this.#world = world
    this.bytes = new Uint8Array(40).fill(number)
    this.address = peerAddress(this.bytes)
    const { clock } = world
    this.transport = new DirectTransport({ rtc: this.rtc, clock, random: new SeededRandom(number) })
    this.transport.useSignals({
      own: this.bytes,
      send: (to, payload) => void world.wire.push({ from: this, to, payload }),
    })
  }

  readonly accept = (link: Link): LinkReceiver => {
    const end = new DirectEnd(link)
    this.ends.push(end)
    return end
  }

  get openLinks(): number {
    return this.ends.filter(({ closes }) => closes.length === 0).length
  }

  /** Dials, and waits until the offer is on the wire. */
  async dial(to: DirectPeer | string, options: DialOptions = {}): Promise<() => void> {
    const address = typeof to === 'string' ? to : to.address
    const failed = (why: string): void => void this.failures.push(why)
    const abort = this.transport.dial(`direct:${address}`, this.accept, failed, options)
    await this.#world.rest()
    return abort
  }
}

export class DirectEnd implements LinkReceiver {
  readonly link: Link
  readonly frames: Uint8Array[] = []
  readonly closes: { readonly code: number; readonly reason: string }[] = []

  constructor(link: Link) {
    this.link = link
  }

  received(frame: Uint8Array): void {
    this.frames.push(frame)
  }

  closed(code: number, reason: string): void {
    this.closes.push({ code, reason })
  }
}
