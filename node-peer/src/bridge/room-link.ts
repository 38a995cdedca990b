/** What is added to a `simple-peer` of y-webrtc, so that a link does no harm when the other side does wrong. */
import { bridgeLimits } from './bridge-limits.ts'

/** What is used of it; y-webrtc does not type it. */
export interface SimplePeer {
  readonly initiator: boolean
  readonly connected: boolean
  on(event: string, listener: (data: Uint8Array) => void): void
  off(event: string, listener: (data: Uint8Array) => void): void
  removeAllListeners(): void
  listeners(event: string): readonly ((data: Uint8Array) => void)[]
  send: (data: Uint8Array) => void
  signal: (signal: unknown) => void
  destroy(): void
}

export interface RoomLinkEvents {
  opened(): void
  closed(): void
  /** Calls `read`, which takes in a frame of this link. */
  reading(read: () => void): void
  fault(why: unknown): void
  /** The other side called while we did, and its call counts. This link is at its end. */
  calledBack(offer: unknown): void
}

export function guardLink(peer: SimplePeer, events: RoomLinkEvents): void {
  const tooLate = setTimeout(() => peer.destroy(), bridgeLimits.linkMs)
  peer.on('connect', () => {
    clearTimeout(tooLate)
    events.opened()
  })
  peer.on('close', () => {
    clearTimeout(tooLate)
    events.closed()
  })
  guardFrames(peer, events)
  if (peer.initiator) yieldToOffers(peer, events, () => clearTimeout(tooLate))
}

/**
 * A frame that y-webrtc cannot read ends the link it came by, and no more. And none goes back to where it comes from:
 * y-webrtc tells everybody of an edit, its sender too.
 */
function guardFrames(peer: SimplePeer, events: RoomLinkEvents): void {
  const [read] = peer.listeners('data')
  if (read === undefined) return
  let reading: Uint8Array | null = null
  const send = peer.send.bind(peer)
  peer.send = (data) => {
    if (reading === null || !Buffer.from(reading).equals(data)) send(data)
  }
  peer.off('data', read)
  peer.on('data', (data) => {
    reading = data
    try {
      events.reading(() => read(data))
    } catch (thrown) {
      events.fault(thrown)
      peer.destroy()
    } finally {
      reading = null
    }
  })
}

function yieldToOffers(peer: SimplePeer, events: RoomLinkEvents, ended: () => void): void {
  const signal = peer.signal.bind(peer)
  peer.signal = (given) => {
    if (peer.connected || (given as { readonly type?: unknown } | null)?.type !== 'offer') {
      signal(given)
      return
    }
    ended()
    // Nobody is to hear of its end: the link goes on with another.
    peer.removeAllListeners()
    peer.on('error', () => undefined)
    peer.destroy()
    events.calledBack(given)
  }
}
