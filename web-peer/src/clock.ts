import type { Clock } from '@knotwork/core'

/** The page's own time. In a hidden tab the browser fires timers late: once a second, later once a minute. */
export const pageClock: Clock = {
  now: () => performance.now(),
  setTimer(delayMs, fire) {
    const timer = setTimeout(fire, delayMs)
    return () => clearTimeout(timer)
  },
}

/** Seconds since 1970: for people, and for what is old. */
export function wallClock(): number {
  return Math.floor(Date.now() / 1_000)
}
