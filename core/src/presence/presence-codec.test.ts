import { describe, expect, it } from 'vitest'
import * as awarenessProtocol from 'y-protocols/awareness'
import { joined, mutated, varUint } from '../../test/bytes.ts'
import { docOf } from '../../test/replicas.ts'
import { SeededRandom } from '../../test/seeded-random.ts'
import { limits } from '../limits.ts'
import { decodePresence, encodePresence, parseState } from './presence-codec.ts'

describe('[WI3] the awareness update of y-protocols', () => {
  it('[WI3] is written and read byte for byte as y-protocols does', () => {
    const awareness = new awarenessProtocol.Awareness(docOf(300))
    awareness.setLocalState({ user: { name: 'Ada 📓' } })
    const stock = awarenessProtocol.encodeAwarenessUpdate(awareness, [300])
    const entry = { client: 300, clock: awareness.meta.get(300)?.clock ?? -1, json: '{"user":{"name":"Ada 📓"}}' }
    expect(encodePresence([entry])).toEqual(stock)
    expect(decodePresence(stock)).toEqual({ ok: true, value: { entries: [entry], tooBig: 0 } })
    awareness.setLocalState(null)
    const gone = awarenessProtocol.encodeAwarenessUpdate(awareness, [300])
    expect(decodePresence(gone)).toEqual({
      ok: true,
      value: { entries: [{ client: 300, clock: entry.clock + 1, json: 'null' }], tooBig: 0 },
    })
    awareness.destroy()
  })

  it('[PR1] a state above 4 KiB is left out and counted; the others in the same message count', () => {
    const biggest = JSON.stringify('x'.repeat(limits.presenceStateBytesMax - 2))
    const small = { client: 1, clock: 1, json: '{"name":"Ada"}' }
    const atLimit = { client: 2, clock: 1, json: biggest }
    const tooBig = { client: 3, clock: 1, json: `${biggest} ` }
    const wide = { client: 4, clock: 1, json: JSON.stringify('📓'.repeat(limits.presenceStateBytesMax / 4)) }
    const last = { client: 5, clock: 1, json: 'null' }
    expect(decodePresence(encodePresence([small, atLimit, tooBig, wide, last]))).toEqual({
      ok: true,
      value: { entries: [small, atLimit, last], tooBig: 2 },
    })
  })

  it('[WI8] a claim of 2^40 states costs nothing; a thousand are taken', () => {
    expect(decodePresence(joined(varUint(2 ** 40))).ok).toBe(false)
    const many = Array.from({ length: limits.presenceStatesMax + 1 }, (_, client) => ({ client, clock: 1, json: '{}' }))
    expect(decodePresence(encodePresence(many)).ok).toBe(false)
    expect(decodePresence(encodePresence(many.slice(1))).ok).toBe(true)
  })

  it('[WI1] damaged presence is a sentence, never an exception', () => {
    const random = new SeededRandom(1)
    const sample = encodePresence([
      { client: 300, clock: 2, json: '{"a":1}' },
      { client: 9, clock: 1, json: 'null' },
    ])
    const outcomes = { ok: 0, error: 0 }
    for (let round = 0; round < 3_000; round++) {
      const bytes = round % 3 === 0 ? random.bytes(random.below(20)) : mutated(sample, random)
      outcomes[decodePresence(bytes).ok ? 'ok' : 'error']++
    }
    expect(Math.min(outcomes.ok, outcomes.error)).toBeGreaterThan(300)
  })
})

describe('[PR1] the state in an entry', () => {
  it('[PR1] is an object, or null for somebody who left; anything else is nothing', () => {
    expect(parseState('{"a":{"b":1}}')).toEqual({ a: { b: 1 } })
    expect(parseState('null')).toBeNull()
    for (const json of ['', '{', '1', '"text"', '[1]', 'true', 'undefined']) expect(parseState(json)).toBeUndefined()
  })
})
