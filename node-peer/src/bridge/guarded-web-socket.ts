/** The WebSocket that y-webrtc finds as a global: a listener that throws does not stop it from reading. */
import { WebSocket } from 'ws'

/** `ws` goes through here for `onmessage`, too. */
type Listen = (this: WebSocket, type: string, listener: (event: unknown) => void, options?: object) => void

/**
 * y-webrtc throws on signals that it does not expect, and `ws` never reads on after a listener that threw: one message
 * of anybody would end the signalling.
 */
export function guardedWebSocket(fault: (thrown: unknown) => void): typeof WebSocket {
  class GuardedWebSocket extends WebSocket {}
  const { value } = Object.getOwnPropertyDescriptor(WebSocket.prototype, 'addEventListener') ?? {}
  const listen = value as Listen
  const guarded: Listen = function guarded(type, listener, options) {
    const calm = (event: unknown): void => {
      try {
        listener.call(this, event)
      } catch (thrown) {
        fault(thrown)
      }
    }
    listen.call(this, type, calm, options)
  }
  Object.defineProperty(GuardedWebSocket.prototype, 'addEventListener', { value: guarded })
  return GuardedWebSocket
}
