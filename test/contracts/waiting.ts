import { assert } from '@knotwork/core/contracts'

/** Asks `condition` again and again until it holds; fails after `withinMs`. */
export async function eventually(condition: () => boolean, what: string, withinMs = 5_000): Promise<void> {
  for (let waitedMs = 0; !condition(); waitedMs += 5) {
    assert(waitedMs < withinMs, `${what}: not within ${withinMs} ms`)
    await pause(5)
  }
}

export async function pause(delayMs: number): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, delayMs))
}
