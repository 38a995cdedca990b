/**
 * Makes a document hold again what a version of it held (PROTOCOL.md [HI5]): by new changes, the fewest that lead there from what it
 * holds now, never by a rewind. What others do meanwhile merges with them as with anybody's edits.
 */
import * as Y from 'yjs'
import { areAlike, canonical, contentKey, entriesOf, kindOf, tokensOf, type AnyType, type Token } from './content.ts'
import { sequenceDiff, type SequenceChange } from './sequence-diff.ts'

/**
 * The update (v1) that turns the document `current` into what `version` holds, written by a client of its own; null when it
 * holds that already. Both are whole documents (v1).
 */
export function restorationOf(current: Uint8Array, version: Uint8Array, clientId: number): Uint8Array | null {
  const [doc, past] = [scratch(current), scratch(version)]
  doc.clientID = clientId
  const changes: Uint8Array[] = []
  doc.on('update', (update: Uint8Array) => void changes.push(update))
  // One change: others see all of it or nothing.
  doc.transact(() => {
    for (const name of new Set([...doc.share.keys(), ...past.share.keys()])) restoreRoot(doc, past, name)
  })
  doc.destroy()
  past.destroy()
  return changes[0] ?? null
}

/** Applies a change to an app's document, in its own name, so that its undo takes it back. */
export function applyAsOwn(doc: Y.Doc, update: Uint8Array): void {
  Y.applyUpdate(doc, update, null)
}

function scratch(update: Uint8Array): Y.Doc {
  const doc = new Y.Doc()
  Y.applyUpdate(doc, update)
  return doc
}

function restoreRoot(doc: Y.Doc, past: Y.Doc, name: string): void {
  const [current, version] = [doc.get(name), past.get(name)]
  const kind = kindOf(version as AnyType) ?? kindOf(current as AnyType) ?? 'text'
  restore(rootAs(doc, name, kind), version as AnyType)
}

/** A text has a map beside its sequence, so it can stand for a map, too. */
function rootAs(doc: Y.Doc, name: string, kind: 'text' | 'xml' | 'array'): AnyType {
  if (kind === 'text') return doc.getText(name) as AnyType
  return (kind === 'xml' ? doc.getXmlFragment(name) : doc.getArray(name)) as AnyType
}

function restore(current: AnyType, version: AnyType): void {
  restoreEntries(current, version)
  const [now, wanted] = [tokensOf(current), tokensOf(version)]
  const changes = sequenceDiff(comparable(now, wanted), comparable(wanted, now))
  const kept = keptOf(now, wanted, changes)
  if (current instanceof Y.Text) restoreText(current, { now, wanted, changes, kept })
  else restoreElements(current, wanted, changes)
  for (const [one, other] of kept) restoreNested(one.value, other.value)
}

/** A nested type is itself where it is in both; otherwise it is what it holds, as the copy of one that was deleted is. */
function comparable(tokens: readonly Token[], others: readonly Token[]): readonly string[] {
  const known = new Set(others.flatMap(({ key, value }) => (value instanceof Y.AbstractType ? [key] : [])))
  return tokens.map(({ key, value }) => (value instanceof Y.AbstractType && !known.has(key) ? contentKey(value) : key))
}

/** What the two have in common, in pairs. */
function keptOf(
  now: readonly Token[],
  wanted: readonly Token[],
  changes: readonly SequenceChange[],
): readonly (readonly [Token, Token])[] {
  const kept: (readonly [Token, Token])[] = []
  let [at, from] = [0, 0]
  const keepUntil = (end: number): void => {
    for (; at < end; at++, from++) {
      const [one, other] = [now[at], wanted[from]]
      if (one !== undefined && other !== undefined) kept.push([one, other])
    }
  }
  for (const change of changes) {
    keepUntil(change.at)
    at = change.at + change.removed
    from = change.from + change.inserted
  }
  keepUntil(now.length)
  return kept
}

function restoreNested(current: unknown, version: unknown): void {
  if (current instanceof Y.AbstractType && version instanceof Y.AbstractType) restore(current, version)
}

