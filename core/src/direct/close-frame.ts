/**
 * A data channel closes without a word; so the last frame says why (PROTOCOL.md [TR14]): the byte 0xff, which begins
 * no message of ours, then varUint code and the reason as text.
 */
import * as decoding from 'lib0/decoding'
import * as encoding from 'lib0/encoding'

const marks = Uint8Array.of(0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff)

export function closeFrame(code: number, reason: string): Uint8Array {
  return encoding.encode((encoder) => {
    encoding.writeUint8Array(encoder, marks)
    encoding.writeVarUint(encoder, code)
    encoding.writeVarString(encoder, reason)
  })
}

/** Code and reason when this is such a frame. */
export function readClose(frame: Uint8Array): { readonly code: number; readonly reason: string } | null {
  if (frame.byteLength <= marks.byteLength) return null
  for (let i = 0; i < marks.byteLength; i++) if (frame[i] !== 0xff) return null
  try {
    const decoder = decoding.createDecoder(frame.subarray(marks.byteLength))
    return { code: decoding.readVarUint(decoder), reason: decoding.readVarString(decoder) }
  } catch {
    return null
  }
}
