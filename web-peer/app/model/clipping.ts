/** Text cut by what people see as characters, so that no emoji or accent is cut in half. */
const segmenter = new Intl.Segmenter(undefined, { granularity: 'grapheme' })

/** White space tidied, and at most `charactersMax` characters; `end` stands for what was cut off. */
export function clipped(text: string, charactersMax: number, end = ''): string {
  // One character may be many code units, yet a name of megabytes is not to be looked through.
  const tidy = text
    .slice(0, charactersMax * 32)
    .replaceAll(/\s+/gu, ' ')
    .trim()
  let count = 0
  for (const { index } of segmenter.segment(tidy)) {
    if (count === charactersMax) return tidy.slice(0, index) + end
    count++
  }
  return tidy
}
