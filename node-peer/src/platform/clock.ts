import type { Clock } from '@knotwork/core'

/** Monotonic time. Its timers keep the process alive: a peer works until it is closed, also while it waits to redial. */
export const nodeClock: Clock = {
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
