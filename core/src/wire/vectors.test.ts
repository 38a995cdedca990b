import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { fromHex, hex } from '../../test/bytes.ts'
import { decodeMessage, encodeMessage } from './codec.ts'
import { messageType } from './message-type.ts'
import type { LinkMessage } from './message.ts'

interface Vector {
  readonly title: string
  readonly hex: string
  /** The message as JSON; see `revive`. */
  readonly message: LinkMessage
}

const file = new URL('vectors.json', import.meta.url)

/** Bytes are written as `{"hex": …}` in the file, maps as `{"map": [[key, value], …]}`, numbers of 64 bits as `{"uint64": …}`. */
function revive(_key: string, value: unknown): unknown {
  if (typeof value !== 'object' || value === null || 'title' in value) return value
  if (Object.hasOwn(value, 'map') && 'map' in value) return new Map(value.map as [number, number][])
  if ('uint64' in value && typeof value.uint64 === 'string') return BigInt(`0x${value.uint64}`)
  return 'hex' in value && typeof value.hex === 'string' ? fromHex(value.hex) : value
}

const vectors = JSON.parse(readFileSync(file, 'utf8'), revive) as readonly Vector[]

describe('[WI3] the examples in vectors.json', () => {
  it.each(vectors)('[WI3] $title: is written so', ({ hex: expected, message }) => {
    expect(hex(encodeMessage(message))).toBe(expected)
  })

  it.each(vectors)('[WI3] $title: is read so', ({ hex: frame, message }) => {
    expect(decodeMessage(fromHex(frame))).toEqual({ ok: true, value: message })
  })

  it('[WI3] there is at least one for every type of message, and no two are the same', () => {
    const types = new Set(vectors.map(({ hex: frame }) => fromHex(frame)[0]))
    expect([...types].toSorted((a = 0, b = 0) => a - b)).toEqual(Object.values(messageType))
    expect(new Set(vectors.map((vector) => vector.hex)).size).toBe(vectors.length)
    expect(new Set(vectors.map((vector) => vector.title)).size).toBe(vectors.length)
  })
})
