/** What differs between two states of a document, for people and programs (PROTOCOL.md [HI4]). */
import { renderJson, type Json } from '../replica/rendering.ts'
import { sequenceDiff } from './sequence-diff.ts'

/** One place where texts differ: what stood at `at`, in UTF-16 units of the older text, and what stands there now. */
export interface TextChange {
  readonly at: number
  readonly removed: string
  readonly inserted: string
}

/** Of a root that is text in both, the changes; of any other, all of it before and after. Absent: null. */
export type RootDifference =
  | { readonly type: 'text'; readonly changes: readonly TextChange[] }
  | { readonly type: 'json'; readonly before: Json; readonly after: Json }

export type DocumentDifference = Readonly<Record<string, RootDifference>>

/** Roots that are alike are left out. */
export function differenceBetween(before: Uint8Array, after: Uint8Array): DocumentDifference {
  const [one, other] = [renderJson(before), renderJson(after)]
  const names = [...new Set([...Object.keys(one), ...Object.keys(other)])]
  return Object.fromEntries(
    names.flatMap((name) => {
      const difference = rootDifference(valueOf(one, name), valueOf(other, name))
      return difference === null ? [] : [[name, difference] as const]
    }),
  )
}

function valueOf(roots: Readonly<Record<string, Json>>, name: string): Json {
  return Object.hasOwn(roots, name) ? (roots[name] ?? null) : null
}

function rootDifference(before: Json, after: Json): RootDifference | null {
  const [one, other] = [textOf(before, after), textOf(after, before)]
  if (one !== null && other !== null) {
    const changes = textChanges(one, other)
    return changes.length === 0 ? null : { type: 'text', changes }
  }
  return areAlike(before, after) ? null : { type: 'json', before, after }
}

/** A text; one that is not there counts as empty beside one that is. */
function textOf(value: Json, beside: Json): string | null {
  if (typeof value === 'string') return value
  return value === null && typeof beside === 'string' ? '' : null
}

function areAlike(one: Json, other: Json): boolean {
  return JSON.stringify(one, plain) === JSON.stringify(other, plain)
}

/** Yjs holds two kinds of values that JSON does not know. */
function plain(_key: string, value: unknown): unknown {
  if (typeof value === 'bigint') return `${value}n`
  return value instanceof Uint8Array ? `bytes ${value.join()}` : value
}

/** Whole characters: half of one is no text. */
function textChanges(before: string, after: string): readonly TextChange[] {
  const [one, other] = [Array.from(before), Array.from(after)]
  let [at, counted] = [0, 0]
  return sequenceDiff(one, other).map((change) => {
    at += lengthOf(one.slice(counted, change.at))
    counted = change.at
    const removed = one.slice(change.at, change.at + change.removed).join('')
    return { at, removed, inserted: other.slice(change.from, change.from + change.inserted).join('') }
  })
}

function lengthOf(characters: readonly string[]): number {
  return characters.reduce((sum, { length }) => sum + length, 0)
}
