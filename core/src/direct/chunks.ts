/**
 * Frames in pieces that every data channel takes (PROTOCOL.md [TR13]): one byte, 1 on the last piece and 0 before, and
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

const nothing = new Uint8Array(0)

export class ChunkReassembly {
  /** One growing buffer, not a list: a million pieces of one byte must not cost a million objects. */
  #buffer = nothing
  #sizeBytes = 0

  /** The frame when this was its last piece, null before; an error ends the link. */
  add(chunk: Uint8Array): Result<Uint8Array | null, string> {
    const isLast = chunk[0] === 1
    const piece = chunk.subarray(1)
    if (!isLast && (chunk[0] !== 0 || piece.byteLength === 0)) return err('a piece that is none')
    if (this.#sizeBytes + piece.byteLength > limits.frameBytesMax) {
      return err(`a frame above ${limits.frameBytesMax} bytes`)
    }
    if (isLast && this.#sizeBytes === 0) return ok(piece)
    this.#append(piece)
    if (!isLast) return ok(null)
    const frame = this.#buffer.subarray(0, this.#sizeBytes)
    this.#buffer = nothing
    this.#sizeBytes = 0
    return ok(frame)
  }

  #append(piece: Uint8Array): void {
    const neededBytes = this.#sizeBytes + piece.byteLength
    if (neededBytes > this.#buffer.byteLength) {
      const grown = new Uint8Array(Math.min(limits.frameBytesMax, Math.max(4 * roomBytes, 2 * neededBytes)))
      grown.set(this.#buffer.subarray(0, this.#sizeBytes))
      this.#buffer = grown
    }
    this.#buffer.set(piece, this.#sizeBytes)
    this.#sizeBytes = neededBytes
  }
}
