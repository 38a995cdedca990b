import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { isBad, makeStores, runDamageCase, type Store } from '../crash/damaged-store.ts'
import { KilledWriter } from '../crash/killed-writer.ts'
import { TemporaryDirectory } from './temporary-directory.ts'

/** Twenty processes to start, on a machine that may be busy. */
const slowMs = 400_000

let directory: TemporaryDirectory

beforeAll(async () => {
  directory = await TemporaryDirectory.make()
})

afterAll(() => directory[Symbol.asyncDispose]())

describe('a writing process killed at random moments', () => {
  it(
    '[ST1] [ST4] [ST10] twenty times: everything it called stored is there once, in order, and nothing is called damaged',
    async () => {
      const writer = new KilledWriter(directory.at('killed'), 1)
      const wrong: string[] = []
      for (let round = 0; round < 20; round++) wrong.push(...(await writer.round()))
      expect(wrong).toEqual([])
      const stored = [...writer.stored.values()].reduce((sum, tokens) => sum + tokens.size, 0)
      // How many is a matter of the machine; that there were some in most rounds is not.
      expect(stored).toBeGreaterThan(20)
    },
    slowMs,
  )
})

describe('a damaged store', () => {
  let stores: readonly Store[]

  beforeAll(async () => {
    stores = await makeStores(directory.path)
  })

  it(
    '[ST5] [ST10] [ST11] 120 times: opens, tells of everything that is gone, hands out nothing altered, and goes on',
    async () => {
      const outcomes = []
      for (let seed = 1; seed <= 120; seed++) outcomes.push(await runDamageCase(stores, directory.path, seed))
      expect(outcomes.filter(isBad)).toEqual([])
      // The damage does cost something: the check is not idle.
      expect(outcomes.filter(({ missing }) => missing > 0).length).toBeGreaterThan(10)
    },
    slowMs,
  )
})
