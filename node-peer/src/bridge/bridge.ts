/** A document of a peer in a y-webrtc room. Towards the document the room is one client of y-websocket's wire. */
import { Watchable, type Link, type LinkReceiver, type Log, type Watched } from '@knotwork/core'
import type { FromBridges, RoomOptions } from './bridge-messages.ts'

export type BridgeStatus =
  | { readonly type: 'starting' }
  /** `linked`: pages with an open data channel. Without signalling those who are linked stay so, and nobody joins. */
  | { readonly type: 'joined'; readonly linked: number; readonly isSignalling: boolean }
  /** Tried again, unless there is no WebRTC here. */
  | { readonly type: 'failed'; readonly why: string }
  | { readonly type: 'left' }

export interface Bridge {
  readonly room: string
  readonly status: Watched<BridgeStatus>
  /** Resolves when the room was left. */
  close(): Promise<void>
}

export interface BridgePlace {
  readonly number: number
  readonly attach: (name: string, link: Link) => LinkReceiver
  readonly toRoom: (frame: Uint8Array) => void
  readonly queuedBytes: () => number
  /** The document's side has ended the conversation. */
  readonly cutOff: (why: string) => void
  readonly log: Log
}

/** Its life is in `bridges.ts`. */
export class RoomBridge {
  readonly options: RoomOptions
  readonly place: BridgePlace
  readonly status: Watchable<BridgeStatus>
  #receiver: LinkReceiver | null = null

  constructor(options: RoomOptions, place: BridgePlace) {
    this.options = options
    this.place = place
    this.status = new Watchable<BridgeStatus>({ type: 'starting' }, (thrown) => {
      place.log('error', 'listenerFailed', { why: String(thrown) })
    })
  }

  /** Joins the document to the room, which the other process has just opened. */
  attach(): void {
    let isOpen = true
    const { place } = this
    const link: Link = {
      description: `y-webrtc room ${this.options.room}`,
      transport: 'y-webrtc',
      get queuedBytes() {
        return place.queuedBytes()
      },
      send: (frame) => {
        if (isOpen) place.toRoom(frame)
      },
      close: (_, reason) => {
        if (!isOpen) return
        isOpen = false
        this.#receiver = null
        place.cutOff(reason)
      },
    }
    const receiver = place.attach(this.options.room, link)
    if (!isOpen) return
    this.#receiver = {
      received: (frame) => receiver.received(frame),
      closed: (code, reason) => {
        isOpen = false
        receiver.closed(code, reason)
      },
    }
  }

  received(message: FromBridges): void {
    // Nothing of a room that is being left.
    if (this.#receiver === null) return
    if (message.type === 'fromRoom') this.#receiver.received(message.frame)
    else if (message.type === 'room') {
      const { linked, isSignalling } = message
      const now = this.status.value
      if (now.type === 'joined' && now.linked === linked && now.isSignalling === isSignalling) return
      this.status.set({ type: 'joined', linked, isSignalling })
    }
  }

  /** The document hears no more of the room. */
  detach(status: BridgeStatus): void {
    this.#receiver?.closed(1001, 'the room was left')
    this.#receiver = null
    this.status.set(status)
  }
}
