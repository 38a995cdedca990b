import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { documentName } from '@knotwork/core'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { tablesIn } from './level-manifest.ts'
import { LevelStorage } from './level-storage.ts'
import { readCurrent } from './witness.ts'

let directory: string

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'knotwork-manifest-'))
})

afterEach(() => rm(directory, { recursive: true }))

const tablesThere = async (): Promise<readonly string[]> =>
  (await readdir(directory)).filter((file) => file.endsWith('.ldb'))

const manifest = (): Promise<Buffer> => readFile(join(directory, readCurrent(directory) ?? ''))

/** Opens and closes the database a few times, so that it has tables: opening moves the log into one. */
async function lives(count: number): Promise<readonly string[]> {
  const notices: string[] = []
  const name = documentName('a')
  if (!name.ok) throw new Error(name.error)
  for (let life = 0; life < count; life++) {
    const storage = await LevelStorage.open(directory, { notice: (event) => void notices.push(event) })
    await storage.append(name.value, [Uint8Array.from({ length: 5_000 }, (_, at) => Math.imul(at, life + 7) >>> 3)])
    await storage[Symbol.asyncDispose]()
  }
  return notices
}

describe("LevelDB's manifest", () => {
  it('[ST5] names the tables that are there, and no others', async () => {
    // Few enough that LevelDB merges none: what it has merged stays a while as files that no manifest names.
    await lives(3)
    const files = await tablesThere()
    expect(files.length).toBeGreaterThan(1)
    const numbers = files.map((file) => Number.parseInt(file, 10))
    expect([...(tablesIn(await manifest()) ?? [])].toSorted((a, b) => a - b)).toEqual(numbers)
  })

  it('[ST5] says what it can when its end was not written, and nothing when it is damaged', async () => {
    await lives(3)
    const whole = await manifest()
    expect(tablesIn(whole.subarray(0, -1))).not.toBeNull()
    const altered = Buffer.from(whole)
    altered.writeUInt8(altered.readUInt8(20) ^ 4, 20)
    expect(tablesIn(altered)).toBeNull()
  })

  it('[ST5] a table that a killed process left half written is no damage: nothing is repaired', async () => {
    await lives(3)
    const [file = ''] = await tablesThere()
    const table = await readFile(join(directory, file))
    await writeFile(join(directory, '000999.ldb'), table.subarray(0, table.byteLength / 2))
    expect(await lives(1)).toEqual([])
    expect(await readdir(directory)).not.toContain('lost')
  })

  it('[ST5] the same in a table of the database is repaired', async () => {
    await lives(3)
    const [file = ''] = await tablesThere()
    const table = await readFile(join(directory, file))
    await writeFile(join(directory, file), table.subarray(0, table.byteLength / 2))
    expect(await lives(1)).toContain('storageRepaired')
  })
})
