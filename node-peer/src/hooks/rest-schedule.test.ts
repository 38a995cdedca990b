import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { RestSchedule } from './rest-schedule.ts'

const rest = { quietMs: 100, maxMs: 500, retriesMax: 2 }

describe('[HK5] what is called when a document has come to rest', () => {
  beforeEach(() => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] })
  })

  afterEach(() => {
    vi.useRealTimers()
  })

  it('[HK5] once after its last change, and in between when the changes do not end', async () => {
    const called: string[] = []
    const schedule = new RestSchedule((name) => Promise.resolve(called.push(name) > 0), rest)
    for (let i = 0; i < 3; i++) {
      schedule.changed('a')
      await vi.advanceTimersByTimeAsync(50)
    }
    expect(called).toEqual([])
    await vi.advanceTimersByTimeAsync(60)
    expect(called).toEqual(['a'])
    for (let i = 0; i < 11; i++) {
      schedule.changed('b')
      await vi.advanceTimersByTimeAsync(50)
    }
    expect(called).toEqual(['a', 'b'])
    await vi.advanceTimersByTimeAsync(10_000)
    expect(called).toEqual(['a', 'b', 'b'])
  })

  it('[HK5] one at a time, and again for what has changed meanwhile', async () => {
    const ends: ((isDone: boolean) => void)[] = []
    const schedule = new RestSchedule(() => new Promise((resolve) => void ends.push(resolve)), rest)
    schedule.changed('a')
    await vi.advanceTimersByTimeAsync(100)
    schedule.changed('a')
    await vi.advanceTimersByTimeAsync(10_000)
    expect(ends.length).toBe(1)
    ends[0]?.(true)
    await vi.advanceTimersByTimeAsync(100)
    expect(ends.length).toBe(2)
    ends[1]?.(true)
    await vi.advanceTimersByTimeAsync(10_000)
    expect(ends.length).toBe(2)
  })

  it('[HK5] a failed one again, later each time, and not without end', async () => {
    const at: number[] = []
    const schedule = new RestSchedule(() => Promise.resolve(at.push(performance.now()) < 0), rest)
    const start = performance.now()
    schedule.changed('a')
    await vi.advanceTimersByTimeAsync(100_000)
    expect(at.map((time) => time - start)).toEqual([100, 300, 700])
  })

  it('[HK5] what is due at the end is called then', async () => {
    const called: string[] = []
    const schedule = new RestSchedule((name) => Promise.resolve(called.push(name) > 0), rest)
    schedule.changed('a')
    await schedule.finish()
    expect(called).toEqual(['a'])
    await vi.advanceTimersByTimeAsync(10_000)
    expect(called).toEqual(['a'])
  })
})
