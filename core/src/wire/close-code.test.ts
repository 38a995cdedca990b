import { describe, expect, it } from 'vitest'
import { closeCode, isRefusal } from './close-code.ts'

describe('[TR3] close codes', () => {
  it('[TR3] are those of PROTOCOL.md', () => {
    expect(closeCode).toEqual({
      normal: 1000,
      goingAway: 1001,
      garbage: 4400,
      token: 4401,
      proof: 4403,
      forbidden: 4403,
      duplicate: 4409,
      version: 4426,
      unavailable: 4503,
      silent: 4504,
      helloTimeout: 4508,
      slow: 4513,
      full: 4529,
    })
  })

  it('[TR3] 44xx says that coming back without a change is pointless, and no other code does', () => {
    for (const code of [4400, 4401, 4403, 4409, 4426, 4499]) expect(isRefusal(code)).toBe(true)
    for (const code of [1000, 1001, 1006, 4399, 4500, 4503, 4504, 4508, 4513, 4529]) expect(isRefusal(code)).toBe(false)
  })
})
