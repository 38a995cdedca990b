/** A title from the start of a note: its first line with words in it, without Markdown's marks. */
import { clipped } from './clipping.ts'

const linesMax = 20
/** The rest of a long line changes nothing, and patterns take long over it. */
const lineLengthMax = 2_500
export const titleCharactersMax = 80

export function titleOf(text: string): string {
  for (const line of text.slice(0, linesMax * lineLengthMax).split('\n', linesMax)) {
    const title = shortened(withoutMarks(line.slice(0, lineLengthMax)))
    if (title !== '') return title
  }
  return ''
}

export function shortened(text: string): string {
  return clipped(text, titleCharactersMax, '…')
}

function withoutMarks(line: string): string {
  const words = line
    // Headings, lists, quotes, check boxes.
    .replace(/^\s*(?:(?:#{1,6}|[-*+>]|\d+[.)]|\[[ x]\])\s+)*/iu, '')
    // Fences, with the name of a language.
    .replace(/^(?:`{3}|~{3}).*$/u, '')
    .replaceAll(/!?\[([^\]]*)\]\([^)]*\)/gu, '$1')
    .replaceAll(/(\*\*|__|[*`]|~~)(.+?)\1/gu, '$2')
  // Rules, and marks with nothing to mark yet.
  return /^[\s#*+=_`~>-]*$/u.test(words) ? '' : words
}
