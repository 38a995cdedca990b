import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import * as Y from 'yjs'
import { docOf } from '../../test/replicas.ts'
import { importRoots } from './import-roots.ts'
import { renderJson, type Json } from './rendering.ts'
import { textChanges } from './text-changes.ts'

type Roots = { readonly [root: string]: Json }

function imported(update: Uint8Array | null, roots: Roots, keepsOthers = false): Uint8Array | null {
  const result = importRoots(update, roots, { client: 77, keepsOthers })
  if (!result.ok) throw new Error(result.error)
  return result.value
}

function after(update: Uint8Array | null, roots: Roots): Roots {
  const change = imported(update, roots)
  const parts = [update, change].flatMap((each) => (each === null ? [] : [each]))
  return parts.length === 0 ? {} : renderJson(Y.mergeUpdates(parts))
}

const leaf = fc.oneof(fc.constant(null), fc.boolean(), fc.integer(), fc.string({ unit: 'grapheme', maxLength: 8 }))
const value: fc.Arbitrary<Json> = fc.letrec<{ node: Json }>((tie) => ({
  node: fc.oneof(
    { depthSize: 'small' },
    leaf,
    fc.array(tie('node'), { maxLength: 4 }),
    fc.dictionary(fc.string({ maxLength: 3 }), tie('node'), { maxKeys: 4 }),
  ),
})).node
// One kind for each root: a root cannot change what it is.
const roots: fc.Arbitrary<Roots> = fc.record({
  text: fc.string({ unit: 'grapheme', maxLength: 60 }),
  list: fc.array(value, { maxLength: 6 }),
  map: fc.dictionary(fc.string({ maxLength: 3 }), value, { maxKeys: 5 }),
})

describe('[RE4] a document becomes what it is told to be', () => {
  it('[RE4] from anything to anything, and again changes nothing', () => {
    expect(() => fc.assert(fc.property(roots, roots, becomes))).not.toThrow()
  })

  const becomes = (before: Roots, wanted: Roots): void => {
    const first = imported(null, before)
    const change = imported(first, wanted)
    const whole = Y.mergeUpdates([first, change].flatMap((each) => (each === null ? [] : [each])))
    const shown = renderJson(whole)
    for (const [name, expected] of Object.entries(wanted)) {
      const isEmpty = Object.keys(expected as object).length === 0
      if (!isEmpty) expect(shown[name]).toEqual(expected)
    }
    expect(imported(whole, wanted)).toBeNull()
  }

  it('[RE4] changes of a text, applied from its end, make the other text', () => {
    const changes = (before: string, wanted: string): void => {
      let text = before
      for (const { index, remove, insert } of textChanges(before, wanted).toReversed()) {
        text = text.slice(0, index) + insert + text.slice(index + remove)
      }
      expect(text).toBe(wanted)
    }
    const text = fc.oneof(fc.string({ unit: 'grapheme' }), fc.stringMatching(/^(ab? ?c?\n?){0,20}$/))
    fc.assert(fc.property(text, text, changes))
  })

  it('[RE4] by the least change: what others type in other places at the same moment stays', () => {
    const lines = Array.from({ length: 40 }, (_, line) => `line ${line}, which says something\n`)
    const doc = docOf(9)
    doc.getText('body').insert(0, lines.join(''))
    const update = Y.encodeStateAsUpdate(doc)
    doc.getText('body').insert(lines.slice(0, 20).join('').length, 'typed meanwhile\n')
    const wanted = lines.with(3, 'line 3, which says something else\n').with(30, 'another line\n').join('')
    const change = imported(update, { body: wanted })
    expect(change?.byteLength).toBeLessThan(200)
    Y.applyUpdate(doc, change!)
    expect(doc.getText('body').toString()).toBe(
      [...lines.slice(0, 20), 'typed meanwhile\n', ...lines.slice(20)]
        .join('')
        .replace('line 3, which says something', 'line 3, which says something else')
        .replace('line 30, which says something', 'another line'),
    )
  })

  it('[RE4] formats and embeds stay where they are', () => {
    const doc = docOf(9)
    doc.getText('body').insert(0, 'bold', { bold: true })
    doc.getText('body').insertEmbed(4, { image: 'x' })
    doc.getText('body').insert(5, ' and plain', { bold: null })
    const change = imported(Y.encodeStateAsUpdate(doc), { body: 'bold and very plain' })
    Y.applyUpdate(doc, change!)
    expect(doc.getText('body').toDelta()).toEqual([
      { insert: 'bold', attributes: { bold: true } },
      { insert: { image: 'x' } },
      { insert: ' and very plain' },
    ])
  })

  it('[RE4] edits inside of nested lists and objects meet', () => {
    const first = imported(null, { list: [{ title: 'a', done: false }, { title: 'b' }] })!
    const doc = docOf(9, first)
    const item = doc.getArray<Y.Map<unknown>>('list').get(0)
    item.set('done', true)
    const change = imported(first, { list: [{ title: 'A', done: false }, { title: 'b' }] })
    Y.applyUpdate(doc, change!)
    expect(doc.getArray('list').toJSON()).toEqual([{ title: 'A', done: true }, { title: 'b' }])
  })

  it('[RE4] a whole number beyond JSON, and bytes, that come back as they were shown, stay what they are', () => {
    const doc = docOf(9)
    doc.getMap('m').set('big', 2n ** 60n)
    doc.getMap('m').set('bytes', Uint8Array.of(1, 2, 3))
    const update = Y.encodeStateAsUpdate(doc)
    expect(imported(update, { m: { big: String(2n ** 60n), bytes: 'AQID' } })).toBeNull()
  })

  it('[RE4] what cannot be done is said, and nothing is', () => {
    const doc = docOf(9)
    doc.getText('body').insert(0, 'x')
    doc.getXmlFragment('xml').insert(0, [new Y.XmlElement('p')])
    const update = Y.encodeStateAsUpdate(doc)
    let deep: Json = []
    for (let i = 0; i < 5_000; i++) deep = [deep]
    const options = { client: 77, keepsOthers: true }
    for (const wanted of [{ body: [] as Json }, { xml: '<q></q>' }, { n: 1 }, { deep }]) {
      expect(importRoots(update, wanted, options)).toMatchObject({ ok: false, error: expect.any(String) as string })
    }
    expect(importRoots(update, { xml: '<p></p>' }, options)).toEqual({ ok: true, value: null })
  })

  it('[RE4] roots that are not mentioned are emptied, or stay', () => {
    const first = imported(null, { a: 'x', b: [1], c: { k: 1 } })!
    expect(after(first, { a: 'y' })).toEqual({ a: 'y', b: '', c: {} })
    const kept = imported(first, { a: 'y' }, true)!
    expect(renderJson(Y.mergeUpdates([first, kept]))).toEqual({ a: 'y', b: [1], c: { k: 1 } })
  })
})
