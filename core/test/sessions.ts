/** Editing sessions of several writers, with everything that Yjs can hold, for properties that must hold of all of it. */
import * as Y from 'yjs'
import { docOf, editAtRandom, exchange } from './replicas.ts'
import type { SeededRandom } from './seeded-random.ts'

type Nested = Y.Map<unknown> | Y.Array<unknown> | Y.Text | Y.XmlElement

function someType(random: SeededRandom): Nested {
  switch (random.below(4)) {
    case 0:
      return new Y.Map()
    case 1:
      return new Y.Array()
    case 2:
      return new Y.Text('nested')
    default:
      return new Y.XmlElement(random.pick(['p', 'img']))
  }
}

function someValue(random: SeededRandom): unknown {
  switch (random.below(6)) {
    case 0:
      return random.pick([null, true, 1.5, 'text 📓', { a: [1, { b: null }] }, 2 ** 40])
    case 1:
      return random.bytes(3)
    case 2:
      return new Y.Doc({ guid: `sub${random.below(5)}` })
    case 3:
      return random.below(100)
    default:
      return someType(random)
  }
}

/** A type somewhere in the document, one that others are putting things into as well. */
function somewhere(doc: Y.Doc, random: SeededRandom): Nested | Y.XmlFragment {
  let at: Nested | Y.XmlFragment = random.pick([
    doc.getMap('m'),
    doc.getArray('a'),
    doc.getText('t'),
    doc.getXmlFragment('x'),
  ])
  while (random.chance(0.7)) {
    const inside: unknown[] = []
    if (at instanceof Y.Map) inside.push(...at.values())
    else if (at instanceof Y.Array) inside.push(...at.toArray())
    else if (!(at instanceof Y.Text)) inside.push(...at.toArray())
    const types = inside.filter(
      (one): one is Nested =>
        one instanceof Y.Map || one instanceof Y.Array || one instanceof Y.Text || one instanceof Y.XmlElement,
    )
    if (types.length === 0) break
    at = random.pick(types)
  }
  return at
}

/** Some edit of whatever there is: formats, embeds, XML, attributes, types in types, binaries, documents in documents. */
export function editRichly(doc: Y.Doc, random: SeededRandom): void {
  if (random.chance(0.2)) return editAtRandom(doc, random)
  const at = somewhere(doc, random)
  if (at instanceof Y.Map) {
    const key = random.pick(['k', 'l', '__proto__'])
    if (random.chance(0.25)) at.delete(key)
    else at.set(key, someValue(random))
  } else if (at instanceof Y.Array) {
    if (random.chance(0.35) && at.length > 0) at.delete(random.below(at.length), 1)
    else at.insert(random.below(at.length + 1), [someValue(random), random.below(9)].slice(0, 1 + random.below(2)))
  } else if (at instanceof Y.Text) editText(at, random)
  else editXml(at, random)
}

function editText(text: Y.Text, random: SeededRandom): void {
  const from = random.below(text.length + 1)
  const length = Math.min(1 + random.below(4), text.length - from)
  switch (random.below(5)) {
    case 0:
      return text.delete(from, length)
    case 1:
      return text.format(from, length, { [random.pick(['b', 'i'])]: random.pick([true, null]) })
    case 2:
      return text.insertEmbed(from, { image: random.below(9) })
    case 3:
      return text.insert(from, 'é', { b: true })
    default:
      return text.insert(from, random.pick(['a', 'bc', '📓d']))
  }
}

function editXml(xml: Y.XmlFragment, random: SeededRandom): void {
  if (xml instanceof Y.XmlElement && random.chance(0.3)) return xml.setAttribute('id', String(random.below(9)))
  if (xml.length > 0 && random.chance(0.4)) return xml.delete(random.below(xml.length), 1)
  const child = random.chance(0.5) ? new Y.XmlText('text') : new Y.XmlElement('p')
  return xml.insert(random.below(xml.length + 1), [child])
}

export interface Session {
  readonly docs: readonly Y.Doc[]
  /** Everything any of the documents announced, and now and then what one document would send another, in order. */
  readonly updates: readonly Uint8Array[]
}

/** Three writers who edit and exchange; one of them never collects garbage, one undoes and redoes. */
export function session(random: SeededRandom, edit: typeof editRichly, rounds = 80): Session {
  const [hoarder, undoing] = [docOf(12), docOf(13)]
  const docs = [docOf(11), hoarder, undoing]
  hoarder.gc = false
  const undo = new Y.UndoManager([undoing.getText('t'), undoing.getMap('m'), undoing.getArray('a')])
  const updates: Uint8Array[] = []
  for (const doc of docs) doc.on('update', (update: Uint8Array) => updates.push(update))
  for (let round = 0; round < rounds; round++) {
    const doc = random.pick(docs)
    doc.transact(() => edit(doc, random))
    if (random.chance(0.06)) undo.undo()
    if (random.chance(0.04)) undo.redo()
    if (random.chance(0.25)) exchange(random.pick(docs), random.pick(docs))
    if (random.chance(0.05)) updates.push(Y.encodeStateAsUpdate(random.pick(docs)))
    if (random.chance(0.1)) updates.push(Y.encodeStateAsUpdate(doc, Y.encodeStateVector(random.pick(docs))))
    if (random.chance(0.05) && updates.length > 3) updates.push(Y.mergeUpdates(updates.slice(-3)))
  }
  undo.destroy()
  return { docs, updates: updates.filter((update) => update.byteLength > 2) }
}
