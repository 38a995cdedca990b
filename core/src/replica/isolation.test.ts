import { describe, expect, it } from 'vitest'
import * as Y from 'yjs'
import { docOf, mergeOne, probe, typed } from '../../test/replicas.ts'
import { isolateListeners, isStuck } from './isolation.ts'

const boom = (): never => {
  throw new Error('boom')
}

/** Every event of a Y.Doc that is fired around a transaction. */
const events = [
  'beforeAllTransactions',
  'beforeTransaction',
  'beforeObserverCalls',
  'afterTransaction',
  'afterTransactionCleanup',
  'update',
  'updateV2',
  'subdocs',
  'afterAllTransactions',
] as const

/** An edit that fires all of them. */
function edit(doc: Y.Doc): void {
  doc.transact(() => {
    doc.getText('t').insert(0, 'x')
    doc.getMap('docs').set('sub', new Y.Doc())
  })
}

describe('[DS10] a listener of an app that throws mutes nothing', () => {
  it.each(events)('[DS10] on %s', (event) => {
    const { replica, doc, faults } = probe()
    let later = 0
    doc.on(event, boom)
    doc.on(event, () => void later++)
    edit(doc)
    expect(replica.takeChanges()).toHaveLength(1)
    expect([later, isStuck(doc), replica.isStuck]).toEqual([1, false, false])
    expect(faults).toEqual([`${event}: boom`])
    // And not only once: merging, and the next edit.
    expect(mergeOne(replica, typed(docOf(9), 'a')[0]!).type).toBe('news')
    expect(replica.takeChanges().map((change) => change.isEdit)).toEqual([false])
    edit(doc)
    expect(replica.takeChanges().map((change) => change.isEdit)).toEqual([true])
  })

  it.each(['observe', 'observeDeep'] as const)(
    '[DS10] %s on a type: an edit throws to its caller and is announced',
    (how) => {
      const { replica, doc } = probe()
      doc.getText('t')[how](boom)
      expect(() => edit(doc)).toThrow('boom')
      expect(replica.takeChanges().map((change) => change.isEdit)).toEqual([true])
      expect(replica.isStuck).toBe(false)
    },
  )

  it.each(['observe', 'observeDeep'] as const)('[DS10] %s on a type: what is merged is merged, and reported', (how) => {
    const { replica, doc, faults } = probe()
    doc.getText('t')[how](boom)
    expect(mergeOne(replica, typed(docOf(9), 'a')[0]!).type).toBe('news')
    expect(replica.takeChanges().map((change) => change.isEdit)).toEqual([false])
    expect(faults).toEqual(['observer: boom'])
    expect(replica.isStuck).toBe(false)
  })

  it('[DS10] why: one throw mutes a plain Y.Doc for ever', () => {
    const doc = docOf(1)
    let heard = 0
    doc.on('beforeObserverCalls', () => void heard)
    doc.on('update', boom)
    doc.on('update', () => void heard++)
    expect(() => typed(doc, 'a')).toThrow('boom')
    doc.off('update', boom)
    typed(doc, 'b')
    expect([isStuck(doc), heard]).toEqual([true, 0])
  })

  it('[DS10] a document that is stuck already is seen to be', () => {
    const doc = docOf(1)
    doc.on('update', boom)
    expect(() => typed(doc, 'a')).toThrow('boom')
    expect(probe({ doc }).replica.isStuck).toBe(true)
    const { doc: sound } = probe()
    expect(isStuck(sound)).toBe(false)
    sound.transact(() => expect(isStuck(sound)).toBe(true))
  })

  it('[DS10] listeners that come, go and fire once work as before', () => {
    const { doc } = probe()
    const heard: string[] = []
    const first = (): void => {
      heard.push('first')
      doc.off('update', first)
    }
    doc.on('update', first)
    doc.once('update', () => heard.push('once'))
    doc.on('update', (...args: unknown[]) => heard.push(`${args[0] instanceof Uint8Array} ${args[2] === doc}`))
    typed(doc, 'ab')
    expect(heard).toEqual(['first', 'once', 'true true', 'true true'])
  })

  it('[DS10] a document is isolated once, whoever asks', () => {
    const doc = docOf(1)
    const reports: string[] = []
    isolateListeners(doc, () => reports.push('first'))
    isolateListeners(doc, () => reports.push('second'))
    doc.on('update', boom)
    typed(doc, 'a')
    expect(reports).toEqual(['first'])
  })
})
