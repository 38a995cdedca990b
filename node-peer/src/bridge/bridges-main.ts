/**
 * The process of a peer's bridges. y-webrtc throws out of its listeners on signals it does not expect, keeps one set of
 * rooms for all of a process, needs a global WebSocket, and brings native code: none of that is let into the peer.
 */
import { messageOf } from '@knotwork/core'
import { bridgeLimits } from './bridge-limits.ts'
import type { FromBridges, ToBridges } from './bridge-messages.ts'
import { guardedWebSocket } from './guarded-web-socket.ts'
import { loadWebRtc, type WebRtc } from './node-web-rtc.ts'
import { WebRtcRoom } from './web-rtc-room.ts'

const rooms = new Map<number, WebRtcRoom>()
let queuedBytes = 0

function say(message: FromBridges): void {
  const sizeBytes = 'frame' in message ? message.frame.byteLength : 0
  queuedBytes += sizeBytes
  // The peer does not read: it begins anew with another process.
  if (queuedBytes > bridgeLimits.queueBytesMax) process.exit(1)
  process.send?.(message, undefined, undefined, () => {
    queuedBytes -= sizeBytes
  })
}

const fault = (thrown: unknown): void => say({ type: 'fault', why: messageOf(thrown) })

// Whoever can publish in a room can make y-webrtc throw: a signal for a link that is gone is enough, or a wrong password.
// y-protocols prints updates that are none, one by one.
console.error = (...words: readonly unknown[]) => fault(words.map((word) => messageOf(word)).join(' '))
process.on('uncaughtException', fault)
process.on('unhandledRejection', fault)
// The signals of a terminal are for the peer, which says when to leave.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => undefined)
process.on('disconnect', () => process.exit())

// Node 20 has none, and those of later versions are none of ours.
Object.assign(globalThis, { WebSocket: guardedWebSocket(fault) })

const webRtc = await loadWebRtc((sizeBytes) => {
  fault(`a message of ${sizeBytes} bytes is too big for a data channel, and y-webrtc does not split it`)
})

function obey(message: ToBridges, rtc: WebRtc): void {
  const { bridge } = message
  switch (message.type) {
    case 'join': {
      const send = (frame: Uint8Array): void => say({ type: 'fromRoom', bridge, frame })
      const changed: ConstructorParameters<typeof WebRtcRoom>[2]['changed'] = (state) => {
        say({ type: 'room', bridge, ...state })
      }
      rooms.set(bridge, new WebRtcRoom(message.options, rtc, { send, changed, fault }))
      return
    }
    case 'toRoom':
      rooms.get(bridge)?.received(message.frame)
      return
    case 'leave': {
      const room = rooms.get(bridge)
      rooms.delete(bridge)
      void room?.leave().then(() => say({ type: 'left', bridge }))
    }
  }
}

if (typeof webRtc !== 'string') process.on('message', (message) => obey(message as ToBridges, webRtc))
say({ type: 'ready', lacks: typeof webRtc === 'string' ? webRtc : null })
