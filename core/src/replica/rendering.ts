/**
 * A document as JSON or text for those who have no CRDT: REST, command line, tests. Always from a scratch copy,
 * because asking a Y.Doc for a root as text or map fixes the type of that root for its app, too.
 */
import * as Y from 'yjs'

export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json }

type Root = NonNullable<ReturnType<Y.Doc['share']['get']>>

function scratchOf(update: Uint8Array): Y.Doc {
  const doc = new Y.Doc({ gc: false })
  Y.applyUpdate(doc, update)
  return doc
}

/** All roots by name. A root's type is not stored in Yjs: it is guessed from its content (see `typeOf`). */
export function renderJson(update: Uint8Array): { readonly [root: string]: Json } {
  const doc = scratchOf(update)
  // fromEntries defines own properties: a root called `__proto__` is just a root.
  const json = Object.fromEntries([...doc.share.keys()].map((name) => [name, rootJson(doc, name)]))
  doc.destroy()
  return json
}

/** The root `name` as plain text; empty when there is no such root. */
export function renderText(update: Uint8Array, name: string): string {
  const doc = scratchOf(update)
  const root = doc.share.get(name)
  let text = ''
  if (root !== undefined && typeOf(root) === 'xml') text = doc.getXmlFragment(name).toString()
  else if (root !== undefined && typeOf(root) === 'text') text = doc.getText(name).toString()
  else if (root !== undefined) text = JSON.stringify(rootJson(doc, name))
  doc.destroy()
  return text
}

function rootJson(doc: Y.Doc, name: string): Json {
  const root = doc.share.get(name)
  if (root === undefined) return null
  switch (typeOf(root)) {
    case 'map':
      return jsonOf(doc.getMap<Content>(name))
    case 'text':
      return doc.getText(name).toString()
    case 'xml':
      return doc.getXmlFragment(name).toString()
    case 'array':
      return jsonOf(doc.getArray<Content>(name))
  }
}

type Content = Json | Y.Map<Content> | Y.Array<Content> | Y.AbstractType<unknown>

/** As `toJSON` of Yjs, but a key called `__proto__` is a key like any other. */
function jsonOf(content: Content): Json {
  if (content instanceof Y.Map) return Object.fromEntries([...content].map(([key, value]) => [key, jsonOf(value)]))
  if (content instanceof Y.Array) return content.toArray().map(jsonOf)
  return content instanceof Y.AbstractType ? content.toJSON() : content
}

/**
 * Keys and no sequence: a map. A sequence with characters, formats or embeds: a text. A sequence of XML nodes: XML.
 * Any other sequence: an array. A root where all was deleted keeps nothing to tell by and counts as a text.
 */
function typeOf(root: Root): 'map' | 'text' | 'xml' | 'array' {
  if (root._start === null && root._map.size > 0) return 'map'
  for (let item: Y.Item | null = root._start; item !== null; item = item.right) {
    const { content } = item
    if (content instanceof Y.ContentString || content instanceof Y.ContentFormat || content instanceof Y.ContentEmbed) {
      return 'text'
    }
    if (content instanceof Y.ContentType) {
      const isXml =
        content.type instanceof Y.XmlElement || content.type instanceof Y.XmlText || content.type instanceof Y.XmlHook
      return isXml ? 'xml' : 'array'
    }
    if (!(content instanceof Y.ContentDeleted)) return 'array'
  }
  return 'text'
}
