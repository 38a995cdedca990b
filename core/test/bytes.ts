/** Bytes for tests: written as hex, joined, damaged. */
import type { SeededRandom } from './seeded-random.ts'

export function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex')
}

export function fromHex(text: string): Uint8Array {
  return Uint8Array.from(Buffer.from(text, 'hex'))
}

export function joined(...pieces: readonly (Uint8Array | readonly number[])[]): Uint8Array {
  return Uint8Array.from(pieces.flatMap((piece) => [...piece]))
}

/** `varUint` of PROTOCOL.md, written without the library that core uses. */
export function varUint(value: number): readonly number[] {
  const bytes: number[] = []
  let rest = value
  while (rest > 127) {
    bytes.push((rest % 128) | 128)
    rest = Math.floor(rest / 128)
  }
  return [...bytes, rest]
}

/** The bytes with one bit of them turned over. */
export function withFlippedBit(bytes: Uint8Array, random: SeededRandom): Uint8Array {
  const damaged = bytes.slice()
  const at = random.below(damaged.byteLength)
  damaged[at] = (damaged[at] ?? 0) ^ (1 << random.below(8))
  return damaged
}

/** The bytes after one of: a flipped bit, a replaced byte, a cut, an insertion, a repetition. */
export function mutated(bytes: Uint8Array, random: SeededRandom): Uint8Array {
  if (bytes.byteLength === 0) return random.bytes(random.below(4))
  const at = random.below(bytes.byteLength)
  switch (random.below(5)) {
    case 0:
      return withFlippedBit(bytes, random)
    case 1:
      return joined(bytes.subarray(0, at), random.bytes(1), bytes.subarray(at + 1))
    case 2:
      return bytes.slice(0, at)
    case 3:
      return joined(bytes.subarray(0, at), random.bytes(1 + random.below(9)), bytes.subarray(at))
    default:
      return joined(bytes, bytes.subarray(at))
  }
}
