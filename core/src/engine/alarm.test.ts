import { describe, expect, it } from 'vitest'
import { FakeClock } from '../../test/fake-clock.ts'
import { Alarm } from './alarm.ts'

function alarm() {
  const clock = new FakeClock(1_000)
  const woken: number[] = []
  return { clock, woken, alarm: new Alarm(clock, () => woken.push(clock.now())) }
}

describe('[DS14] one timer for a machine', () => {
  it('[DS14] wakes it when it is time, once', () => {
    const { clock, woken, alarm: one } = alarm()
    one.set(1_500)
    clock.tick(10_000)
    expect(woken).toEqual([1_500])
  })

  it('[DS14] never later than was asked for last: an earlier moment replaces a later one', () => {
    const { clock, woken, alarm: one } = alarm()
    one.set(5_000)
    one.set(1_200)
    expect(clock.waiting).toBe(1)
    clock.tick(300)
    expect(woken).toEqual([1_200])
  })

  it('[DS14] a later moment may wake it too early once, and never not at all', () => {
    const { clock, woken, alarm: one } = alarm()
    one.set(1_200)
    for (let at = 1_300; at < 3_000; at += 100) one.set(at)
    // Keystrokes move a deadline all the time: not a timer for each.
    expect(clock.waiting).toBe(1)
    clock.tick(200)
    expect(woken).toEqual([1_200])
    one.set(2_900)
    clock.tick(5_000)
    expect(woken).toEqual([1_200, 2_900])
  })

  it('[DS14] the past is now; nothing is never', () => {
    const { clock, woken, alarm: one } = alarm()
    one.set(1)
    clock.tick(0)
    expect(woken).toEqual([1_000])
    one.set(2_000)
    one.set(null)
    clock.tick(10_000)
    expect([woken, clock.waiting]).toEqual([[1_000], 0])
  })

  it('[DS14] a stopped alarm rings no more', () => {
    const { clock, woken, alarm: one } = alarm()
    one.set(2_000)
    one.stop()
    clock.tick(10_000)
    expect([woken, clock.waiting]).toEqual([[], 0])
  })

  it('[DS14] it can be set again from where it rings', () => {
    const clock = new FakeClock(0)
    const woken: number[] = []
    const one = new Alarm(clock, () => {
      woken.push(clock.now())
      if (woken.length < 4) one.set(clock.now() + 10)
    })
    one.set(10)
    clock.tick(1_000)
    expect(woken).toEqual([10, 20, 30, 40])
  })
})
