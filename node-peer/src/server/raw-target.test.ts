import { describe, expect, it } from 'vitest'
import { isBelow, nameBelow, rawTarget, tolerantlyDecoded } from './raw-target.ts'

function nameIn(url: string): string | null {
  return nameBelow(rawTarget(url), '/yjs', 'room')
}

describe('names in raw targets', () => {
  it.each([
    ['/yjs/notes', 'notes'],
    ['/yjs/notes/today', 'notes/today'],
    ['/yjs//a//', '/a//'],
    ['/yjs/..', '..'],
    ['/yjs/../..', '../..'],
    ['/yjs/.', '.'],
    ['/yjs/__proto__', '__proto__'],
    ['/yjs/a%2Fb', 'a/b'],
    ['/yjs/a%252Fb', 'a%2Fb'],
    ['/yjs/100%', '100%'],
    ['/yjs/100%25', '100%'],
    ['/yjs/%', '%'],
    ['/yjs/%zz%41', '%zzA'],
    ['/yjs/%ff%41%C3%A4%C3', '%ffAä%C3'],
    ['/yjs/r%C3%B6%C3%B6m/1', 'rööm/1'],
    ['/yjs/%F0%9F%91%8B', '👋'],
    ['/yjs/a+b', 'a+b'],
    ['/yjs/a%3Fb?token=x', 'a?b'],
    ['/yjs/a#b', 'a#b'],
    ['/yjs/a\\b', 'a\\b'],
    ['/yjs?room=..', '..'],
    ['/yjs/?room=a%2Fb+c', 'a/b c'],
    ['/yjs/a?room=b', 'a'],
    ['http://host:4000/yjs/a', 'a'],
    ['/yjs', null],
    ['/yjs/', null],
    ['/yjs?room=', ''],
  ])('%s names %j', (url, name) => {
    expect(nameIn(url)).toBe(name)
  })

  it('finds every encoded name again, and never throws on what is not encoded', () => {
    for (let round = 0; round < 2_000; round++) {
      const name = randomText(1 + (round % 9))
      expect(nameIn(`/yjs/${encodeURIComponent(name)}`)).toBe(name)
      expect(nameIn(`/yjs?room=${encodeURIComponent(name)}`)).toBe(name)
      expect(typeof tolerantlyDecoded(`${name}%${name}`)).toBe('string')
    }
  })
})

/** Of all planes, with many of the characters that mean something in a URL. */
function randomText(length: number): string {
  const points = Array.from({ length }, () => {
    const point = Math.random() < 0.5 ? Math.floor(Math.random() * 128) : Math.floor(Math.random() * 0x11_00_00)
    return point >= 0xd8_00 && point <= 0xdf_ff ? 37 : point
  })
  return String.fromCodePoint(...points)
}

describe('isBelow', () => {
  it('goes by whole segments', () => {
    expect(isBelow(rawTarget('/yjs'), '/yjs')).toBe(true)
    expect(isBelow(rawTarget('/yjs?x'), '/yjs')).toBe(true)
    expect(isBelow(rawTarget('/yjs/'), '/yjs')).toBe(true)
    expect(isBelow(rawTarget('/yjsx'), '/yjs')).toBe(false)
    expect(isBelow(rawTarget('/'), '/yjs')).toBe(false)
    expect(rawTarget('').path).toBe('/')
  })
})
