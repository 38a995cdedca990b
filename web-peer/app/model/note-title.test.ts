import { describe, expect, it } from 'vitest'
import { titleOf } from './note-title.ts'

describe('the title of a note', () => {
  it.each([
    ['', ''],
    ['Plain words\nmore', 'Plain words'],
    ['\n\n  # Heading\nmore', 'Heading'],
    ['###### deep', 'deep'],
    ['#tag is a word', '#tag is a word'],
    ['- [ ] milk', 'milk'],
    ['> 1. quoted', 'quoted'],
    ['---\ntext', 'text'],
    ['```js\ncode', 'code'],
    ['**bold** and `code`, [a link](https://example.org)', 'bold and code, a link'],
    ['* * *', ''],
    ['snake_case * 2', 'snake_case * 2'],
    ['  a \t b  ', 'a b'],
    ['<b>markup</b>', '<b>markup</b>'],
  ])('of %j is %j', (text, title) => {
    expect(titleOf(text)).toBe(title)
  })

  it('is cut between characters as people see them', () => {
    const family = '👩‍👩‍👧'
    expect(titleOf(family.repeat(100))).toBe(`${family.repeat(80)}…`)
  })

  it('takes no time for a long line', () => {
    const start = performance.now()
    titleOf('*'.repeat(100_000))
    titleOf('[('.repeat(50_000))
    expect(performance.now() - start).toBeLessThan(1_000)
  })
})
