/**
 * What turns one text into another, in few and small steps: lines first, then words, then characters. An import that
 * replaced a whole text would take the place of what others type in it at the same moment.
 */
import { simpleDiffString } from 'lib0/diff'
import { diff } from 'lib0/diff/patience'
import { limits } from '../limits.ts'

export interface TextChange {
  /** Where, in the text as it was. */
  readonly index: number
  readonly remove: number
  readonly insert: string
}

export interface ListChange {
  readonly index: number
  readonly remove: readonly string[]
  readonly insert: readonly string[]
}

/** In ascending order; positions are those before any of the changes. */
export function textChanges(before: string, after: string): readonly TextChange[] {
  return finer(before, after, [linesOf, wordsOf])
}

/** What turns one list into another. The search is quadratic at worst, so a middle that is too long is replaced whole. */
export function listChanges(before: readonly string[], after: readonly string[]): readonly ListChange[] {
  const least = Math.min(before.length, after.length)
  let start = 0
  while (start < least && before[start] === after[start]) start++
  let end = 0
  while (end < least - start && before.at(-1 - end) === after.at(-1 - end)) end++
  const remove = before.slice(start, before.length - end)
  const insert = after.slice(start, after.length - end)
  if (remove.length === 0 && insert.length === 0) return []
  if (Math.max(remove.length, insert.length) > limits.comparedItemsMax) return [{ index: start, remove, insert }]
  return diff(remove, insert).map((change) => ({ ...change, index: change.index + start }))
}

type Cut = (text: string) => readonly string[]

function finer(before: string, after: string, [cut, ...finerCuts]: readonly Cut[]): readonly TextChange[] {
  if (cut === undefined) {
    const { index, remove, insert } = simpleDiffString(before, after)
    return remove === 0 && insert === '' ? [] : [{ index, remove, insert }]
  }
  const pieces = cut(before)
  const starts = startsOf(pieces)
  return listChanges(pieces, cut(after)).flatMap(({ index, remove, insert }) => {
    const start = starts[index] ?? before.length
    return finer(remove.join(''), insert.join(''), finerCuts).map((change) => ({
      ...change,
      index: change.index + start,
    }))
  })
}

function startsOf(pieces: readonly string[]): readonly number[] {
  let at = 0
  return pieces.map((piece) => {
    const start = at
    at += piece.length
    return start
  })
}

function linesOf(text: string): readonly string[] {
  return text.match(/[^\n]*\n|[^\n]+$/gu) ?? []
}

function wordsOf(text: string): readonly string[] {
  return text.match(/[\p{L}\p{N}_]+|[^\p{L}\p{N}_]/gsu) ?? []
}