// --- the map of a type -------------------------------------------------------------------------------------------------

function restoreEntries(current: AnyType, version: AnyType): void {
  const [now, wanted] = [entriesOf(current), entriesOf(version)]
  for (const key of now.keys()) if (!wanted.has(key)) removeEntry(current, key)
  for (const [key, value] of wanted) {
    const before = now.get(key)
    if (now.has(key) && areAlike(before, value)) restoreNested(before, value)
    else putEntry(current, key, copyOf(value))
  }
}

function removeEntry(type: AnyType, key: string): void {
  if (type instanceof Y.Map) type.delete(key)
  else if (type instanceof Y.XmlElement || type instanceof Y.Text) type.removeAttribute(key)
}

function putEntry(type: AnyType, key: string, value: unknown): void {
  if (type instanceof Y.Map) type.set(key, value)
  else if (type instanceof Y.XmlElement) type.setAttribute(key, value)
  else if (type instanceof Y.Text) type.setAttribute(key, value)
}

/** What is gone comes back as a copy: a type that was deleted stays deleted. */
function copyOf(value: unknown): unknown {
  if (value instanceof Y.AbstractType) return value.clone()
  return value instanceof Y.Doc ? new Y.Doc({ guid: value.guid }) : value
}

// --- its sequence ------------------------------------------------------------------------------------------------------

function restoreElements(type: AnyType, wanted: readonly Token[], changes: readonly SequenceChange[]): void {
  if (!(type instanceof Y.Array || type instanceof Y.XmlFragment)) return
  // From the end, so that what is still to be done stays where it was.
  for (const { at, removed, from, inserted } of changes.toReversed()) {
    if (removed > 0) type.delete(at, removed)
    const copies = wanted.slice(from, from + inserted).map(({ value }) => copyOf(value))
    if (copies.length > 0) type.insert(at, copies as never)
  }
}

type Step = { retain?: number; delete?: number; insert?: unknown; attributes?: Record<string, unknown> }

interface TextDifference {
  readonly now: readonly Token[]
  readonly wanted: readonly Token[]
  readonly changes: readonly SequenceChange[]
  readonly kept: readonly (readonly [Token, Token])[]
}

function restoreText(text: Y.Text, { now, wanted, changes, kept }: TextDifference): void {
  const steps: Step[] = []
  let isNew = changes.length > 0
  let [at, pair] = [0, 0]
  const keep = (count: number): void => {
    for (const [one, other] of kept.slice(pair, pair + count)) {
      const attributes = reformatted(one.format, other.format)
      isNew ||= Object.keys(attributes).length > 0
      add(steps, { retain: one.length, attributes })
    }
    pair += count
  }
  for (const change of changes) {
    keep(change.at - at)
    at = change.at + change.removed
    for (const { length } of now.slice(change.at, at)) add(steps, { delete: length })
    for (const { value, format } of wanted.slice(change.from, change.from + change.inserted)) {
      add(steps, { insert: copyOf(value), attributes: { ...format } })
    }
  }
  keep(kept.length - pair)
  if (isNew) text.applyDelta(steps)
}

/** What must be set so that text with one format has the other. */
function reformatted(now: Token['format'], then: Token['format']): Record<string, unknown> {
  const changed: Record<string, unknown> = {}
  if (now === then) return changed
  for (const key of Object.keys(now)) if (!(key in then)) changed[key] = null
  for (const [key, value] of Object.entries(then)) if (canonical(now[key]) !== canonical(value)) changed[key] = value
  return changed
}

/** Steps of one kind become one. */
function add(steps: Step[], step: Step): void {
  const last = steps.at(-1)
  const isAlike = last !== undefined && canonical(last.attributes) === canonical(step.attributes)
  if (isAlike && last.delete !== undefined && step.delete !== undefined) last.delete += step.delete
  else if (isAlike && last.retain !== undefined && step.retain !== undefined) last.retain += step.retain
  else if (isAlike && typeof last.insert === 'string' && typeof step.insert === 'string') last.insert += step.insert
  else steps.push({ ...step })
}
