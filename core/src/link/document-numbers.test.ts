import { describe, expect, it } from 'vitest'
import { documentName, type DocumentName } from '../ids.ts'
import { limits } from '../limits.ts'
import { DocumentNumbers } from './document-numbers.ts'

function name(text: string): DocumentName {
  const checked = documentName(text)
  if (!checked.ok) throw new Error(checked.error)
  return checked.value
}

const [a, b] = [name('a'), name('__proto__')]

describe('[WI7] numbers of documents on a link', () => {
  it('[WI7] are given once per name, counting from 1', () => {
    const numbers = new DocumentNumbers()
    expect([numbers.give(a), numbers.give(b), numbers.give(a)]).toEqual([1, 2, 1])
    expect([numbers.own(a), numbers.own(b), numbers.ownName(1), numbers.ownName(2)]).toEqual([1, 2, a, b])
    expect([numbers.own(name('c')), numbers.ownName(3)]).toEqual([undefined, undefined])
  })

  it('[WI7] a number is burnt with its close: the same name gets another one', () => {
    const numbers = new DocumentNumbers()
    numbers.give(a)
    numbers.take(a)
    expect([numbers.own(a), numbers.ownName(1), numbers.give(a), numbers.ownName(2)]).toEqual([
      undefined,
      undefined,
      2,
      a,
    ])
    numbers.take(b)
    expect(numbers.give(b)).toBe(3)
  })

  it('[WI7] each side numbers on its own', () => {
    const numbers = new DocumentNumbers()
    numbers.give(a)
    expect(numbers.learn(1, b)).toBe(true)
    expect([numbers.ownName(1), numbers.their(1), numbers.theirNumber(b), numbers.theirNumber(a)]).toEqual([
      a,
      b,
      1,
      undefined,
    ])
  })

  it('[WI7] what is forgotten is unknown, and may be learnt again', () => {
    const numbers = new DocumentNumbers()
    numbers.learn(1, a)
    numbers.forget(1)
    expect([numbers.their(1), numbers.theirNumber(a)]).toEqual([undefined, undefined])
    numbers.learn(2, a)
    expect([numbers.their(2), numbers.theirNumber(a)]).toEqual([a, 2])
    numbers.forget(99)
  })

  it('[WI7] the late close of an old number leaves the new one alone', () => {
    const numbers = new DocumentNumbers()
    numbers.learn(1, a)
    numbers.learn(2, a)
    expect(numbers.their(1)).toBeUndefined()
    numbers.forget(1)
    expect([numbers.their(2), numbers.theirNumber(a)]).toEqual([a, 2])
  })

  it('[WI7] a number never changes its name', () => {
    const numbers = new DocumentNumbers()
    numbers.learn(1, a)
    expect(numbers.learn(1, b)).toBe(false)
    expect([numbers.their(1), numbers.theirNumber(b)]).toEqual([a, undefined])
    expect(numbers.learn(1, a)).toBe(true)
  })

  it('[WI8] there are at most documentsPerLinkMax on each side', () => {
    const numbers = new DocumentNumbers()
    for (let count = 1; count <= limits.documentsPerLinkMax; count++) {
      numbers.give(name(`own ${count}`))
      numbers.learn(count, name(`their ${count}`))
    }
    expect([numbers.give(a), numbers.learn(limits.documentsPerLinkMax + 1, a)]).toEqual([null, false])
    // Those known go on; a place that is free is given again.
    expect([numbers.give(name('own 1')), numbers.learn(1, name('their 1'))]).toEqual([1, true])
    numbers.take(name('own 1'))
    numbers.forget(1)
    expect(numbers.give(a)).toBe(limits.documentsPerLinkMax + 1)
    expect(numbers.learn(limits.documentsPerLinkMax + 1, a)).toBe(true)
  })
})
