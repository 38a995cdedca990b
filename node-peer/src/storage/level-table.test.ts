import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { documentName } from '@knotwork/core'
import { describe, expect, it } from 'vitest'
import { damageOf } from './level-table.ts'
import { LevelStorage } from './level-storage.ts'
import { unsnappy } from './snappy.ts'

/** A table as LevelDB writes it: some blocks compressed, some not. */
async function realTable(): Promise<Buffer> {
  const directory = await mkdtemp(join(tmpdir(), 'knotwork-table-'))
  const name = documentName('a')
  if (!name.ok) throw new Error(name.error)
  const storage = await LevelStorage.open(directory)
  const records = Array.from({ length: 200 }, (_, index) =>
    Uint8Array.from({ length: 400 }, (__, at) =>
      index % 2 === 0 ? index : Math.imul(at + index, 2_654_435_761) >>> 24,
    ),
  )
  await storage.append(name.value, records)
  await storage[Symbol.asyncDispose]()
  // Opening moves everything from the log into a table.
  await (await LevelStorage.open(directory))[Symbol.asyncDispose]()
  const [file = ''] = (await readdir(directory)).filter((each) => each.endsWith('.ldb'))
  const table = await readFile(join(directory, file))
  await rm(directory, { recursive: true })
  return table
}

describe('[ST5] damage in a table of LevelDB', () => {
  it('[ST5] none is found in one that has none', async () => {
    expect(damageOf(await realTable())).toBeNull()
  })

  it('[ST5] every flipped bit that matters is found, and what is left is a table without damage', async () => {
    const table = await realTable()
    let found = 0
    for (let at = 0; at < table.byteLength; at += 97) {
      const copy = Buffer.from(table)
      copy[at] = (copy[at] ?? 0) ^ 4
      const damage = damageOf(copy)
      if (damage === null) continue
      found++
      expect(damage.rest).not.toBeNull()
      expect(damageOf(damage.rest ?? copy)).toBeNull()
      expect(damage.rest?.byteLength).toBeGreaterThan(table.byteLength - 9_000)
    }
    // All but a few bytes of padding in the footer and the block of meta data.
    expect(found).toBeGreaterThan(table.byteLength / 97 - 4)
  })

  it('[ST5] a table cut short keeps its blocks before the cut', async () => {
    const table = await realTable()
    const damage = damageOf(table.subarray(0, table.byteLength / 2))
    expect(damage?.rest?.byteLength).toBeGreaterThan(table.byteLength / 2 - 6_000)
    expect(damageOf(damage?.rest ?? table)).toBeNull()
    expect(damageOf(Buffer.from('nothing of a table'))).toEqual({ rest: null })
  })
})

describe('Snappy', () => {
  it('reads literals, copies, and copies of what was just copied', () => {
    // From the format description: "Wikipedia" as a literal, then copies with one and two bytes of distance.
    const compressed = Buffer.from([14, 8 << 2, ...Buffer.from('Wikipedia'), (1 << 2) | 1 | (0 << 5), 9])
    expect(unsnappy(compressed).toString()).toBe('WikipediaWikip')
    expect(unsnappy(Buffer.from([10, 0, 97, (8 << 2) | 2, 1, 0])).toString()).toBe('aaaaaaaaaa')
  })
})
