/**
 * A document as JSON or text for those who have no CRDT: REST, command line, tests. Always from a scratch copy,
 * because asking a Y.Doc for a root as text or map fixes the type of that root for its app, too.
 */
import { toBase64 } from 'lib0/buffer'
import * as Y from 'yjs'

export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json }

type Root = NonNullable<ReturnType<Y.Doc['share']['get']>>

/** Where a deleted document is marked; see `tombstone.ts`. No content of any app. */
export const tombstoneRoot = 'knotwork:tombstone'

/** A copy that nobody else has; of nothing, when there is no document. */
export function scratchOf(update: Uint8Array | null): Y.Doc {
  const doc = new Y.Doc({ gc: false })
  if (update !== null) Y.applyUpdate(doc, update)
  return doc
}

/** The names of the roots that apps have made. */
export function renderableRoots(doc: Y.Doc): readonly string[] {
  return [...doc.share.keys()].filter((name) => name !== tombstoneRoot)
}

export type RootKind = 'map' | 'text' | 'xml' | 'array'

/** Null where there is no such root, or nothing was ever in it. */
export function kindOfRoot(doc: Y.Doc, name: string): RootKind | null {
  const root = doc.share.get(name)
  return root === undefined || isBlank(root) ? null : typeOf(root)
}

/** Whether everything in that root was deleted. */
export function isEmptyRoot(doc: Y.Doc, name: string): boolean {
  const root = doc.share.get(name)
  return root === undefined || isBlank(root)
}

function isBlank(root: Root): boolean {
  return !hasVisibleItems(root) && !hasLiveKeys(root)
}

function hasVisibleItems(root: Root): boolean {
  for (let item: Y.Item | null = root._start; item !== null; item = item.right) {
    if (!item.deleted && item.countable) return true
  }
  return false
}

function hasLiveKeys(root: Root): boolean {
  return [...root._map.values()].some((item) => !item.deleted)
}

/** What Yjs holds as JSON has it: whole numbers beyond its reach as digits, bytes as base64. */
export function plainJson(value: unknown): Json {
  const content = value instanceof Y.AbstractType ? jsonOf(value as Content) : value
  return JSON.parse(JSON.stringify(content ?? null, plainValue)) as Json
}

/** Yjs holds two kinds of values that JSON does not know. For `JSON.stringify`. */
export function plainValue(_key: string, value: unknown): unknown {
  if (typeof value === 'bigint') return value.toString()
  return value instanceof Uint8Array ? toBase64(value) : value
}

/** All roots by name. A root's type is not stored in Yjs: it is guessed from its content (see `typeOf`). */
export function renderJson(update: Uint8Array): { readonly [root: string]: Json } {
  const doc = scratchOf(update)
  // fromEntries defines own properties: a root called `__proto__` is just a root.
  const json = Object.fromEntries(renderableRoots(doc).map((name) => [name, rootJson(doc, name)]))
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
 * Any other sequence: an array. What was deleted does not count. A root where all was deleted keeps nothing to tell by and counts as a text.
 */
function typeOf(root: Root): RootKind {
  const hasKeys = root._start === null ? root._map.size > 0 : hasLiveKeys(root)
  if (hasKeys && !hasVisibleItems(root)) return 'map'
  let kind: RootKind = 'text'
  for (let item: Y.Item | null = root._start; item !== null; item = item.right) {
    const { content } = item
    if (item.deleted) continue
    if (content instanceof Y.ContentString || content instanceof Y.ContentFormat || content instanceof Y.ContentEmbed) {
      return 'text'
    }
    if (!(content instanceof Y.ContentType && isXmlNode(content.type))) return 'array'
    kind = 'xml'
  }
  return kind
}

function isXmlNode(type: unknown): boolean {
  return type instanceof Y.XmlElement || type instanceof Y.XmlText || type instanceof Y.XmlHook
}
