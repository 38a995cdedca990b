import type { Clock } from '@knotwork/core'

/** Monotonic time. Its timers keep the process alive: a peer works until it is closed, also while it waits to redial. */
export const nodeClock: Clock = {
  now: () => performance.now(),
  setTimer(delayMs, fire) {
    const timer = setTimeout(fire, delayMs)
    return () => clearTimeout(timer)
  },
}
