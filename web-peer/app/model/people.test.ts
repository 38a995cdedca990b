import { describe, expect, it } from 'vitest'
import { initialsOf, peopleIn, personOf, userField } from './people.ts'
import { isColor, palette, randomProfile, tidyName } from './profile.ts'

describe('people', () => {
  it('are everybody but this tab, each once, with my other tabs last', () => {
    const user = (name: string, peer: string) => ({ user: userField({ name, color: '#0f766b' }, peer) })
    const states = new Map<number, Readonly<Record<string, unknown>>>([
      [1, user('Me', 'me')],
      [2, user('Me', 'me')],
      [3, user('Zoe', 'z')],
      [4, user('Ada', 'a')],
      [5, user('Ada', 'a')],
      [6, { cursor: null }],
    ])
    expect(peopleIn(states, 1, 'me').map(({ name }) => name)).toEqual(['Ada', 'Zoe', 'Me'])
  })

  it('are shown whatever they say of themselves', () => {
    const strange = [null, 7, 'x', {}, { user: null }, { user: 7 }]
    for (const state of strange)
      expect(personOf(1, Object(state) as object as Readonly<Record<string, unknown>>)).toBeNull()
    const evil = { name: `  a\n${'b'.repeat(500)}`, color: 'red;background:url(https://example.org)', peer: { x: 1 } }
    expect(personOf(7, { user: evil, note: ['x'] })).toEqual({
      id: 'client 7',
      name: `a ${'b'.repeat(38)}`,
      color: '#6f6a60',
      note: null,
    })
    expect(personOf(7, { user: { name: ' ' } })?.name).toBe('Somebody')
  })

  it('have initials', () => {
    expect(['Ada Lovelace', 'ada', 'a b c', '👩‍👩‍👧 Kim', ''].map(initialsOf)).toEqual(['AL', 'A', 'AC', '👩‍👩‍👧K', ''])
  })
})

describe('a profile', () => {
  it('is made up at first, from names and colours that are allowed', () => {
    for (const random of [() => 0, () => 0.5, () => 0.999]) {
      const { name, color } = randomProfile(random)
      expect(tidyName(name)).toBe(name)
      expect(palette.map((paint) => paint.color)).toContain(color)
    }
  })

  it('has a colour that can be nothing else', () => {
    expect(palette.every(({ color }) => isColor(color))).toBe(true)
    for (const color of ['red', '#fff', '#0f766b;', '#0f766g', '', 7, null]) expect(isColor(color)).toBe(false)
  })

  it('has colours on which white letters can be read', () => {
    for (const { color } of palette) expect(contrastWithWhite(color)).toBeGreaterThan(4.5)
  })
})

/** As WCAG defines it. */
function contrastWithWhite(color: string): number {
  const [red = 0, green = 0, blue = 0] = [1, 3, 5].map((at) => {
    const part = Number.parseInt(color.slice(at, at + 2), 16) / 255
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4
  })
  return 1.05 / (0.2126 * red + 0.7152 * green + 0.0722 * blue + 0.05)
}
