import { documentName } from '@knotwork/core'
import { expect, it } from 'vitest'
import { MemoryStorage } from './memory-storage.ts'

const checked = documentName('notes/today')
const name = checked.ok ? checked.value : expect.fail(checked.error)

it('keeps a log as long as it is open, and says that this is all', async () => {
  const storage = new MemoryStorage()
  expect(storage.durability).toBe('memory')
  expect(await storage.load(name)).toEqual({ updates: [], unreadable: 0 })
  const update = new Uint8Array([1])
  await storage.append(name, [update])
  update[0] = 9
  await storage.append(name, [new Uint8Array([2]), new Uint8Array([3])])
  expect((await storage.load(name)).updates.map(([first]) => first)).toEqual([1, 2, 3])
  await storage.compact(name, () => null)
  await storage.compact(name, (updates) => ({ snapshot: new Uint8Array([updates.length]), damaged: [] }))
  expect((await storage.load(name)).updates.map(([first]) => first)).toEqual([3])
  const names: string[] = []
  for await (const each of storage.list()) names.push(each)
  expect(names).toEqual([name])
  await storage[Symbol.asyncDispose]()
  await expect(storage.append(name, [update])).rejects.toThrow(/closed/u)
})
