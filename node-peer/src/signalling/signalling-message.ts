/** What clients of y-webrtc's signalling say: one JSON object a text frame (PROTOCOL.md [SG1]). Decoding never throws. */
import type { Result } from '@knotwork/core'
import { signallingLimits } from './signalling-limits.ts'

export type SignallingMessage =
  | { readonly type: 'subscribe'; readonly topics: readonly string[] }
  | { readonly type: 'unsubscribe'; readonly topics: readonly string[] }
  /** `text` is the whole message as it came: it is passed on without being written anew. */
  | { readonly type: 'publish'; readonly topic: string; readonly text: string }
  | { readonly type: 'ping' }
  /** For a later version of the wire. */
  | { readonly type: 'skipped' }

export function decodeSignalling(text: string): Result<SignallingMessage, string> {
  const { messageBytesMax } = signallingLimits
  if (Buffer.byteLength(text) > messageBytesMax) return refused(`a message has at most ${messageBytesMax} bytes`)
  let parsed: unknown
  try {
    parsed = JSON.parse(text)
  } catch {
    return refused('not JSON')
  }
  if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed)) return refused('not a JSON object')
  const { type, topics, topic } = parsed as Readonly<Record<string, unknown>>
  switch (type) {
    case 'subscribe':
    case 'unsubscribe': {
      if (!Array.isArray(topics)) return refused(`${type} needs a list of topics`)
      for (const each of topics) if (!isTopic(each)) return refused(notATopic)
      return { ok: true, value: { type, topics: topics as readonly string[] } }
    }
    case 'publish':
      return isTopic(topic) ? { ok: true, value: { type, topic, text: text.trim() } } : refused(notATopic)
    case 'ping':
      return { ok: true, value: { type } }
    default:
      return typeof type === 'string' ? { ok: true, value: { type: 'skipped' } } : refused('a message without a type')
  }
}

export const pong = JSON.stringify({ type: 'pong' })

/** The message with the number of its receivers. Of two fields with one name the last one counts. */
export function countedPublication(text: string, clients: number): string {
  return `${text.slice(0, -1)},"clients":${clients}}`
}

const notATopic = `a topic is a text of 1 to ${signallingLimits.topicBytesMax} bytes`

function isTopic(value: unknown): value is string {
  return typeof value === 'string' && value !== '' && Buffer.byteLength(value) <= signallingLimits.topicBytesMax
}

function refused(error: string): Result<never, string> {
  return { ok: false, error }
}
