/** The browser's WebRTC behind core's port: one connection, one ordered and reliable data channel, no trickling. */
import { fingerprintsOf, type Rtc, type RtcConnection, type RtcEvents } from '@knotwork/core'

/** Candidates of this machine are there at once; what is not there by then would not come. */
const gatheringMsMax = 1_500
const lowMarkBytes = 64 * 1024

export interface PageRtcOptions {
  /** STUN or TURN servers; none by default: no request leaves for anybody who was not named. */
  readonly iceServers?: readonly RTCIceServer[]
}

/** Undefined where the platform has no WebRTC. */
export function pageRtc(options: PageRtcOptions = {}): Rtc | undefined {
  if (typeof RTCPeerConnection === 'undefined') return undefined
  return { connect: (events) => new PageRtcConnection(events, options) }
}

class PageRtcConnection implements RtcConnection {
  readonly #connection: RTCPeerConnection
  readonly #channel: RTCDataChannel
  readonly #events: RtcEvents
  #isOpen = false
  /** What came before the channel could be called open. */
  readonly #early: Uint8Array[] = []
  #isOver = false

  constructor(events: RtcEvents, options: PageRtcOptions) {
    this.#events = events
    this.#connection = new RTCPeerConnection({ iceServers: [...(options.iceServers ?? [])] })
    // Both sides make the same channel by number, so neither has to wait for the other's.
    this.#channel = this.#connection.createDataChannel('knotwork', { negotiated: true, id: 0, ordered: true })
    this.#channel.binaryType = 'arraybuffer'
    this.#channel.bufferedAmountLowThreshold = lowMarkBytes
    this.#channel.onopen = () => this.#openWhenDescribed()
    this.#channel.onmessage = ({ data }) => {
      if (!(data instanceof ArrayBuffer)) return this.#end('a text, where only bytes are spoken')
      if (this.#isOpen) events.received(new Uint8Array(data))
      else this.#early.push(new Uint8Array(data))
    }
    this.#channel.onbufferedamountlow = () => events.drained()
    this.#channel.onclose = () => this.#end('the channel was closed')
    this.#channel.onerror = () => this.#end('the channel failed')
    this.#connection.onconnectionstatechange = () => {
      const { connectionState } = this.#connection
      if (connectionState === 'failed' || connectionState === 'closed') this.#end(`the connection ${connectionState}`)
    }
  }

  async offer(): Promise<string> {
    await this.#connection.setLocalDescription(await this.#connection.createOffer())
    return this.#described()
  }

  async answer(offer: string): Promise<string> {
    await this.#connection.setRemoteDescription({ type: 'offer', sdp: offer })
    await this.#connection.setLocalDescription(await this.#connection.createAnswer())
    this.#openWhenDescribed()
    return this.#described()
  }

  async accept(answer: string): Promise<void> {
    await this.#connection.setRemoteDescription({ type: 'answer', sdp: answer })
    this.#openWhenDescribed()
  }

  /**
   * A busy page hears that its channel is open before it hears that the descriptions were taken; but only these tell the
   * certificates, without which a link proves nothing [TR12].
   */
  #openWhenDescribed(): void {
    const { localDescription, remoteDescription } = this.#connection
    if (this.#isOpen || this.#isOver || this.#channel.readyState !== 'open') return
    if (localDescription === null || remoteDescription === null) return
    this.#isOpen = true
    this.#events.opened()
    for (const bytes of this.#early.splice(0)) this.#events.received(bytes)
  }

  /** The own description once all candidates are in it. */
  async #described(): Promise<string> {
    const connection = this.#connection
    if (connection.iceGatheringState !== 'complete') {
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, gatheringMsMax)
        connection.onicegatheringstatechange = () => {
          if (connection.iceGatheringState !== 'complete') return
          clearTimeout(timer)
          resolve()
        }
      })
    }
    return connection.localDescription?.sdp ?? ''
  }

  get fingerprints(): string {
    const { localDescription, remoteDescription } = this.#connection
    return fingerprintsOf(localDescription?.sdp ?? '', remoteDescription?.sdp ?? '')
  }

  get queuedBytes(): number {
    return this.#channel.bufferedAmount
  }

  send(bytes: Uint8Array): void {
    if (this.#channel.readyState !== 'open') return
    try {
      this.#channel.send(new Uint8Array(bytes))
    } catch {
      this.#end('the channel took no more')
    }
  }

  close(): void {
    this.#isOver = true
    this.#connection.onconnectionstatechange = null
    this.#connection.close()
  }

  #end(why: string): void {
    if (this.#isOver) return
    this.close()
    this.#events.closed(why)
  }
}
