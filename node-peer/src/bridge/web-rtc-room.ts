/** One y-webrtc room in the process of the bridges: the stock provider on a replica that is kept in step with the peer's. */
import { Awareness } from 'y-protocols/awareness'
import { WebrtcConn, WebrtcProvider, type SignalingConn } from 'y-webrtc'
import { Doc } from 'yjs'
import { bridgeLimits } from './bridge-limits.ts'
import type { RoomOptions } from './bridge-messages.ts'
import type { WebRtc } from './node-web-rtc.ts'
import { guardLink, type SimplePeer } from './room-link.ts'
import { YjsConversation } from './yjs-conversation.ts'

export interface RoomEvents {
  /** A frame for the peer. */
  send(frame: Uint8Array): void
  changed(state: { readonly linked: number; readonly isSignalling: boolean }): void
  fault(why: unknown): void
}

interface PresenceChange {
  readonly added: readonly number[]
  readonly updated: readonly number[]
  readonly removed: readonly number[]
}

interface Signalling {
  readonly connected: boolean
  on(event: string, listener: () => void): void
}

export class WebRtcRoom {
  readonly #events: RoomEvents
  readonly #doc = new Doc()
  readonly #awareness = new Awareness(this.#doc)
  readonly #conversation: YjsConversation
  readonly #provider: WebrtcProvider
  /** By which link somebody's presence came last: a page that leaves often has no time to take it back. */
  readonly #toldBy = new Map<number, WebrtcConn>()
  #reading: WebrtcConn | null = null

  constructor({ room, password, signaling, iceServers }: RoomOptions, webRtc: WebRtc, events: RoomEvents) {
    this.#events = events
    // The bridge is nobody in the room; it speaks for those behind it.
    this.#awareness.setLocalState(null)
    this.#conversation = new YjsConversation({
      doc: this.#doc,
      awareness: this.#awareness,
      send: (frame) => events.send(frame),
    })
    this.#awareness.on('update', (change: PresenceChange) => this.#noteWho(change))
    this.#provider = new WebrtcProvider(room, this.#doc, {
      signaling: [...signaling],
      awareness: this.#awareness,
      maxConns: bridgeLimits.linksPerRoomMax,
      filterBcConns: false,
      peerOpts: { wrtc: webRtc, config: { iceServers } },
      ...(password === null ? {} : { password }),
    })
    this.#provider.on('status', () => this.#opened())
    this.#provider.on('peers', ({ added }) => this.#linking(added))
    for (const each of this.#provider.signalingConns as readonly Signalling[]) {
      for (const event of ['connect', 'disconnect']) each.on(event, () => this.#changed())
    }
  }

  received(frame: Uint8Array): void {
    this.#conversation.received(frame)
  }

  /** Takes those behind the bridge away from the room, and leaves it when that was said. */
  async leave(): Promise<void> {
    this.#conversation.end()
    await new Promise((resolve) => setTimeout(resolve, bridgeLimits.farewellMs))
    // `destroy` alone leaves the signalling sockets open.
    this.#provider.disconnect()
    this.#provider.destroy()
    this.#awareness.destroy()
    this.#doc.destroy()
  }

  #opened(): void {
    const { room } = this.#provider
    // Nobody else is in this process: what is said on a BroadcastChannel comes back to the room itself.
    if (room !== null) room.bcconnected = false
    this.#changed()
  }

  #linking(added: readonly string[]): void {
    for (const id of added) {
      const link = this.#provider.room?.webrtcConns.get(id)
      if (link !== undefined) this.#watch(link)
    }
    this.#changed()
  }

  #watch(link: WebrtcConn): void {
    // Of two that call each other at once the one with the higher token stays with its offer; pages take the time.
    link.glareToken = Math.random()
    guardLink(link.peer as SimplePeer, {
      opened: () => this.#changed(),
      closed: () => this.#lost(link),
      reading: (read) => {
        this.#reading = link
        try {
          read()
        } finally {
          this.#reading = null
        }
      },
      fault: (why) => this.#events.fault(why),
      calledBack: (offer) => this.#answer(link, offer),
    })
  }

  /** WebRTC in Node cannot take an offer once it made one: another link answers in place of the one that called. */
  #answer(calling: WebrtcConn, offer: unknown): void {
    const { room } = this.#provider
    const [signalling] = this.#provider.signalingConns as readonly SignalingConn[]
    if (room === null || signalling === undefined) return
    const { remotePeerId } = calling
    const answering = new WebrtcConn(signalling, false, remotePeerId, room)
    room.webrtcConns.set(remotePeerId, answering)
    this.#watch(answering)
    ;(answering.peer as SimplePeer).signal(offer)
  }

  #noteWho({ added, updated, removed }: PresenceChange): void {
    for (const client of removed) this.#toldBy.delete(client)
    if (this.#reading === null) return
    for (const client of [...added, ...updated]) this.#toldBy.set(client, this.#reading)
  }

  #lost(link: WebrtcConn): void {
    const clients = [...this.#toldBy].flatMap(([client, by]) => (by === link ? [client] : []))
    for (const client of clients) this.#toldBy.delete(client)
    this.#conversation.lost(clients)
    this.#changed()
  }

  #changed(): void {
    const links = [...(this.#provider.room?.webrtcConns.values() ?? [])]
    const signalling = this.#provider.signalingConns as readonly Signalling[]
    this.#events.changed({
      linked: links.filter(({ connected, closed }) => connected && !closed).length,
      isSignalling: signalling.some(({ connected }) => connected),
    })
  }
}
