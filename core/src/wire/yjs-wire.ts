/**
 * The wire of y-websocket 1, 2 and 3: one document per connection, one message per frame, lib0 encoding.
 * 0 sync (0 step 1 + state vector | 1 step 2 + update | 2 update), 1 awareness, 2 auth, 3 query awareness.
 */
import * as decoding from 'lib0/decoding'
import * as encoding from 'lib0/encoding'
import { limits } from '../limits.ts'
import { err, messageOf, ok, type Result } from '../result.ts'

export type YjsMessage =
  | { readonly type: 'step1'; readonly stateVector: Uint8Array }
  | { readonly type: 'step2'; readonly update: Uint8Array }
  | { readonly type: 'update'; readonly update: Uint8Array }
  | { readonly type: 'awareness'; readonly states: Uint8Array }
  | { readonly type: 'queryAwareness' }
  | { readonly type: 'skipped' }

const channel = { sync: 0, awareness: 1, auth: 2, queryAwareness: 3 } as const
const syncTypes = ['step1', 'step2', 'update'] as const

export function encodeYjs(message: Exclude<YjsMessage, { type: 'skipped' }>): Uint8Array {
  return encoding.encode((encoder) => {
    if (message.type === 'awareness') {
      encoding.writeVarUint(encoder, channel.awareness)
      encoding.writeVarUint8Array(encoder, message.states)
    } else if (message.type === 'queryAwareness') {
      encoding.writeVarUint(encoder, channel.queryAwareness)
    } else {
      encoding.writeVarUint(encoder, channel.sync)
      encoding.writeVarUint(encoder, syncTypes.indexOf(message.type))
      encoding.writeVarUint8Array(encoder, message.type === 'step1' ? message.stateVector : message.update)
    }
  })
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
      default:
        return ok({ type: 'skipped' })
    }
  } catch (thrown) {
    return err(messageOf(thrown))
  }
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
