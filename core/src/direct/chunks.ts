/**
 * Frames in pieces that every data channel takes (PROTOCOL.md [TR9]): one byte, 1 on the last piece and 0 before, and
 * up to `chunkBytesMax` less one byte of the frame. The channel keeps order and loses nothing.
 */
import { limits } from '../limits.ts'
import { err, ok, type Result } from '../result.ts'

const roomBytes = limits.chunkBytesMax - 1

export function* chunksOf(frame: Uint8Array): Generator<Uint8Array> {
  for (let at = 0; at === 0 || at < frame.byteLength; at += roomBytes) {
    const piece = frame.subarray(at, at + roomBytes)
    const chunk = new Uint8Array(piece.byteLength + 1)
    chunk[0] = at + roomBytes >= frame.byteLength ? 1 : 0
    chunk.set(piece, 1)
    yield chunk
  }
}

export class ChunkReassembly {
  #pieces: Uint8Array[] = []
  #sizeBytes = 0

  /** The frame when this was its last piece, null before; an error ends the link. */
  add(chunk: Uint8Array): Result<Uint8Array | null, string> {
    if (chunk.byteLength === 0) return err('an empty piece')
    this.#pieces.push(chunk.subarray(1))
    this.#sizeBytes += chunk.byteLength - 1
    if (this.#sizeBytes > limits.frameBytesMax) return err(`a frame above ${limits.frameBytesMax} bytes`)
    if (chunk[0] !== 1) return ok(null)
    const frame = new Uint8Array(this.#sizeBytes)
    let at = 0
    for (const piece of this.#pieces) {
      frame.set(piece, at)
      at += piece.byteLength
    }
    this.#pieces = []
    this.#sizeBytes = 0
    return ok(frame)
  }
}
