import * as decoding from 'lib0/decoding'
import * as encoding from 'lib0/encoding'
import { describe, expect, it } from 'vitest'
import * as awarenessProtocol from 'y-protocols/awareness'
import * as syncProtocol from 'y-protocols/sync'
import * as Y from 'yjs'
import { joined, mutated, varUint } from '../../test/bytes.ts'
import { SeededRandom } from '../../test/seeded-random.ts'
import { limits } from '../limits.ts'
import { decodeYjs, encodeYjs, yjsKeepAlive } from './yjs-wire.ts'

/** A frame as y-websocket's client and server put it together: the type, then what y-protocols wrote. */
function stockFrame(type: number, write: (encoder: encoding.Encoder) => void): Uint8Array {
  return encoding.encode((encoder) => {
    encoding.writeVarUint(encoder, type)
    write(encoder)
  })
}

function docWithText(): Y.Doc {
  const doc = new Y.Doc()
  doc.getText('t').insert(0, 'hello 📓')
  doc.getText('t').delete(1, 2)
  return doc
}

function awarenessOf(doc: Y.Doc): { readonly states: Uint8Array; readonly stop: () => void } {
  const awareness = new awarenessProtocol.Awareness(doc)
  awareness.setLocalState({ user: { name: 'Ada', colour: '#f00' } })
  const states = awarenessProtocol.encodeAwarenessUpdate(awareness, [doc.clientID])
  return { states, stop: () => awareness.destroy() }
}

describe('[YW1] [YW2] the wire of y-websocket, byte for byte as y-protocols writes it', () => {
  const doc = docWithText()
  const stateVector = Y.encodeStateVector(doc)
  const update = Y.encodeStateAsUpdate(doc)

  it('[YW1] step 1', () => {
    const stock = stockFrame(0, (encoder) => syncProtocol.writeSyncStep1(encoder, doc))
    expect(encodeYjs({ type: 'step1', stateVector })).toEqual(stock)
    expect(decodeYjs(stock)).toEqual({ ok: true, value: { type: 'step1', stateVector } })
  })

  it('[YW1] step 2', () => {
    const stock = stockFrame(0, (encoder) => syncProtocol.writeSyncStep2(encoder, doc))
    expect(encodeYjs({ type: 'step2', update })).toEqual(stock)
    expect(decodeYjs(stock)).toEqual({ ok: true, value: { type: 'step2', update } })
  })

  it('[YW2] an update', () => {
    const stock = stockFrame(0, (encoder) => syncProtocol.writeUpdate(encoder, update))
    expect(encodeYjs({ type: 'update', update })).toEqual(stock)
    expect(decodeYjs(stock)).toEqual({ ok: true, value: { type: 'update', update } })
  })

  it('[YW1] awareness, and the question for it', () => {
    const { states, stop } = awarenessOf(doc)
    const stock = stockFrame(1, (encoder) => encoding.writeVarUint8Array(encoder, states))
    expect(encodeYjs({ type: 'awareness', states })).toEqual(stock)
    expect(decodeYjs(stock)).toEqual({ ok: true, value: { type: 'awareness', states } })
    const query = stockFrame(3, () => undefined)
    expect(encodeYjs({ type: 'queryAwareness' })).toEqual(query)
    expect(decodeYjs(query)).toEqual({ ok: true, value: { type: 'queryAwareness' } })
    stop()
  })

  it('[YW2] y-protocols reads what is written here', () => {
    const far = new Y.Doc()
    const decoder = decoding.createDecoder(encodeYjs({ type: 'update', update }))
    expect(decoding.readVarUint(decoder)).toBe(0)
    expect(syncProtocol.readSyncMessage(decoder, encoding.createEncoder(), far, null)).toBe(2)
    expect(far.getText('t').toString()).toBe(doc.getText('t').toString())
  })

  it('[YW3] what keeps a client from closing is harmless: awareness of nobody', () => {
    const decoder = decoding.createDecoder(yjsKeepAlive)
    expect(decoding.readVarUint(decoder)).toBe(1)
    const awareness = new awarenessProtocol.Awareness(new Y.Doc())
    const before = new Map(awareness.getStates())
    awarenessProtocol.applyAwarenessUpdate(awareness, decoding.readVarUint8Array(decoder), null)
    expect(awareness.getStates()).toEqual(before)
    awareness.destroy()
  })
})

describe('[YW4] what is no message', () => {
  it('[YW4] 10,000 random and damaged frames never throw', () => {
    const random = new SeededRandom(9)
    const update = Y.encodeStateAsUpdate(docWithText())
    const samples = [
      encodeYjs({ type: 'step1', stateVector: Uint8Array.of(1, 7, 3) }),
      encodeYjs({ type: 'step2', update }),
      encodeYjs({ type: 'update', update }),
      encodeYjs({ type: 'awareness', states: Uint8Array.of(0) }),
    ]
    const outcomes = { ok: 0, error: 0 }
    for (let round = 0; round < 10_000; round++) {
      const frame = round % 4 === 0 ? random.bytes(random.below(60)) : mutated(random.pick(samples), random)
      outcomes[decodeYjs(frame).ok ? 'ok' : 'error']++
    }
    expect(Math.min(outcomes.ok, outcomes.error)).toBeGreaterThan(1_000)
  })

  it('[YW4] a cut frame is an error, also in a pooled buffer', () => {
    const frame = encodeYjs({ type: 'update', update: Uint8Array.of(0, 0) })
    const pool = joined(frame.subarray(0, 3), new Uint8Array(64).fill(0x41))
    expect(decodeYjs(pool.subarray(0, 3)).ok).toBe(false)
    expect(decodeYjs(new Uint8Array(0)).ok).toBe(false)
  })

  it('[YW4] a claim of 2^40 bytes costs nothing', () => {
    expect(decodeYjs(joined([0, 2], varUint(2 ** 40), [1, 2, 3])).ok).toBe(false)
    expect(decodeYjs(joined([1], varUint(2 ** 40))).ok).toBe(false)
    const tooLong = encodeYjs({ type: 'update', update: new Uint8Array(limits.messageBytesMax + 1) })
    expect(decodeYjs(tooLong).ok).toBe(false)
  })

  it('[YW5] a mark of y-sweet is read and written as it is, up to a limit', () => {
    const mark = { type: 'mark', mark: Uint8Array.of(7) } as const
    expect([decodeYjs(joined([102, 1, 7])), encodeYjs(mark)]).toEqual([
      { ok: true, value: mark },
      Uint8Array.of(102, 1, 7),
    ])
    expect(decodeYjs(joined([102, 17], [...new Uint8Array(17)])).ok).toBe(false)
  })

  it('[YW2] auth and what later versions add is skipped', () => {
    const skipped = { ok: true, value: { type: 'skipped' } }
    expect(decodeYjs(joined([2, 0], varUint(3), [97, 98, 99]))).toEqual(skipped)
    expect(decodeYjs(joined([103, 1, 0]))).toEqual(skipped)
    expect(decodeYjs(joined([0, 9, 0]))).toEqual(skipped)
  })
})
