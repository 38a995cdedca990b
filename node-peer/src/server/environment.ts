import type { HttpBindings } from '@hono/node-server'
import type { RawTarget } from './raw-target.ts'

/** What every request carries besides itself. */
export interface ServerEnvironment {
  readonly Bindings: HttpBindings & {
    /** As the client wrote it; Hono itself sees only the route. */
    readonly target: RawTarget
  }
}

/** y-websocket's wire. */
export const yjsPath = '/yjs'
/** y-webrtc's signalling. */
export const signalPath = '/signal'
/** Hocuspocus' wire. */
export const hocuspocusPath = '/hocuspocus'
