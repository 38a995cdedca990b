import { encodeBody } from '../wire/document-codec.ts'
import type { DocumentMessage } from '../wire/message.ts'

const bodies = new WeakMap<object, Uint8Array>()

/**
 * The encoded body of a message, made once however many neighbours get it (PROTOCOL.md [BR2]): the outbox gives all of
 * them the same array of updates, and presence the same bytes.
 */
export function bodyOf(message: DocumentMessage): Uint8Array {
  let key: object = message
  if (message.type === 'updates') key = message.updates
  else if (message.type === 'presence') key = message.states
  const known = bodies.get(key)
  if (known !== undefined) return known
  const body = encodeBody(message)
  bodies.set(key, body)
  return body
}
