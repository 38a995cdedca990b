import { describe, expect, it } from 'vitest'
import { dialledAddress, shownAddress } from './address.ts'

describe('dialledAddress', () => {
  it.each([
    ['ws://host:4000/peer', 'ws://host:4000/peer'],
    ['ws://host:4000', 'ws://host:4000/peer'],
    ['http://host:4000/', 'ws://host:4000/peer'],
    ['https://host', 'wss://host/peer'],
    ['wss://host/behind/a/proxy?x=1', 'wss://host/behind/a/proxy?x=1'],
    ['ws://[::1]:4000', 'ws://[::1]:4000/peer'],
    ['memory://other', 'memory://other'],
  ])('%s is dialled as %s', (text, address) => {
    expect(dialledAddress(text)).toBe(address)
  })

  it.each(['', 'host', 'ws://', '//host'])('"%s" is no address', (text) => {
    expect(() => dialledAddress(text)).toThrow(expect.objectContaining({ code: 'bad-address' }))
  })
})

describe('shownAddress', () => {
  it('leaves out what may be secret', () => {
    expect(shownAddress('wss://user:password@host/peer?token=secret#more')).toBe('wss://host/peer')
    expect(shownAddress('nonsense?token=secret')).toBe('nonsense')
  })
})
