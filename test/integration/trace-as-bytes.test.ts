/** The recorded session, keystroke by keystroke, into a replica that is held as bytes. */
import { describe, expect, it } from 'vitest'
import * as Y from 'yjs'
import { digestOf, equalHaves, haveOf } from '../../core/src/replica/digest.ts'
import { bulkLimits } from '../../core/src/replica/gate.ts'
import { Replica } from '../../core/src/replica/replica.ts'
import { editingTrace } from '../trace/editing-trace.ts'

const keystrokes = 20_000
const checkEvery = 4_000

describe('[DS2] a recorded session as bytes', () => {
  it('[DS2] [DS3] says the same of itself as the Y.Doc it was typed into, all the way, and is no bigger', () => {
    const doc = new Y.Doc()
    doc.clientID = 4_000_000_000
    const text = doc.getText('text')
    const replica = new Replica({
      origin: 'trace',
      freshClientId: () => 1,
      faulted: () => undefined,
      changed: () => undefined,
    })
    const differences: number[] = []
    const answers = new Set<string | undefined>()
    doc.on('update', (update: Uint8Array) => answers.add(replica.merge([update], bulkLimits)[0]?.type))
    const trace = editingTrace(keystrokes)
    for (const [at, patches] of trace.keystrokes.entries()) {
      doc.transact(() => {
        for (const [position, deleted, inserted] of patches) {
          if (deleted > 0) text.delete(position, deleted)
          if (inserted !== '') text.insert(position, inserted)
        }
      })
      if (at % checkEvery === 0 && !equalHaves(replica.have(), haveOf(doc))) differences.push(at)
    }
    expect([replica.isCold, [...answers], differences]).toEqual([true, ['news'], []])
    expect(replica.digest()).toEqual(digestOf(haveOf(doc)))
    const there = new Y.Doc()
    Y.applyUpdate(there, replica.snapshot())
    expect(there.getText('text').toString()).toBe(trace.endText)
    expect(replica.snapshot().byteLength).toBeLessThan(Y.encodeStateAsUpdate(doc).byteLength * 1.1)
  })
})
