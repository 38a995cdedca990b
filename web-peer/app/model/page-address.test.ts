import { describe, expect, it } from 'vitest'
import { formatPageAddress, parsePageAddress } from './page-address.ts'

const nothing = { note: null, token: null, trouble: null }

describe('the address of a note', () => {
  it.each(['notes/today', '..', '%', '100% & more=less#?', 'a b', '/', '__proto__', '🪢/文書', '&token=x'])(
    'comes back as it was: %j',
    (name) => {
      expect(parsePageAddress(formatPageAddress(name))).toEqual({ ...nothing, note: name })
      expect(parsePageAddress(formatPageAddress(name, 'söcret &'))).toEqual({
        ...nothing,
        note: name,
        token: 'söcret &',
      })
    },
  )

  it('keeps slashes readable and the token behind the hash', () => {
    expect(formatPageAddress('notes/today', 'a b')).toBe('#/n/notes/today&token=a%20b')
  })

  it('takes a token without a note, and nothing at all', () => {
    expect(parsePageAddress('#token=x%20y')).toEqual({ ...nothing, token: 'x y' })
    for (const empty of ['', '#', '#/', '#/n/', '#token=', '#elsewhere'])
      expect(parsePageAddress(empty)).toEqual(nothing)
  })

  it('says so when a link is damaged', () => {
    expect(parsePageAddress('#/n/%e4%').trouble).toMatch(/damaged/u)
  })
})
