/**
 * The content of a Yjs type as tokens that can be compared. What is nested keeps its identity: the type that an item
 * brought is the same wherever that item is known.
 */
import * as Y from 'yjs'

/** One character, element or embed of a sequence. */
export interface Token {
  /** Tokens with the same key hold the same, their formats aside. */
  readonly key: string
  readonly value: unknown
  /** As Yjs counts: a character beyond the first 65,536 has two. */
  readonly length: number
  /** Of text. */
  readonly format: Format
}

export type Format = Readonly<Record<string, unknown>>

export type AnyType = Y.AbstractType<unknown>

/** What a type is used as. A root's own type is not stored: it is told from what is in it (see `rendering.ts`). */
export type Kind = 'text' | 'xml' | 'array'

const noFormat: Format = {}

export function tokensOf(type: AnyType): readonly Token[] {
  const tokens: Token[] = []
  let format: Format = noFormat
  for (let item: Y.Item | null = type._start; item !== null; item = item.right) {
    const { content } = item
    if (item.deleted) continue
    if (content instanceof Y.ContentFormat) {
      const { [content.key]: _before, ...others } = format
      format = content.value === null ? others : { ...others, [content.key]: content.value }
    } else if (content instanceof Y.ContentString) {
      for (const value of content.str) tokens.push({ key: value, value, length: value.length, format })
    } else {
      for (const value of content.getContent() as unknown[])
        tokens.push({ key: keyOf(value), value, length: 1, format })
    }
  }
  return tokens
}

/** Longer than a character, so that it is none. */
export function keyOf(value: unknown): string {
  if (value instanceof Y.AbstractType) return `type ${identityOf(value)}`
  if (value instanceof Y.Doc) return `doc ${value.guid}`
  return `json ${canonical(value)}`
}

/** The same for the same type in every replica. */
export function identityOf(type: AnyType): string {
  const id = type._item?.id
  return id === undefined ? 'root' : `${id.client}:${id.clock}`
}

/** All that is in a value, types nested in it included: the same for a type and for its copy. */
export function contentKey(value: unknown): string {
  if (!(value instanceof Y.AbstractType)) return keyOf(value)
  const type = value as AnyType
  const name = type instanceof Y.XmlElement ? type.nodeName : ''
  const entries = [...entriesOf(type)].map(([key, each]) => `${canonical(key)}:${contentKey(each)}`).toSorted()
  const tokens = tokensOf(type).map((token) => `${contentKey(token.value)} ${canonical(token.format)}`)
  return `${type.constructor.name} ${name} {${entries.join()}} [${tokens.join()}]`
}

/** Whether one can be turned into the other by changes inside. */
export function areAlike(one: unknown, other: unknown): boolean {
  if (!(one instanceof Y.AbstractType && other instanceof Y.AbstractType)) return keyOf(one) === keyOf(other)
  if (one instanceof Y.XmlElement && other instanceof Y.XmlElement && one.nodeName !== other.nodeName) return false
  return one.constructor === other.constructor
}

/** JSON in one order, with what JSON does not know. */
export function canonical(value: unknown): string {
  if (value === undefined) return 'undefined'
  if (typeof value === 'bigint') return `${value}n`
  if (value instanceof Uint8Array) return `bytes ${value.join()}`
  if (typeof value === 'number' && !Number.isFinite(value)) return String(value)
  if (typeof value !== 'object' || value === null) return JSON.stringify(value)
  if (Array.isArray(value)) return `[${value.map(canonical).join()}]`
  const entries = Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1))
  return `{${entries.map(([key, each]) => `${JSON.stringify(key)}:${canonical(each)}`).join()}}`
}

/** Keys of the type's map with what they hold now. */
export function entriesOf(type: AnyType): ReadonlyMap<string, unknown> {
  const entries = new Map<string, unknown>()
  for (const [key, item] of type._map) {
    if (item.deleted) continue
    const content = item.content.getContent() as unknown[]
    entries.set(key, content[item.length - 1])
  }
  return entries
}

/** Null when there is nothing to tell by. */
export function kindOf(type: AnyType): Kind | null {
  if (type instanceof Y.Text) return 'text'
  if (type instanceof Y.XmlFragment) return 'xml'
  if (type instanceof Y.Array) return 'array'
  let isXml = true
  let isEmpty = true
  for (let item: Y.Item | null = type._start; item !== null; item = item.right) {
    const { content } = item
    if (content instanceof Y.ContentString || content instanceof Y.ContentFormat || content instanceof Y.ContentEmbed) {
      return 'text'
    }
    if (item.deleted) continue
    isEmpty = false
    isXml &&= content instanceof Y.ContentType && isXmlNode(content.type)
  }
  if (isEmpty) return null
  return isXml ? 'xml' : 'array'
}

function isXmlNode(type: unknown): boolean {
  return type instanceof Y.XmlElement || type instanceof Y.XmlText || type instanceof Y.XmlHook
}
