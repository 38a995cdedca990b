import { describe, expect, it } from 'vitest'
import * as Y from 'yjs'
import { docOf, typed } from '../../test/replicas.ts'
import { differenceFrom, holdsUpdate, ResumePoint, stateTag } from './resume-point.ts'

describe('[RE6] going on where somebody stopped', () => {
  it('[RE6] the point grows with what was handed out, and the difference from it is the rest', () => {
    const updates = [...typed(docOf(50), 'abc'), ...typed(docOf(51), 'xyz')]
    const whole = Y.mergeUpdates([...updates])
    const point = ResumePoint.from(null)
    if (!point.ok) throw new Error(point.error)
    for (const update of updates.slice(0, 4)) point.value.passed(update)
    expect(point.value.stateVector).toEqual(Y.encodeStateVector(docOf(9, ...updates.slice(0, 4))))
    const rest = differenceFrom(whole, point.value.stateVector)
    expect(
      rest.ok &&
        docOf(9, ...updates.slice(0, 4), rest.value)
          .getText('t')
          .toJSON(),
    ).toBe(docOf(9, whole).getText('t').toJSON())
    const again = ResumePoint.from(point.value.stateVector)
    expect(again.ok && again.value.stateVector).toEqual(point.value.stateVector)
  })

  it('[RE6] what is no state vector is refused', () => {
    for (const bytes of [new Uint8Array(), Uint8Array.of(9), new Uint8Array(40).fill(255)]) {
      expect([ResumePoint.from(bytes).ok, differenceFrom(Uint8Array.of(0, 0), bytes).ok]).toEqual([false, false])
    }
  })

  it('[HP4] a document holds an update when all structs and deletes in it are there', () => {
    const doc = docOf(50)
    const [first, second] = typed(doc, 'ab')
    expect([holdsUpdate(null, first!), holdsUpdate(first!, first!), holdsUpdate(first!, second!)]).toEqual([
      false,
      true,
      false,
    ])
    const before = Y.encodeStateAsUpdate(doc)
    doc.getText('t').delete(0, 1)
    const after = Y.encodeStateAsUpdate(doc)
    expect([holdsUpdate(before, after), holdsUpdate(after, before), holdsUpdate(after, after)]).toEqual([
      false,
      true,
      true,
    ])
    expect([holdsUpdate(null, Uint8Array.of(0, 0)), holdsUpdate(null, Uint8Array.of(9))]).toEqual([true, false])
  })

  it('[RE3] a state has one tag, whoever holds it and however its bytes are put together', () => {
    const updates = typed(docOf(50), 'abc')
    const [one, two] = [Y.mergeUpdates([...updates]), Y.encodeStateAsUpdate(docOf(9, ...updates))]
    expect(stateTag(one)).toBe(stateTag(two))
    expect(stateTag(one)).not.toBe(stateTag(updates[0]!))
    const doc = docOf(9, one)
    doc.getText('t').delete(0, 1)
    expect(stateTag(Y.encodeStateAsUpdate(doc))).not.toBe(stateTag(one))
  })
})
