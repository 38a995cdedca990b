import { describe, expect, it } from 'vitest'
import * as Y from 'yjs'
import { docOf } from '../../test/replicas.ts'
import { renderJson } from './rendering.ts'
import { isDeleted, tombstoneFor } from './tombstone.ts'

const options = { client: 77, by: 'peer' }

function written(): Y.Doc {
  const doc = docOf(9)
  doc.getText('body').insert(0, 'text', { bold: true })
  doc.getMap('map').set('k', new Y.Map([['n', 1]]))
  doc.getArray('list').push([1, 2])
  doc.getXmlFragment('xml').insert(0, [new Y.XmlElement('p')])
  return doc
}

describe('[RE5] a deleted document', () => {
  it('[RE5] holds its mark and nothing else; the mark is shown to nobody', () => {
    const doc = written()
    const before = Y.encodeStateAsUpdate(doc)
    expect(isDeleted(before)).toBe(false)
    Y.applyUpdate(doc, tombstoneFor(before, options))
    const deleted = Y.encodeStateAsUpdate(doc)
    expect(isDeleted(deleted)).toBe(true)
    expect(Object.keys(renderJson(deleted))).not.toContain('knotwork:tombstone')
    expect(deleted.byteLength).toBeLessThan(before.byteLength)
  })

  it('[RE5] is deleted on every replica, in whatever order they hear of it, and comes back from none', () => {
    const doc = written()
    const before = Y.encodeStateAsUpdate(doc)
    const grave = tombstoneFor(before, options)
    expect(isDeleted(Y.mergeUpdates([before, grave]))).toBe(true)
    expect(isDeleted(Y.mergeUpdates([grave, before]))).toBe(true)
    expect(isDeleted(Y.mergeUpdates([grave, before, grave, before]))).toBe(true)
  })

  it('[RE5] what somebody typed at the same moment is not lost: it is a document again, with that', () => {
    const doc = written()
    const before = Y.encodeStateAsUpdate(doc)
    const grave = tombstoneFor(before, options)
    doc.getText('body').insert(2, 'typed meanwhile')
    Y.applyUpdate(doc, grave)
    const both = Y.encodeStateAsUpdate(doc)
    expect(isDeleted(both)).toBe(false)
    expect(renderJson(both)['body']).toBe('typed meanwhile')
  })

  it('[RE5] an empty document is not a deleted one', () => {
    const doc = docOf(9)
    doc.getText('body').insert(0, 'text')
    doc.getText('body').delete(0, 4)
    doc.getText('about').insert(0, 'knotwork:tombstone')
    doc.getText('about').delete(0, 18)
    expect(isDeleted(Y.encodeStateAsUpdate(doc))).toBe(false)
  })
})
