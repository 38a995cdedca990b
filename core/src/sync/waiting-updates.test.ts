import { describe, expect, it } from 'vitest'
import { linkId } from '../ids.ts'
import { limits } from '../limits.ts'
import { WaitingUpdates } from './waiting-updates.ts'

const waiting = (size: number) => ({ update: new Uint8Array(size), from: linkId(1) })

describe('[DS7] updates that wait for something missing', () => {
  it('[DS7] are handed out all at once, to be tried again', () => {
    const all = new WaitingUpdates()
    const [a, b] = [waiting(3), waiting(4)]
    expect([all.add(a), all.add(b), all.count, all.sizeBytes]).toEqual([true, true, 2, 7])
    expect(all.take()).toEqual([a, b])
    expect([all.count, all.sizeBytes, all.take()]).toEqual([0, 0, []])
  })

  it('[DS7] [WI8] within a limit on their number', () => {
    const all = new WaitingUpdates()
    for (let count = 0; count < limits.waitingUpdatesMax; count++) expect(all.add(waiting(1))).toBe(true)
    expect([all.add(waiting(1)), all.count]).toEqual([false, limits.waitingUpdatesMax])
  })

  it('[DS7] [WI8] and on their bytes', () => {
    const all = new WaitingUpdates()
    expect(all.add(waiting(limits.waitingBytesMax + 1))).toBe(false)
    expect(all.add(waiting(limits.waitingBytesMax))).toBe(true)
    expect([all.add(waiting(1)), all.sizeBytes]).toEqual([false, limits.waitingBytesMax])
    all.take()
    expect(all.add(waiting(1))).toBe(true)
  })
})
