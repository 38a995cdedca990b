/**
 * The wire of Hocuspocus: y-websocket's messages with a document before each, so that many share one socket, and some of
 * its own. varString document (with `\0` and a session behind it where a client has several of one document), varUint
 * type, body. A ping or pong is a frame of one byte.
 */
import * as decoding from 'lib0/decoding'
import * as encoding from 'lib0/encoding'

/** 0, 1 and 3 are y-websocket's. */
const type = {
  sync: 0,
  awareness: 1,
  auth: 2,
  queryAwareness: 3,
  syncReply: 4,
  stateless: 5,
  broadcastStateless: 6,
  close: 7,
  syncStatus: 8,
  ping: 9,
  pong: 10,
} as const
const auth = { token: 0, denied: 1, authenticated: 2 } as const

export type Permission = 'read-write' | 'readonly'

export type HocuspocusMessage =
  | { readonly type: 'ping' }
  | { readonly type: 'skipped' }
  /** `key` is what it calls the document, session included. */
  | { readonly type: 'token'; readonly key: string; readonly token: string }
  /** For the document, as y-websocket has it. */
  | { readonly type: 'yjs'; readonly key: string; readonly frame: Uint8Array }
  | { readonly type: 'stateless'; readonly key: string; readonly payload: string; readonly isForAll: boolean }
  | { readonly type: 'close'; readonly key: string }

/** The name of the document that a client calls by that key. */
export function nameOf(key: string): string {
  return key.split('\0', 1)[0] ?? ''
}

/** Null for what is no message. */
export function decodeHocuspocus(frame: Uint8Array): HocuspocusMessage | null {
  if (frame.byteLength === 1) return frame[0] === type.ping ? { type: 'ping' } : { type: 'skipped' }
  try {
    const decoder = decoding.createDecoder(frame)
    const key = decoding.readVarString(decoder)
    const start = decoder.pos
    switch (decoding.readVarUint(decoder)) {
      case type.sync:
      case type.awareness:
      case type.queryAwareness:
        return { type: 'yjs', key, frame: frame.subarray(start) }
      case type.syncReply:
        return { type: 'yjs', key, frame: asSync(frame.subarray(decoder.pos)) }
      case type.auth:
        if (decoding.readVarUint(decoder) !== auth.token) return { type: 'skipped' }
        return { type: 'token', key, token: decoding.readVarString(decoder) }
      case type.stateless:
        return { type: 'stateless', key, payload: decoding.readVarString(decoder), isForAll: false }
      case type.broadcastStateless:
        return { type: 'stateless', key, payload: decoding.readVarString(decoder), isForAll: true }
      case type.close:
        return { type: 'close', key }
      default:
        return { type: 'skipped' }
    }
  } catch {
    return null
  }
}

function asSync(body: Uint8Array): Uint8Array {
  const frame = new Uint8Array(body.byteLength + 1)
  frame.set(body, 1)
  return frame
}

export const pong: Uint8Array = Uint8Array.of(type.pong)

export function encodeYjsFor(key: string, frame: Uint8Array): Uint8Array {
  return written(key, (encoder) => encoding.writeUint8Array(encoder, frame))
}

export function encodePermission(key: string, permission: Permission): Uint8Array {
  return written(key, (encoder) => {
    encoding.writeVarUint(encoder, type.auth)
    encoding.writeVarUint(encoder, auth.authenticated)
    encoding.writeVarString(encoder, permission)
  })
}

export function encodeDenial(key: string, reason: string): Uint8Array {
  return written(key, (encoder) => {
    encoding.writeVarUint(encoder, type.auth)
    encoding.writeVarUint(encoder, auth.denied)
    encoding.writeVarString(encoder, reason)
  })
}

/** Whether an update of the client is stored, or refused. */
export function encodeSyncStatus(key: string, isStored: boolean): Uint8Array {
  return written(key, (encoder) => {
    encoding.writeVarUint(encoder, type.syncStatus)
    encoding.writeVarUint(encoder, isStored ? 1 : 0)
  })
}

export function encodeStateless(key: string, payload: string): Uint8Array {
  return written(key, (encoder) => {
    encoding.writeVarUint(encoder, type.stateless)
    encoding.writeVarString(encoder, payload)
  })
}

function written(key: string, write: (encoder: encoding.Encoder) => void): Uint8Array {
  return encoding.encode((encoder) => {
    encoding.writeVarString(encoder, key)
    write(encoder)
  })
}
