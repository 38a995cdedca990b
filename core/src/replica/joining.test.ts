import { describe, expect, it } from 'vitest'
import * as Y from 'yjs'
import { docOf, stateOf, typed, updateOf } from '../../test/replicas.ts'
import { limits } from '../limits.ts'
import { ownLimits } from './compaction.ts'
import { inspect } from './gate.ts'
import { joined, type Piece } from './joining.ts'

function pieces(updates: readonly Uint8Array[]): readonly Piece[] {
  return updates.map((update) => {
    const inspected = inspect(update, ownLimits)
    if (!inspected.ok) throw new Error(inspected.error)
    return { update, from: inspected.value.from, to: inspected.value.to }
  })
}

describe('[BR6] joining updates', () => {
  it('[BR6] a hundred typed characters take a fraction of the bytes, and mean the same', () => {
    const doc = docOf(4_000_000_000)
    const updates = typed(doc, 'x'.repeat(100))
    const together = joined(pieces(updates))
    expect(together).toHaveLength(Math.ceil(100 / limits.updatesJoinedMax))
    const sizeOf = (all: readonly Uint8Array[]): number => all.reduce((sum, one) => sum + one.byteLength, 0)
    expect(sizeOf(together)).toBeLessThan(sizeOf(updates) * 0.6)
    expect(stateOf(docOf(2, ...together))).toBe(stateOf(doc))
  })

  it('[BR6] deletes come along', () => {
    const doc = docOf(1)
    const text = doc.getText('t')
    const updates = [
      updateOf(doc, () => text.insert(0, 'abcdef')),
      updateOf(doc, () => text.delete(1, 2)),
      updateOf(doc, () => text.insert(1, 'z')),
      updateOf(doc, () => text.delete(0, 1)),
    ]
    const together = joined(pieces(updates))
    expect(together).toHaveLength(1)
    expect(stateOf(docOf(2, ...together))).toBe(stateOf(doc))
  })

  it('[BR6] nothing is merged over a hole: whoever gets it could not apply any of it', () => {
    const doc = docOf(1)
    const [a, b, c] = typed(doc, 'abc')
    const together = joined(pieces([a!, c!]))
    expect(together).toEqual([a, c])
    expect(stateOf(docOf(2, ...together, b!))).toBe(stateOf(doc))
  })

  it('[BR6] updates of several writers, some covering others, stay whole', () => {
    const [one, two] = [docOf(1), docOf(2)]
    const first = typed(one, 'ab')
    for (const update of first) Y.applyUpdate(two, update)
    const second = typed(two, 'cd')
    const both = Y.mergeUpdates([...first])
    const together = joined(pieces([first[0]!, both, ...second]))
    expect(together).toHaveLength(1)
    expect(stateOf(docOf(3, ...together))).toBe(stateOf(two))
  })

  it('[BR6] big ones are left as they are', () => {
    const doc = docOf(1)
    const big = (key: string): Uint8Array =>
      updateOf(doc, () => doc.getMap('m').set(key, new Uint8Array(limits.joinedBytesMax)))
    const updates = [big('a'), big('b')]
    const together = joined(pieces(updates))
    expect([together[0] === updates[0], together[1] === updates[1]]).toEqual([true, true])
  })
})
