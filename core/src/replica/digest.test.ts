import { createHash } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import * as Y from 'yjs'
import { hex, joined, varUint } from '../../test/bytes.ts'
import { docOf, editAtRandom, exchange, stateOf, typed } from '../../test/replicas.ts'
import { SeededRandom } from '../../test/seeded-random.ts'
import { digestOf, digestOfNothing, equalHaves, haveOf } from './digest.ts'

const sha256 = (bytes: Uint8Array): Uint8Array => createHash('sha256').update(bytes).digest().subarray(0, 8)

describe('[DS2] digests', () => {
  it('[DS2] of random concurrent edits, exchanged here and there: equal if and only if the states are', () => {
    const seen = new Map<string, string>()
    let equalPairs = 0
    for (let seed = 1; seed <= 40; seed++) {
      const random = new SeededRandom(seed)
      const docs = [docOf(1, ...typed(docOf(50 + seed), 'start')), docOf(2), docOf(3)]
      for (let round = 0; round < 30; round++) {
        const doc = random.pick(docs)
        if (random.chance(0.6)) doc.transact(() => editAtRandom(doc, random))
        else exchange(doc, random.pick(docs))
        const states = docs.map((one) => ({ state: stateOf(one), have: haveOf(one) }))
        for (const { state, have } of states) {
          const digest = hex(digestOf(have))
          expect(seen.get(digest) ?? state).toBe(state)
          seen.set(digest, state)
          for (const other of states) {
            const areEqual = state === other.state
            if (areEqual) equalPairs++
            expect(equalHaves(have, other.have)).toBe(areEqual)
            expect(digest === hex(digestOf(other.have))).toBe(areEqual)
          }
        }
      }
    }
    expect(new Set(seen.values()).size).toBe(seen.size)
    expect([seen.size > 500, equalPairs > 4_000]).toEqual([true, true])
  })

  it('[DS2] equal vectors, other deletes: other digests (YJS.md, trap 3)', () => {
    const [a, b] = [docOf(1, ...typed(docOf(9), 'text')), docOf(2, ...typed(docOf(9), 'text'))]
    a.getText('t').delete(0, 1)
    expect(Y.encodeStateVector(a)).toEqual(Y.encodeStateVector(b))
    expect(equalHaves(haveOf(a), haveOf(b))).toBe(false)
    b.getText('t').delete(0, 1)
    expect(equalHaves(haveOf(a), haveOf(b))).toBe(true)
  })

  it('[DS2] are made as PROTOCOL.md says, so that others make the same', () => {
    const doc = docOf(7)
    doc.getText('t').insert(0, 'abcdef')
    doc.getText('t').delete(1, 2)
    const deleteSet = Y.encodeSnapshot(Y.createSnapshot(Y.snapshot(doc).ds, new Map()))
    // One client, one range: clock 1, length 2; then a state vector of nobody.
    expect(hex(deleteSet)).toBe('010701010200')
    const have = haveOf(doc)
    expect(hex(have.stateVector)).toBe('010706')
    expect(hex(have.deletes)).toBe(hex(sha256(deleteSet)))
    const bytes = joined(varUint(have.stateVector.byteLength), have.stateVector, have.deletes)
    expect(hex(digestOf(have))).toBe(hex(sha256(bytes)))
  })

  it('[DS2] nothing has a digest of its own', () => {
    expect(digestOf(haveOf(new Y.Doc()))).toEqual(digestOfNothing)
    expect(digestOf(haveOf(docOf(1, ...typed(docOf(9), 'x'))))).not.toEqual(digestOfNothing)
  })
})
