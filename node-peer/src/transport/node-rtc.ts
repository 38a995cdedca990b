/**
 * WebRTC in Node behind core's port, on the native interface of the optional package node-datachannel: one connection,
 * one ordered and reliable data channel, no trickling.
 */
import { fingerprintsOf, messageOf, type Rtc, type RtcConnection, type RtcEvents } from '@knotwork/core'
import type * as NodeDataChannel from 'node-datachannel'

type Module = Pick<typeof NodeDataChannel, 'PeerConnection'>

/** Candidates of this machine are there at once; what is not there by then would not come. */
const gatheringMsMax = 1_500
const gatheringPollMs = 5
const lowMarkBytes = 64 * 1024
/** The module tells of messages and of the end by separate queues: what was received before the end is let through. */
const lastWordsMs = 10

export interface NodeRtcOptions {
  /** STUN or TURN servers as URLs, `stun:host:port`; none by default: no request leaves for anybody who was not named. */
  readonly iceServers?: readonly string[]
}

/** Why there is no WebRTC on this machine, as a text for people; the module is loaded only when it is wanted. */
export async function nodeRtc(options: NodeRtcOptions = {}): Promise<Rtc | string> {
  let native: Module
  try {
    native = await import('node-datachannel')
  } catch (thrown) {
    const isAbsent = thrown instanceof Error && 'code' in thrown && thrown.code === 'ERR_MODULE_NOT_FOUND'
    const why = isAbsent ? 'is not installed' : `does not work here: ${messageOf(thrown)}`
    return `this peer has no WebRTC: the optional package node-datachannel ${why}`
  }
  return { connect: (events) => new NodeRtcConnection(native, events, options) }
}

class NodeRtcConnection implements RtcConnection {
  readonly #connection: NodeDataChannel.PeerConnection
  readonly #channel: NodeDataChannel.DataChannel
  readonly #events: RtcEvents
  #state: 'opening' | 'open' | 'ending' | 'over' = 'opening'

  constructor(native: Module, events: RtcEvents, { iceServers = [] }: NodeRtcOptions) {
    this.#events = events
    this.#connection = new native.PeerConnection('knotwork', {
      iceServers: [...iceServers],
      disableAutoNegotiation: true,
    })
    // Both sides make the same channel by number, so neither has to wait for the other's.
    this.#channel = this.#connection.createDataChannel('knotwork', { negotiated: true, id: 0 })
    this.#channel.setBufferedAmountLowThreshold(lowMarkBytes)
    this.#channel.onOpen(() => this.#opened())
    this.#channel.onMessage((data) => this.#received(data))
    this.#channel.onBufferedAmountLow(() => {
      if (this.#state === 'open') events.drained()
    })
    this.#channel.onClosed(() => this.#ends('the channel was closed'))
    this.#channel.onError((why) => this.#ends(`the channel failed: ${why}`))
    this.#connection.onStateChange((state) => {
      if (state === 'failed' || state === 'closed') this.#ends(`the connection ${state}`)
    })
  }

  async offer(): Promise<string> {
    this.#connection.setLocalDescription('offer')
    return this.#described()
  }

  async answer(offer: string): Promise<string> {
    this.#connection.setRemoteDescription(offer, 'offer')
    this.#connection.setLocalDescription('answer')
    return this.#described()
  }

  async accept(answer: string): Promise<void> {
    await Promise.resolve()
    this.#connection.setRemoteDescription(answer, 'answer')
  }

  get fingerprints(): string {
    const [local, remote] = [this.#connection.localDescription(), this.#connection.remoteDescription()]
    return fingerprintsOf(local?.sdp ?? '', remote?.sdp ?? '')
  }

  get queuedBytes(): number {
    return this.#state === 'open' ? this.#channel.bufferedAmount() : 0
  }

  send(bytes: Uint8Array): void {
    if (this.#state !== 'open') return
    try {
      this.#channel.sendMessageBinary(bytes)
    } catch (thrown) {
      this.#ends(`the channel took no more: ${messageOf(thrown)}`)
    }
  }

  close(): void {
    if (this.#state === 'over') return
    this.#state = 'over'
    this.#connection.close()
  }

  /** The own description once all candidates are in it. */
  async #described(): Promise<string> {
    // Asked, not listened for: it may be complete before a listener is there.
    for (let waitedMs = 0; waitedMs < gatheringMsMax; waitedMs += gatheringPollMs) {
      if (this.#state === 'over' || this.#connection.gatheringState() === 'complete') break
      await new Promise((resolve) => setTimeout(resolve, gatheringPollMs))
    }
    return this.#state === 'over' ? '' : (this.#connection.localDescription()?.sdp ?? '')
  }

  #opened(): void {
    if (this.#state !== 'opening') return
    this.#state = 'open'
    this.#events.opened()
  }

  #received(data: string | Buffer | ArrayBuffer): void {
    if (this.#state === 'over') return
    this.#opened()
    if (typeof data === 'string') this.#ends('a text, where only bytes are spoken')
    else this.#events.received(new Uint8Array(data))
  }

  #ends(why: string): void {
    if (this.#state === 'ending' || this.#state === 'over') return
    this.#state = 'ending'
    setTimeout(() => {
      if (this.#state === 'over') return
      this.close()
      this.#events.closed(why)
    }, lastWordsMs)
  }
}
