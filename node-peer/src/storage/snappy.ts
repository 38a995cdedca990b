/** Snappy, the way out: as its format description says. Of blocks whose checksum is right. */
export function unsnappy(compressed: Buffer): Buffer {
  let at = 0
  const number = (count: number): number => {
    at += count
    return compressed.readUIntLE(at - count, count)
  }
  let length = 0
  for (let scale = 1; ; scale *= 128) {
    const byte = number(1)
    length += (byte & 127) * scale
    if (byte < 128) break
  }
  const bytes = Buffer.alloc(length)
  let end = 0
  while (at < compressed.byteLength) {
    const tag = number(1)
    if ((tag & 3) === 0) {
      const short = tag >> 2
      const count = 1 + (short < 60 ? short : number(short - 59))
      end += compressed.copy(bytes, end, at, at + count)
      at += count
      continue
    }
    const isNear = (tag & 3) === 1
    const count = isNear ? 4 + ((tag >> 2) & 7) : 1 + (tag >> 2)
    const distance = isNear ? ((tag >> 5) << 8) | number(1) : number((tag & 3) === 2 ? 2 : 4)
    // Byte by byte: what is copied may be what has just been copied.
    for (const stop = end + count; end < stop; end++) bytes[end] = bytes[end - distance] ?? 0
  }
  return bytes
}
