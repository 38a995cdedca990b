import { documentName, type DocumentName } from '@knotwork/core'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { WriteQueue, type Append } from './write-queue.ts'

function append(text: string, sizeBytes = 1): Append {
  const name = documentName(text)
  if (!name.ok) throw new Error(name.error)
  return { name: name.value, updates: [new Uint8Array(sizeBytes)] }
}

/** A queue whose writes end when they are told to. */
class Disk {
  readonly groups: (readonly DocumentName[])[] = []
  readonly queue = new WriteQueue((group) => {
    this.groups.push(group.map(({ name }) => name))
    return new Promise((resolve, reject) => {
      this.#end = (why) => (why === undefined ? resolve() : reject(why))
    })
  })
  #end: (why?: Error) => void = () => undefined

  /** Ends the write under way and lets what depends on it happen. */
  async end(why?: Error): Promise<void> {
    this.#end(why)
    await new Promise((resolve) => setImmediate(resolve))
  }
}

describe('WriteQueue', () => {
  it('writes together what has gathered while a write was under way, in order', async () => {
    const disk = new Disk()
    const first = disk.queue.append(append('a'))
    await Promise.resolve().then(() => Promise.resolve())
    const rest = ['b', 'a', 'c'].map((text) => disk.queue.append(append(text)))
    await disk.end()
    await first
    await disk.end()
    await Promise.all(rest)
    expect(disk.groups).toEqual([['a'], ['b', 'a', 'c']])
    await disk.queue.idle()
  })

  it('puts a limit on what goes together, but none on a single append', async () => {
    const disk = new Disk()
    const size = 3 * 1024 * 1024
    const all = [append('a', size), append('b', size), append('c', 4 * size), append('d')]
    const appended = Promise.all(all.map((each) => disk.queue.append(each)))
    for (let n = 0; n < all.length + 1; n++) await disk.end()
    await appended
    expect(disk.groups).toEqual([['a'], ['b'], ['c'], ['d']])
  })

  it('tells all of a group of its failure, and goes on', async () => {
    const disk = new Disk()
    const outcomes = Promise.allSettled([disk.queue.append(append('a')), disk.queue.append(append('b'))])
    await disk.end()
    await disk.end(new Error('disk full'))
    expect((await outcomes).map(({ status }) => status)).toEqual(['rejected', 'rejected'])
    const next = disk.queue.append(append('c'))
    await disk.end()
    await disk.end()
    await expect(next).resolves.toBeUndefined()
  })

  it('runs nothing beside what runs alone', async () => {
    const events: string[] = []
    const slowly = async (what: string): Promise<void> => {
      events.push(`${what} begins`)
      await new Promise((resolve) => setTimeout(resolve, 5))
      events.push(`${what} ends`)
    }
    const queue = new WriteQueue((group) => slowly(group.map(({ name }) => name).join()))
    await Promise.all([
      queue.append(append('a')),
      queue.alone(() => slowly('compaction')),
      queue.append(append('b')),
      queue.append(append('c')),
    ])
    expect(events).toEqual(['a', 'compaction', 'b,c'].flatMap((what) => [`${what} begins`, `${what} ends`]))
  })
})

describe('WriteQueue that has its writers share', () => {
  const groups: string[] = []
  const queue = new WriteQueue((group) => {
    groups.push(group.map(({ name }) => name).join())
    return Promise.resolve()
  }, 5)
  beforeEach(() => {
    vi.useFakeTimers()
    groups.length = 0
  })
  afterEach(() => void vi.useRealTimers())

  it('lets writers of several documents wait for each other, but for the first', async () => {
    await queue.append(append('a'))
    const second = queue.append(append('b'))
    await vi.advanceTimersByTimeAsync(1)
    const third = queue.append(append('c'))
    expect(groups).toEqual(['a'])
    await vi.advanceTimersByTimeAsync(4)
    await Promise.all([second, third])
    expect(groups).toEqual(['a', 'b,c'])
  })

  it('keeps nobody waiting who writes alone, nor what runs alone', async () => {
    await vi.advanceTimersByTimeAsync(10)
    for (const text of ['a', 'a', 'a']) await queue.append(append(text))
    await queue.alone(() => Promise.resolve())
    expect(groups).toEqual(['a', 'a', 'a'])
  })
})
