/**
 * SipHash-2-4: a hash of 64 bits under a key of 16 bytes. Whoever does not know the key cannot make two inputs that meet.
 * On halves of 32 bits, because that is what JavaScript adds and rotates fast; each word is two places of `state`,
 * the low half first.
 */

const state = new Uint32Array(8)
const word = new Uint32Array(2)

/** The hash as two halves, `[low, high]`; the array is used again by the next call. */
export function sipHash(key: Uint8Array, bytes: Uint8Array): Uint32Array {
  begin(key)
  const whole = bytes.byteLength - (bytes.byteLength % 8)
  for (let at = 0; at < whole; at += 8) absorb(littleEndian(bytes, at), littleEndian(bytes, at + 4))
  const rest = new Uint8Array(8)
  rest.set(bytes.subarray(whole))
  rest[7] = bytes.byteLength
  absorb(littleEndian(rest, 0), littleEndian(rest, 4))
  state[4] = at(4) ^ 0xff
  for (let round = 0; round < 4; round++) mix()
  word[0] = at(0) ^ at(2) ^ at(4) ^ at(6)
  word[1] = at(1) ^ at(3) ^ at(5) ^ at(7)
  return word
}

function begin(key: Uint8Array): void {
  const [k0, k1, k2, k3] = [0, 4, 8, 12].map((offset) => littleEndian(key, offset))
  // "somepseudorandomlygeneratedbytes", as the definition has it.
  state.set([0x70736575, 0x736f6d65, 0x6e646f6d, 0x646f7261, 0x6e657261, 0x6c796765, 0x79746573, 0x74656462])
  for (const first of [0, 4]) {
    state[first] = at(first) ^ (k0 ?? 0)
    state[first + 1] = at(first + 1) ^ (k1 ?? 0)
    state[first + 2] = at(first + 2) ^ (k2 ?? 0)
    state[first + 3] = at(first + 3) ^ (k3 ?? 0)
  }
}

function absorb(low: number, high: number): void {
  state[6] = at(6) ^ low
  state[7] = at(7) ^ high
  mix()
  mix()
  state[0] = at(0) ^ low
  state[1] = at(1) ^ high
}

/** One SipRound. */
function mix(): void {
  add(0, 2)
  rotate(2, 13)
  xor(2, 0)
  rotate(0, 32)
  add(4, 6)
  rotate(6, 16)
  xor(6, 4)
  add(0, 6)
  rotate(6, 21)
  xor(6, 0)
  add(4, 2)
  rotate(2, 17)
  xor(2, 4)
  rotate(4, 32)
}

function at(index: number): number {
  return state[index] ?? 0
}

function add(to: number, from: number): void {
  const low = at(to) + at(from)
  state[to + 1] = at(to + 1) + at(from + 1) + (low > 0xffffffff ? 1 : 0)
  state[to] = low
}

function xor(to: number, from: number): void {
  state[to] = at(to) ^ at(from)
  state[to + 1] = at(to + 1) ^ at(from + 1)
}

function rotate(index: number, bits: number): void {
  const [low, high] = [at(index), at(index + 1)]
  if (bits === 32) {
    state[index] = high
    state[index + 1] = low
    return
  }
  state[index] = (low << bits) | (high >>> (32 - bits))
  state[index + 1] = (high << bits) | (low >>> (32 - bits))
}

function littleEndian(bytes: Uint8Array, offset: number): number {
  const [a, b, c, d] = [bytes[offset], bytes[offset + 1], bytes[offset + 2], bytes[offset + 3]]
  return ((a ?? 0) | ((b ?? 0) << 8) | ((c ?? 0) << 16) | ((d ?? 0) << 24)) >>> 0
}
