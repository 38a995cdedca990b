import { describe, expect, it } from 'vitest'
import { Watchable } from './watched.ts'

describe('[DS13] a value that apps watch', () => {
  it('[DS13] tells each later value, and nothing when it stays the same', () => {
    const watched = new Watchable(1, () => undefined)
    const seen: number[] = []
    const stop = watched.subscribe((value) => seen.push(value))
    for (const value of [1, 2, 2, 3]) watched.set(value)
    stop()
    watched.set(4)
    expect([seen, watched.value]).toEqual([[2, 3], 4])
  })

  it('[DS10] a listener that throws harms nobody', () => {
    const faults: unknown[] = []
    const watched = new Watchable(1, (thrown) => faults.push(thrown))
    const seen: number[] = []
    watched.subscribe(() => {
      throw new Error('boom')
    })
    watched.subscribe((value) => seen.push(value))
    watched.set(2)
    expect([seen, faults]).toEqual([[2], [new Error('boom')]])
  })

  it('[DS13] listeners may come and go while they are called', () => {
    const watched = new Watchable(1, () => undefined)
    const seen: string[] = []
    const stop = watched.subscribe(() => {
      seen.push('first')
      stop()
      watched.subscribe(() => seen.push('late'))
    })
    watched.subscribe(() => seen.push('second'))
    watched.set(2)
    watched.set(3)
    expect(seen).toEqual(['first', 'second', 'second', 'late'])
  })
})
