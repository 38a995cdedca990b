/**
 * Counts what a page hands to its data channels and WebSockets. Imported before anything else by every page whose
 * sends are compared, so that all are counted the same way.
 */
export interface Sends {
  readonly messages: number
  readonly bytes: number
}

/** By `channel` or `socket` and the first two bytes: `channel 0 2`. Texts have no bytes: `socket text`. */
export type PageSends = Readonly<Record<string, Sends>>

const counts = new Map<string, { messages: number; bytes: number }>()

function count(pipe: 'channel' | 'socket', data: unknown): void {
  const bytes = bytesOf(data)
  const key = bytes === null ? `${pipe} text` : `${pipe} ${bytes[0]} ${bytes[1]}`
  const counted = counts.get(key) ?? { messages: 0, bytes: 0 }
  counted.messages++
  counted.bytes += bytes?.byteLength ?? String(data).length
  counts.set(key, counted)
}

function bytesOf(data: unknown): Uint8Array | null {
  if (data instanceof ArrayBuffer) return new Uint8Array(data)
  return ArrayBuffer.isView(data) ? new Uint8Array(data.buffer, data.byteOffset, data.byteLength) : null
}

function tap(prototype: RTCDataChannel | WebSocket, pipe: 'channel' | 'socket'): void {
  const send = Object.getOwnPropertyDescriptor(prototype, 'send')?.value as (data: unknown) => void
  Object.defineProperty(prototype, 'send', {
    configurable: true,
    writable: true,
    value(this: object, data: unknown): void {
      count(pipe, data)
      Reflect.apply(send, this, [data])
    },
  })
}

tap(RTCDataChannel.prototype, 'channel')
tap(WebSocket.prototype, 'socket')

/** All that this page has sent so far. */
export const pageSends = (): PageSends => Object.fromEntries(structuredClone(counts))
