/**
 * Makes a document say what a JSON or a text says, by the least change: what is equal stays the very same, so that edits
 * made elsewhere at the same moment find their place. The counterpart of `rendering.ts`.
 */
import * as Y from 'yjs'
import { limits } from '../limits.ts'
import { err, ok, type Result } from '../result.ts'
import {
  kindOfRoot,
  plainJson,
  renderableRoots,
  scratchOf,
  tombstoneRoot,
  type Json,
  type RootKind,
} from './rendering.ts'
import { listChanges, textChanges } from './text-changes.ts'

export interface ImportOptions {
  /** Whose edits these are; of nobody else. */
  readonly client: number
  /** Roots that are not mentioned stay as they are; otherwise they are emptied. */
  readonly keepsOthers: boolean
}

type JsonObject = { readonly [key: string]: Json }

/** The update that makes it so; null when it is so already. The error is a sentence; then nothing can be done. */
export function importRoots(
  update: Uint8Array | null,
  wanted: JsonObject,
  { client, keepsOthers }: ImportOptions,
): Result<Uint8Array | null, string> {
  if (isDeeper(wanted, limits.importedDepthMax)) return err(`values nest at most ${limits.importedDepthMax} deep`)
  const doc = scratchOf(update)
  doc.clientID = client
  let change: Uint8Array | null = null
  doc.on('update', (made: Uint8Array) => {
    change = made
  })
  try {
    doc.transact(() => {
      if (!keepsOthers) {
        for (const name of renderableRoots(doc)) if (!Object.hasOwn(wanted, name)) emptyRoot(doc, name)
      }
      for (const [name, value] of Object.entries(wanted)) writeRoot(doc, name, value)
      // Whoever gives it content again has it back for good.
      emptyRoot(doc, tombstoneRoot)
    })
    return ok(change)
  } catch (thrown) {
    if (thrown instanceof Misfit) return err(thrown.message)
    throw thrown
  } finally {
    doc.destroy()
  }
}

/** What is wanted does not fit into the document; told to people. */
class Misfit extends Error {}

function kindOf(value: Json): RootKind {
  if (typeof value === 'string') return 'text'
  if (Array.isArray(value)) return 'array'
  if (typeof value === 'object' && value !== null) return 'map'
  throw new Misfit('a root of a document is a text, an array or an object')
}

function writeRoot(doc: Y.Doc, name: string, value: Json): void {
  const existing = kindOfRoot(doc, name)
  const kind = kindOf(value)
  if (existing === 'xml') {
    if (doc.getXmlFragment(name).toString() === value) return
    throw new Misfit(`the root ${JSON.stringify(name)} is XML: it is changed by updates, not by an import`)
  }
  // Nothing tells what an empty root was.
  if (existing !== null && existing !== kind) {
    throw new Misfit(`the root ${JSON.stringify(name)} is of the kind ${existing} and cannot become ${kind}`)
  }
  if (kind === 'text') writeText(doc.getText(name), value as string)
  else if (kind === 'array') writeArray(doc.getArray(name), value as readonly Json[])
  else writeMap(doc.getMap(name), value as JsonObject)
}

/** Deletes everything in a root, whatever it is. */
export function emptyRoot(doc: Y.Doc, name: string): void {
  const root = doc.share.get(name)
  if (root === undefined) return
  doc.transact((transaction) => {
    for (const item of root._map.values()) item.delete(transaction)
    for (let item = root._start; item !== null; item = item.right) item.delete(transaction)
  })
}

function writeText(text: Y.Text, after: string): void {
  const { plain, positionOf } = plainOf(text)
  for (const { index, remove, insert } of textChanges(plain, after).toReversed()) {
    const start = positionOf(index)
    if (remove > 0) text.delete(start, positionOf(index + remove) - start)
    if (insert !== '') text.insert(start, insert)
  }
}

/** The characters of a text, and where each of them is: an embed takes a place and is no character. */
function plainOf(text: Y.Text): { readonly plain: string; readonly positionOf: (character: number) => number } {
  let plain = ''
  /** Before which character an embed stands. */
  const embeds: number[] = []
  for (const { insert } of text.toDelta() as readonly { insert: unknown }[]) {
    if (typeof insert === 'string') plain += insert
    else embeds.push(plain.length)
  }
  return { plain, positionOf: (character) => character + embeds.filter((before) => before < character).length }
}

function writeArray(array: Y.Array<unknown>, after: readonly Json[]): void {
  const before = array.toArray().map((item) => JSON.stringify(plainJson(item)))
  const wanted = after.map((item) => JSON.stringify(item))
  let cursor = after.length
  const changes = listChanges(before, wanted)
  for (const [at, { index, remove, insert }] of [...changes.entries()].toReversed()) {
    // From the end: what is equal between two changes is as long before as after.
    const next = changes[at + 1]
    const equalAfter = (next?.index ?? before.length) - index - remove.length
    cursor -= equalAfter + insert.length
    const both = Math.min(remove.length, insert.length)
    for (let i = both; i < remove.length; i++) array.delete(index + both, 1)
    if (insert.length > both) {
      array.insert(
        index + both,
        after.slice(cursor + both, cursor + insert.length).map((item) => sharedFrom(item)),
      )
    }
    for (let i = 0; i < both; i++) {
      const value = after[cursor + i] ?? null
      if (writeInto(array.get(index + i), value)) continue
      array.delete(index + i, 1)
      array.insert(index + i, [sharedFrom(value)])
    }
  }
}

function writeMap(map: Y.Map<unknown>, after: JsonObject): void {
  for (const key of [...map.keys()]) if (!Object.hasOwn(after, key)) map.delete(key)
  for (const [key, value] of Object.entries(after)) {
    const existing = map.get(key)
    const isSame = map.has(key) && JSON.stringify(plainJson(existing)) === JSON.stringify(value)
    if (isSame || writeInto(existing, value)) continue
    map.set(key, sharedFrom(value))
  }
}

/** Changes a shared type from within, where it is of the kind of `value`; whether it was. */
function writeInto(existing: unknown, value: Json): boolean {
  if (existing instanceof Y.XmlText || existing instanceof Y.XmlHook) return false
  if (existing instanceof Y.Text && typeof value === 'string') writeText(existing, value)
  else if (existing instanceof Y.Array && Array.isArray(value)) writeArray(existing, value)
  else if (existing instanceof Y.Map && isObject(value)) writeMap(existing, value)
  else return false
  return true
}

type Shared = Json | Y.Array<Shared> | Y.Map<Shared>

/** Lists and objects become shared types, so that later edits meet inside of them. */
function sharedFrom(value: Json): Shared {
  if (Array.isArray(value)) {
    const list = new Y.Array<Shared>()
    list.push(value.map((item: Json) => sharedFrom(item)))
    return list
  }
  if (isObject(value)) return new Y.Map<Shared>(Object.entries(value).map(([key, item]) => [key, sharedFrom(item)]))
  return value
}

function isObject(value: Json): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** Whether something lies deeper than `depth` lists and objects. */
function isDeeper(value: Json, depth: number): boolean {
  if (typeof value !== 'object' || value === null) return false
  return depth === 0 || Object.values(value).some((item: Json) => isDeeper(item, depth - 1))
}
