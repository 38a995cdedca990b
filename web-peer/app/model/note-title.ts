/** A title from the start of a note: its first line with words in it, without Markdown's marks. */
import { clipped } from './clipping.ts'

const linesMax = 20
export const titleCharactersMax = 80

export function titleOf(text: string): string {
  for (const line of text.split('\n', linesMax)) {
    const title = shortened(withoutMarks(line))
    if (title !== '') return title
  }
  return ''
}

export function shortened(text: string): string {
  return clipped(text, titleCharactersMax, '…')
}

function withoutMarks(line: string): string {
  return (
    line
      // Headings, lists, quotes, check boxes; a rule or a fence has nothing else.
      .replace(/^\s*(?:(?:#{1,6}|[-*+>]|\d+[.)]|\[[ x]\])\s+)*/iu, '')
      .replace(/^(?:#{1,6}|[-*_=]{2,}|[`~]{3,}.*)\s*$/u, '')
      .replaceAll(/!?\[([^\]]*)\]\([^)]*\)/gu, '$1')
      .replaceAll(/(\*\*|__|[*`]|~~)(.+?)\1/gu, '$2')
  )
}
