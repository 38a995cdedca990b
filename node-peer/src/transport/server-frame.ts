/**
 * A message as the WebSocket frame a server sends (RFC 6455, 5.2: binary, whole, unmasked), made once for all who get
 * the very same bytes. `ws` would make the head anew for each, and hand the system two pieces in place of one.
 */
import type { Duplex } from 'node:stream'

const wholeBinary = 0x82
/** Above this, a head of its own costs less than a copy. */
const copiedBytesMax = 16 * 1024

/** The latest messages: whoever gets the same one gets it in the same turn. A WeakMap would keep all of them until the next full collection. */
const frames = new Map<Uint8Array, Uint8Array>()
const framesMax = 16

/** Writes a message to a socket whose WebSocket was opened by its other end. */
export function writeServerFrame(stream: Duplex, message: Uint8Array): void {
  if (message.byteLength <= copiedBytesMax) {
    stream.write(framed(message))
    return
  }
  stream.cork()
  stream.write(headOf(message.byteLength))
  stream.write(message)
  stream.uncork()
}

function framed(message: Uint8Array): Uint8Array {
  const known = frames.get(message)
  if (known !== undefined) return known
  const head = headOf(message.byteLength)
  const frame = new Uint8Array(head.byteLength + message.byteLength)
  frame.set(head)
  frame.set(message, head.byteLength)
  if (frames.size >= framesMax) frames.clear()
  frames.set(message, frame)
  return frame
}

function headOf(sizeBytes: number): Uint8Array {
  if (sizeBytes < 126) return Uint8Array.of(wholeBinary, sizeBytes)
  if (sizeBytes < 65_536) return Uint8Array.of(wholeBinary, 126, sizeBytes >>> 8, sizeBytes & 255)
  const head = new DataView(new ArrayBuffer(10))
  head.setUint8(0, wholeBinary)
  head.setUint8(1, 127)
  head.setBigUint64(2, BigInt(sizeBytes))
  return new Uint8Array(head.buffer)
}
