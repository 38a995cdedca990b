import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import * as Y from 'yjs'
import { applyAsOwn, restorationOf } from './restoration.ts'

const stateOf = (doc: Y.Doc): Uint8Array => Y.encodeStateAsUpdate(doc)

function copyOf(doc: Y.Doc): Y.Doc {
  const copy = new Y.Doc()
  Y.applyUpdate(copy, stateOf(doc))
  return copy
}

/** Restores `version` into the doc and returns the size of the change in bytes, 0 when there was none. */
function restored(doc: Y.Doc, version: Uint8Array): number {
  const update = restorationOf(stateOf(doc), version, 4_711)
  if (update !== null) applyAsOwn(doc, update)
  return update?.byteLength ?? 0
}

describe('restoring a version', () => {
  it('[HI5] brings text back by the fewest changes, and twice changes nothing', () => {
    const doc = new Y.Doc()
    const text = doc.getText('body')
    text.insert(0, 'The quick brown fox jumps over the lazy dog. 😀 End.')
    const version = stateOf(doc)
    text.delete(4, 6)
    text.insert(text.toString().indexOf('lazy'), 'very ')
    const smiley = text.toString().indexOf('😀')
    text.delete(smiley, 2)
    text.insert(smiley, '😁')
    expect(restored(doc, version)).toBeLessThan(100)
    expect(text.toString()).toBe('The quick brown fox jumps over the lazy dog. 😀 End.')
    expect(restored(doc, version)).toBe(0)
  })

  it('[HI5] keeps what others write meanwhile, and converges', () => {
    const doc = new Y.Doc()
    doc.getText('body').insert(0, 'one two three')
    const version = stateOf(doc)
    doc.getText('body').delete(3, 4)
    const other = copyOf(doc)
    other.getText('body').insert(0, 'zero ')
    other.getText('body').insert(other.getText('body').length, ' four')
    restored(doc, version)
    Y.applyUpdate(doc, stateOf(other))
    Y.applyUpdate(other, stateOf(doc))
    expect(doc.getText('body').toString()).toBe('zero one two three four')
    expect(other.getText('body').toString()).toBe('zero one two three four')
  })

  it('[HI5] is taken back by the undo of the app', () => {
    const doc = new Y.Doc()
    const text = doc.getText('body')
    text.insert(0, 'as it was')
    const version = stateOf(doc)
    text.delete(0, 3)
    text.insert(text.length, ' and is')
    const undo = new Y.UndoManager(text)
    restored(doc, version)
    expect(text.toString()).toBe('as it was')
    undo.undo()
    expect(text.toString()).toBe('it was and is')
    undo.redo()
    expect(text.toString()).toBe('as it was')
  })

  it('[HI5] brings back formats and embeds', () => {
    const doc = new Y.Doc()
    const text = doc.getText('body')
    text.applyDelta([
      { insert: 'plain ' },
      { insert: 'bold', attributes: { bold: true } },
      { insert: { image: 'a.png' } },
      { insert: '\n' },
    ])
    const [delta, version] = [text.toDelta() as unknown, stateOf(doc)]
    text.format(0, 3, { italic: true })
    text.format(6, 4, { bold: null })
    text.delete(10, 1)
    restored(doc, version)
    expect(text.toDelta()).toEqual(delta)
    expect(restored(doc, version)).toBe(0)
  })

  it('[HI5] brings back maps, lists and what is nested in them; what is still there keeps its identity', () => {
    const doc = new Y.Doc()
    const [map, list] = [doc.getMap('map'), doc.getArray<unknown>('list')]
    const nested = new Y.Map<unknown>([['title', new Y.Text('a title')]])
    const gone = new Y.Array<unknown>()
    list.push([1, { two: [2] }, nested, null, Uint8Array.of(5)])
    map.set('big', 4n)
    map.set('__proto__', 'a key')
    map.set('same', { deep: [null] })
    map.set('gone', gone)
    gone.push(['in it'])
    const version = stateOf(doc)
    const before = list.toJSON()
    ;(nested.get('title') as Y.Text).insert(0, 'not ')
    nested.set('new', true)
    list.delete(0, 2)
    list.push(['last'])
    map.delete('gone')
    map.set('__proto__', 'another')
    map.delete('big')
    map.set('new', 1)
    restored(doc, version)
    expect(list.toJSON()).toEqual(before)
    expect([...map.keys()].toSorted()).toEqual(['__proto__', 'big', 'gone', 'same'])
    expect(map.get('__proto__')).toBe('a key')
    expect((map.get('gone') as Y.Array<unknown>).toJSON()).toEqual(['in it'])
    expect(list.get(2)).toBe(nested)
    expect(restored(doc, version)).toBe(0)
  })

  it('[HI5] brings XML back', () => {
    const doc = new Y.Doc()
    const root = doc.getXmlFragment('prosemirror')
    const paragraph = new Y.XmlElement('paragraph')
    root.insert(0, [paragraph, new Y.XmlElement('rule')])
    paragraph.insert(0, [new Y.XmlText('some text')])
    paragraph.setAttribute('align', 'left')
    const [xml, version] = [root.toString(), stateOf(doc)]
    ;(paragraph.get(0) as Y.XmlText).insert(4, ' more')
    paragraph.setAttribute('align', 'right')
    root.delete(1, 1)
    root.insert(0, [new Y.XmlElement('heading')])
    restored(doc, version)
    expect(root.toString()).toBe(xml)
    expect(root.get(0)).toBe(paragraph)
    root.delete(0, 1)
    restored(doc, version)
    expect(root.toString()).toBe(xml)
  })

  it('[HI5] any text into any other', () => {
    const pieces = fc.array(fc.constantFrom('a', 'b', '\n', '😀', 'word ', 'line\n'), { maxLength: 40 })
    fc.assert(
      fc.property(pieces, pieces, (then, now) => {
        const doc = new Y.Doc()
        const text = doc.getText('body')
        text.insert(0, then.join(''))
        const version = stateOf(doc)
        text.delete(0, text.length)
        text.insert(0, now.join(''))
        restored(doc, version)
        expect(text.toString()).toBe(then.join(''))
      }),
      { numRuns: 200 },
    )
  })

  it('[HI5] a long text that was written anew', () => {
    const words = (seed: number): string =>
      Array.from({ length: 20_000 }, (_, at) => (at % 9 === 8 ? '\n' : `w${(at * seed) % 97} `)).join('')
    const doc = new Y.Doc()
    const text = doc.getText('body')
    text.insert(0, words(3))
    const version = stateOf(doc)
    text.delete(0, text.length)
    text.insert(0, words(5))
    restored(doc, version)
    expect(text.toString()).toBe(words(3))
  })
})
