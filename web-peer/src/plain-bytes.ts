/** Bytes as a browser's own functions want them: not over shared memory, and not a window on something bigger. */

/** The same bytes, typed as not shared; copied only when they are. */
export function plainBytes(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  const { buffer } = bytes
  return buffer instanceof ArrayBuffer ? new Uint8Array(buffer, bytes.byteOffset, bytes.byteLength) : bytes.slice()
}

/** The same bytes in a buffer of their size: a structured clone copies the whole buffer behind a view. */
export function tightBytes(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  return bytes.byteLength === bytes.buffer.byteLength ? plainBytes(bytes) : bytes.slice()
}
