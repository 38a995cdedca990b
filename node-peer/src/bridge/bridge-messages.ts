/** What a peer and the process of its bridges say to each other. `bridge` numbers the rooms of one peer. */

/** A server that tells a peer its addresses as others see them (STUN), or that passes on for it (TURN). */
export interface IceServer {
  readonly urls: string | readonly string[]
  readonly username?: string
  readonly credential?: string
}

export interface RoomOptions {
  readonly room: string
  readonly password: string | null
  readonly signaling: readonly string[]
  readonly iceServers: readonly IceServer[]
}

export type ToBridges =
  | { readonly type: 'join'; readonly bridge: number; readonly options: RoomOptions }
  /** A frame of y-websocket's wire, as in `fromRoom`. */
  | { readonly type: 'toRoom'; readonly bridge: number; readonly frame: Uint8Array }
  | { readonly type: 'leave'; readonly bridge: number }

export type FromBridges =
  /** `lacks`: why there is no WebRTC here; null when there is. */
  | { readonly type: 'ready'; readonly lacks: string | null }
  | { readonly type: 'fromRoom'; readonly bridge: number; readonly frame: Uint8Array }
  | { readonly type: 'room'; readonly bridge: number; readonly linked: number; readonly isSignalling: boolean }
  | { readonly type: 'left'; readonly bridge: number }
  /** Something went wrong that need not end anything; for the log. */
  | { readonly type: 'fault'; readonly why: string }
