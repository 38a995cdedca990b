import { describe, expect, it } from 'vitest'
import * as Y from 'yjs'
import { docOf } from '../../test/replicas.ts'
import { renderJson, renderText } from './rendering.ts'

function snapshotOf(edit: (doc: Y.Doc) => void): Uint8Array {
  const doc = docOf(9)
  edit(doc)
  return Y.encodeStateAsUpdate(doc)
}

describe('[DS1] a document as JSON', () => {
  it('a list that begins with XML is a list when it holds anything else', () => {
    const doc = new Y.Doc()
    doc.getArray<unknown>('list').push([new Y.XmlElement('br'), null, 1])
    const update = Y.encodeStateAsUpdate(doc)
    expect(renderJson(update)).toEqual({ list: ['<br></br>', null, 1] })
    expect(JSON.parse(renderText(update, 'list'))).toEqual(['<br></br>', null, 1])
  })

  it('[DS1] each root by what it holds: text, map, array, XML', () => {
    const update = snapshotOf((doc) => {
      doc.getText('text').insert(0, 'plain')
      doc.getText('rich').insert(0, 'bold', { bold: true })
      doc.getText('embed').insertEmbed(0, { image: 'x' })
      doc.getMap('map').set('k', [1, null, 'v', true])
      doc.getArray('array').insert(0, [1, { a: 'b' }, 'c'])
      const paragraph = new Y.XmlElement('p')
      doc.getXmlFragment('xml').insert(0, [paragraph])
      paragraph.insert(0, [new Y.XmlText('hello')])
    })
    expect(renderJson(update)).toEqual({
      text: 'plain',
      rich: 'bold',
      embed: '',
      map: { k: [1, null, 'v', true] },
      array: [1, { a: 'b' }, 'c'],
      xml: '<p>hello</p>',
    })
  })

  it('[DS1] nested types, however deep', () => {
    const update = snapshotOf((doc) => {
      const map = new Y.Map<unknown>()
      doc.getMap('root').set('map', map)
      map.set('array', Y.Array.from([new Y.Text('in'), new Y.Map([['n', 1]])]))
      doc.getArray('rows').insert(0, [new Y.Map([['cell', new Y.Text('x')]])])
    })
    expect(renderJson(update)).toEqual({ root: { map: { array: ['in', { n: 1 }] } }, rows: [{ cell: 'x' }] })
  })

  it.each(['__proto__', 'constructor', 'toString', '', 'ünï', 'a.b'])(
    '[WI9] a root called %j is just a root',
    (name) => {
      const update = snapshotOf((doc) => doc.getMap(name).set('k', 1))
      const json = renderJson(update)
      expect(Object.keys(json)).toEqual([name])
      expect(Object.getOwnPropertyDescriptor(json, name)?.value).toEqual({ k: 1 })
      expect(Object.getPrototypeOf(json)).toBe(Object.prototype)
      expect(renderText(update, name)).toBe('{"k":1}')
    },
  )

  it('[WI9] a key called __proto__ is just a key, on any level', () => {
    const update = snapshotOf((doc) => {
      doc.getMap('map').set('__proto__', new Y.Map([['isAdmin', true]]))
      doc.getArray('array').insert(0, [new Y.Map([['__proto__', 7]])])
    })
    const json = renderJson(update)
    expect(JSON.stringify(json)).toBe('{"map":{"__proto__":{"isAdmin":true}},"array":[{"__proto__":7}]}')
    expect(Reflect.get(Object(json['map']), 'isAdmin')).toBeUndefined()
  })

  it('[DS1] a document of nothing has no roots; a root of which all was deleted counts as a text', () => {
    expect(renderJson(snapshotOf(() => undefined))).toEqual({})
    const update = snapshotOf((doc) => {
      doc.getArray('gone').insert(0, [1, 2])
      doc.getArray('gone').delete(0, 2)
    })
    expect(renderJson(update)).toEqual({ gone: '' })
  })

  it('[DS1] an array whose first items were deleted is an array still', () => {
    const update = snapshotOf((doc) => {
      doc.getArray('array').insert(0, [1, 2, 3])
      doc.getArray('array').delete(0, 1)
    })
    expect(renderJson(update)).toEqual({ array: [2, 3] })
  })
})

describe('[DS1] a root as text', () => {
  it('[DS1] text as it is, XML as markup, others as JSON, what is not there as nothing', () => {
    const update = snapshotOf((doc) => {
      doc.getText('text').insert(0, 'a\nb 📓')
      doc.getText('text').format(0, 1, { bold: true })
      doc.getXmlFragment('xml').insert(0, [new Y.XmlElement('br')])
      doc.getArray('array').insert(0, [1, 'two'])
    })
    expect(renderText(update, 'text')).toBe('a\nb 📓')
    expect(renderText(update, 'xml')).toBe('<br></br>')
    expect(renderText(update, 'array')).toBe('[1,"two"]')
    expect(renderText(update, 'none')).toBe('')
  })
})
