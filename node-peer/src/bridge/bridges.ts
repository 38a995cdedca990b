/** All y-webrtc rooms of one peer: opens them in the process of the bridges, and again after whatever ended them. */
import { documentName, KnotworkError, type Log, type Peer } from '@knotwork/core'
import { bridgeLimits } from './bridge-limits.ts'
import type { FromBridges, IceServer, RoomOptions } from './bridge-messages.ts'
import { BridgeProcess } from './bridge-process.ts'
import { RoomBridge, type Bridge } from './bridge.ts'

export interface BridgeOptions {
  /** The room, which is the document's name. */
  readonly room: string
  readonly password?: string
  /** Addresses of y-webrtc signalling servers. Default: this peer's own /signal. */
  readonly signaling?: readonly string[]
  /** Servers for pages that cannot be reached directly. Default: none, so nobody outside hears of this peer. */
  readonly iceServers?: readonly IceServer[]
}

export interface BridgesOptions {
  readonly peer: Peer
  /** Where this peer's own /signal is; null for a peer that does not listen. */
  readonly ownSignalling: string | null
  readonly log: Log
}

export class Bridges {
  readonly #options: BridgesOptions
  readonly #bridges = new Map<number, RoomBridge>()
  readonly #waiting = new Map<number, NodeJS.Timeout>()
  readonly #leaving = new Map<number, () => void>()
  #process: BridgeProcess | null = null
  #isReady = false
  #lacks: string | null = null
  #retry: { readonly waitMs: number; readonly at: number } = { waitMs: 0, at: 0 }
  #count = 0
  #isClosed = false

  constructor(options: BridgesOptions) {
    this.#options = options
  }

  /** @throws KnotworkError `bad-name`, `bad-address` without any signalling, `in-use` for a room that is bridged already. */
  open(options: BridgeOptions): Bridge {
    const { room } = options
    const given = this.#checked(options)
    const number = ++this.#count
    const bridge: RoomBridge = new RoomBridge(given, {
      number,
      attach: (name, link) => this.#options.peer.attachYjs(name, link),
      toRoom: (frame) => this.#process?.send({ type: 'toRoom', bridge: number, frame }),
      queuedBytes: () => this.#process?.queuedBytes ?? 0,
      cutOff: (why) => this.#cutOff(bridge, why),
      log: this.#options.log,
    })
    this.#bridges.set(number, bridge)
    this.#join(bridge)
    let closing: Promise<void> | null = null
    return { room, status: bridge.status, close: () => (closing ??= this.#leave(bridge)) }
  }

  async close(): Promise<void> {
    this.#isClosed = true
    await Promise.all([...this.#bridges.values()].map((bridge) => this.#leave(bridge)))
    await this.#process?.end()
  }

  #checked({ room, password, signaling, iceServers = [] }: BridgeOptions): RoomOptions {
    const { ownSignalling } = this.#options
    if (this.#isClosed) throw new KnotworkError('closed', 'this peer was closed')
    const name = documentName(room)
    if (!name.ok) throw new KnotworkError('bad-name', name.error)
    // y-webrtc has one provider for a room in a process; two would say everything twice anyway.
    if ([...this.#bridges.values()].some((bridge) => bridge.options.room === room)) {
      throw new KnotworkError('in-use', `the y-webrtc room ${room} is bridged already`)
    }
    const { roomsMax } = bridgeLimits
    if (this.#bridges.size >= roomsMax) throw new KnotworkError('in-use', `a peer bridges at most ${roomsMax} rooms`)
    const places = signaling ?? (ownSignalling === null ? [] : [ownSignalling])
    if (places.length === 0) {
      throw new KnotworkError(
        'bad-address',
        'a y-webrtc room needs signalling: name a server, or have this peer listen',
      )
    }
    return { room, password: password ?? null, signaling: places, iceServers }
  }

  #join(bridge: RoomBridge): void {
    const { number } = bridge.place
    this.#waiting.delete(number)
    if (this.#isClosed || !this.#bridges.has(number)) return
    if (this.#lacks !== null) {
      bridge.status.set({ type: 'failed', why: this.#lacks })
      return
    }
    const received = (message: FromBridges): void => this.#received(message)
    this.#process ??= new BridgeProcess({ received, ended: () => this.#processEnded() })
    if (!this.#isReady) return
    this.#process.send({ type: 'join', bridge: number, options: bridge.options })
    bridge.attach()
  }

  #received(message: FromBridges): void {
    const { log } = this.#options
    switch (message.type) {
      case 'ready':
        this.#isReady = true
        this.#lacks = message.lacks
        if (message.lacks !== null) log('warn', 'bridgesLackWebRtc', { why: message.lacks })
        for (const [number, bridge] of this.#bridges) if (!this.#waiting.has(number)) this.#join(bridge)
        return
      case 'fault':
        log('debug', 'bridgeFault', { why: message.why })
        return
      case 'left':
        this.#leaving.get(message.bridge)?.()
        return
      default:
        this.#bridges.get(message.bridge)?.received(message)
    }
  }

  /** The document's side ended it, because of what the room said or because its storage fails. */
  #cutOff(bridge: RoomBridge, why: string): void {
    this.#options.log('warn', 'bridgeCutOff', { room: bridge.options.room, why })
    this.#process?.send({ type: 'leave', bridge: bridge.place.number })
    this.#again(bridge, why)
  }

  #processEnded(): void {
    this.#process = null
    this.#isReady = false
    for (const done of this.#leaving.values()) done()
    if (this.#isClosed) return
    const why = 'the process of the bridges ended'
    this.#options.log('warn', 'bridgesEnded', { why })
    for (const [number, bridge] of this.#bridges) if (!this.#waiting.has(number)) this.#again(bridge, why)
  }

  #again(bridge: RoomBridge, why: string): void {
    const now = performance.now()
    const { retryFirstMs, retryMaxMs, retryForgottenMs } = bridgeLimits
    const isFresh = now - this.#retry.at > this.#retry.waitMs + retryForgottenMs
    const waitMs = isFresh ? retryFirstMs : Math.min(2 * this.#retry.waitMs, retryMaxMs)
    this.#retry = { waitMs, at: now }
    bridge.detach({ type: 'failed', why })
    this.#waiting.set(
      bridge.place.number,
      setTimeout(() => this.#join(bridge), waitMs),
    )
  }

  async #leave(bridge: RoomBridge): Promise<void> {
    const { number } = bridge.place
    if (!this.#bridges.delete(number)) return
    clearTimeout(this.#waiting.get(number))
    this.#waiting.delete(number)
    bridge.detach({ type: 'left' })
    if (this.#process === null || !this.#isReady) return
    const left = new Promise<void>((resolve) => {
      this.#leaving.set(number, resolve)
      setTimeout(resolve, bridgeLimits.closeMs).unref()
    })
    this.#process.send({ type: 'leave', bridge: number })
    await left
    this.#leaving.delete(number)
  }
}
