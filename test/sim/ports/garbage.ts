/** What a broken or hostile peer may send in place of a frame: bytes that are surely no message, though nearly one. */
import { decodePresence } from '../../../core/src/presence/presence-codec.ts'
import { bulkLimits, decodeVector, inspect } from '../../../core/src/replica/gate.ts'
import { decodeMessage } from '../../../core/src/wire/codec.ts'
import { decodeYjs } from '../../../core/src/wire/yjs-wire.ts'
import type { Rng } from '../world/random.ts'

const triesMax = 40

/** `isStock`: a frame of y-websocket's wire. */
export function garbageFrom(frame: Uint8Array, rng: Rng, isStock: boolean): Uint8Array {
  for (let i = 0; i < triesMax; i++) {
    const spoiled = rng.chance(0.2) ? frame.slice(0, rng.whole(0, frame.byteLength - 1)) : flipped(frame, rng)
    if (isStock ? isGarbageOfStock(spoiled) : isGarbage(spoiled)) return spoiled
  }
  // An `open`, and a sync message, without anything in it.
  return isStock ? Uint8Array.of(0) : Uint8Array.of(8)
}

function flipped(frame: Uint8Array, rng: Rng): Uint8Array {
  const spoiled = frame.slice()
  const flips = rng.whole(1, 3)
  for (let i = 0; i < flips; i++) {
    const at = rng.whole(0, spoiled.byteLength - 1)
    spoiled[at] = (spoiled[at] ?? 0) ^ (1 << rng.whole(0, 7))
  }
  return spoiled
}

function isGarbage(frame: Uint8Array): boolean {
  const decoded = decodeMessage(frame)
  if (!decoded.ok) return true
  if (decoded.value.type !== 'document') return false
  const { message } = decoded.value
  switch (message.type) {
    case 'updates':
      return message.updates.some((update) => !inspect(update, bulkLimits).ok)
    case 'missing':
      return !inspect(message.update, bulkLimits).ok
    case 'presence':
      return !decodePresence(message.states).ok
    default:
      return false
  }
}

function isGarbageOfStock(frame: Uint8Array): boolean {
  const decoded = decodeYjs(frame)
  if (!decoded.ok) return true
  const message = decoded.value
  switch (message.type) {
    case 'step1':
      return !decodeVector(message.stateVector).ok
    case 'step2':
    case 'update':
      return !inspect(message.update, bulkLimits).ok
    case 'awareness':
      return !decodePresence(message.states).ok
    default:
      return false
  }
}
