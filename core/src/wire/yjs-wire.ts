/**
 * The wire of y-websocket 1, 2 and 3: one document per connection, one message per frame, lib0 encoding.
 * 0 sync (0 step 1 + state vector | 1 step 2 + update | 2 update), 1 awareness, 2 auth, 3 query awareness; 102 of y-sweet.
 */
import * as decoding from 'lib0/decoding'
import { varUintBytes, writeVarUintAt } from '../bytes.ts'
import { limits } from '../limits.ts'
import { err, messageOf, ok, unreachable, type Result } from '../result.ts'

export type YjsMessage =
  | { readonly type: 'step1'; readonly stateVector: Uint8Array }
  | { readonly type: 'step2'; readonly update: Uint8Array }
  | { readonly type: 'update'; readonly update: Uint8Array }
  | { readonly type: 'awareness'; readonly states: Uint8Array }
  | { readonly type: 'queryAwareness' }
  /** Of y-sweet: wants these very bytes back when everything before it is stored. */
  | { readonly type: 'mark'; readonly mark: Uint8Array }
  | { readonly type: 'skipped' }

const channel = { sync: 0, awareness: 1, auth: 2, queryAwareness: 3, mark: 102 } as const

export function encodeYjs(message: Exclude<YjsMessage, { type: 'skipped' }>): Uint8Array {
  switch (message.type) {
    case 'awareness':
      return withBytes([channel.awareness], message.states)
    case 'queryAwareness':
      return Uint8Array.of(channel.queryAwareness)
    case 'mark':
      return withBytes([channel.mark], message.mark)
    case 'step1':
      return withBytes([channel.sync, 0], message.stateVector)
    case 'step2':
      return withBytes([channel.sync, 1], message.update)
    case 'update':
      return withBytes([channel.sync, 2], message.update)
    default:
      return unreachable(message)
  }
}

/** Small numbers, and bytes behind their length: put together at once, because every edit of everybody passes here. */
function withBytes(numbers: readonly number[], bytes: Uint8Array): Uint8Array {
  const { byteLength } = bytes
  const message = new Uint8Array(numbers.length + varUintBytes(byteLength) + byteLength)
  message.set(numbers)
  message.set(bytes, writeVarUintAt(message, numbers.length, byteLength))
  return message
}

/** An awareness message about nobody: harmless, and keeps a client from closing after 30 s of silence. */
export const yjsKeepAlive: Uint8Array = encodeYjs({ type: 'awareness', states: Uint8Array.of(0) })

export function decodeYjs(frame: Uint8Array): Result<YjsMessage, string> {
  try {
    const decoder = decoding.createDecoder(frame)
    switch (decoding.readVarUint(decoder)) {
      case channel.sync:
        return readSync(decoder)
      case channel.awareness:
        return ok({ type: 'awareness', states: decoding.readVarUint8Array(decoder) })
      case channel.queryAwareness:
        return ok({ type: 'queryAwareness' })
      case channel.mark:
        return readMark(decoder)
      default:
        return ok({ type: 'skipped' })
    }
  } catch (thrown) {
    return err(messageOf(thrown))
  }
}

function readMark(decoder: decoding.Decoder): Result<YjsMessage, string> {
  const mark = decoding.readVarUint8Array(decoder)
  return mark.byteLength > limits.markBytesMax ? err('a mark above the limit') : ok({ type: 'mark', mark })
}

function readSync(decoder: decoding.Decoder): Result<YjsMessage, string> {
  const type = decoding.readVarUint(decoder)
  const bytes = decoding.readVarUint8Array(decoder)
  if (bytes.byteLength > limits.messageBytesMax) return err('a sync message above the limit')
  if (type === 0) return ok({ type: 'step1', stateVector: bytes })
  if (type === 1) return ok({ type: 'step2', update: bytes })
  if (type === 2) return ok({ type: 'update', update: bytes })
  return ok({ type: 'skipped' })
}
