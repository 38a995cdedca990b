import { describe, expect, it } from 'vitest'
import * as Y from 'yjs'
import { announced, docOf, stateOf, typed } from '../../test/replicas.ts'
import { coldReplica } from '../../test/twins.ts'
import { bulkLimits } from './gate.ts'

/** A document of one writer who does this, as bytes, and each of its updates. */
function written(edit: (text: Y.Text) => void) {
  const source = docOf(9)
  const updates = announced(source, () => edit(source.getText('t')))
  const replica = coldReplica()
  replica.merge(updates, bulkLimits)
  return { source, updates, replica }
}

describe('[BR6] text typed on is put together', () => {
  it('[BR6] a typed character costs a byte, and everything can still be told from anywhere', () => {
    const characters = 'Typing, é and 📓, '.repeat(9)
    const { source, updates, replica } = written((text) => {
      for (const character of characters) text.insert(text.length, character)
    })
    const together = updates.reduce((sum, { byteLength }) => sum + byteLength, 0)
    expect(replica.snapshot().byteLength).toBeLessThan(together / 5)
    expect(replica.snapshot()).toEqual(Y.encodeStateAsUpdate(source))
    for (let count = 0; count <= updates.length; count++) {
      const before = docOf(1, ...updates.slice(0, count))
      Y.applyUpdate(before, replica.missing(new Map([[9, Y.getState(before.store, 9)]])))
      expect(before.getText('t').toString()).toBe(characters)
    }
  })

  it('[BR6] [DS3] whoever stopped in the middle of a long text is sent the rest of it', () => {
    const { source, replica } = written((text) => {
      for (const part of ['start ', 'x'.repeat(200), 'y'.repeat(20_000), 'z']) text.insert(text.length, part)
    })
    expect(replica.snapshot()).toEqual(Y.encodeStateAsUpdate(source))
    const tail = replica.missing(new Map([[9, 20_200]]))
    expect(tail.byteLength).toBeLessThan(40)
    expect(tail).toEqual(Y.encodeStateAsUpdate(source, Y.encodeStateVector(new Map([[9, 20_200]]))))
  })

  it('[BR6] what another wrote in between, or before the same, stays where it is', () => {
    const { source, updates, replica } = written((text) => {
      text.insert(0, 'ab')
      text.insert(1, '-')
      text.insert(2, '-')
      text.insert(4, 'c')
    })
    const other = docOf(5, ...updates.slice(0, 2))
    replica.merge(typed(other, '!'), bulkLimits)
    for (const update of [Y.encodeStateAsUpdate(other), replica.snapshot()]) Y.applyUpdate(source, update)
    const there = docOf(1, replica.snapshot())
    expect(there.getText('t').toString()).toBe(source.getText('t').toString())
    expect(stateOf(there)).toBe(stateOf(source))
  })

  it('[BR6] a value under a key that is text is nobody’s edit, and is left to a Y.Doc', () => {
    const replica = coldReplica()
    replica.merge([Uint8Array.from([1, 1, 8, 0, 0x24, 1, 1, 109, 1, 107, 1, 97, 0])], bulkLimits)
    expect(replica.isCold).toBe(false)
  })
})
