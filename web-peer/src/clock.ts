import type { Clock } from '@knotwork/core'

/** The page's own time. In a hidden tab the browser fires timers late: once a second, later once a minute. */
export const pageClock: Clock = {
  now: () => performance.now(),
  setTimer(delayMs, fire) {
    const timer = setTimeout(fire, delayMs)
    return () => clearTimeout(timer)
  },
}
