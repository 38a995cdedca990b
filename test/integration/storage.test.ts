import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { documentName, type DocumentName } from '@knotwork/core'
import { afterEach, beforeEach, describe, expect, it, type TestContext } from 'vitest'
import { LevelStorage } from '../../node-peer/src/storage/level-storage.ts'
import { PeerProcess } from './peer-process.ts'
import { SmallDisk } from './small-disk.ts'
import { SourceProcess } from './source-process.ts'
import { updateOf } from './yjs-updates.ts'

const appendingProcess = fileURLToPath(new URL('./appending-process.ts', import.meta.url))

let directory: string

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'knotwork-storage-'))
})

afterEach(() => rm(directory, { recursive: true, force: true }))

function name(text: string): DocumentName {
  const result = documentName(text)
  if (!result.ok) throw new Error(result.error)
  return result.value
}

describe('a storage whose process is killed', () => {
  it('[ST1] holds everything whose append had resolved, in order, and goes on', async () => {
    let stored = 0
    for (let round = 0; round < 4; round++) {
      await using appending = new SourceProcess(appendingProcess, [directory])
      const wanted = 30 + 70 * round
      await appending.until(() => appending.lines.length >= wanted)
      appending.kill('SIGKILL')
      await appending.ended()

      await using storage = await LevelStorage.open(directory)
      const { updates, unreadable } = await storage.load(name('a'))
      const texts = updates.map((update) => new TextDecoder().decode(update))
      expect(unreadable).toBe(0)
      expect(texts.map((text) => text.split(' ')[1])).toEqual(texts.map((_, index) => String(index)))
      expect(texts.every((text, index) => text.endsWith(`${index} ${'x'.repeat(index % 2_000)}`))).toBe(true)
      // One more may be stored than the process had the time to tell.
      expect(updates.length).toBeGreaterThanOrEqual(Number(appending.lines.at(-1)) + 1)
      expect(updates.length).toBeGreaterThan(stored)
      stored = updates.length
    }
  })
})

describe('a storage on a full disk', () => {
  it('[ST1] rejects what it cannot store, loses nothing it has stored, and works again when there is room', async (test) => {
    using disk = smallDisk(test)
    await expect(fillAndFree(disk)).resolves.toBeUndefined()
  })

  it('[ST3] is not hidden by its peer: /ready and PATCH say so, and all is well again when there is room', async (test) => {
    using disk = smallDisk(test)
    await using peer = await PeerProcess.start(join(disk.path, 'data'))
    expect((await peer.ask('/v1/docs/a', { method: 'PATCH', body: updateOf('before') })).status).toBe(200)
    await disk.fill(8_000)
    const refused = await peer.ask('/v1/docs/b', { method: 'PATCH', body: updateOf('x'.repeat(20_000)) })
    expect(refused.json()).toMatchObject({ status: 503, code: 'storage' })
    expect((await peer.ask('/ready')).json()).toMatchObject({ status: 503, detail: /space/iu })
    expect((await peer.ask('/v1/docs/a')).json()).toEqual({ body: 'before' })
    await disk.free()
    await expect.poll(async () => (await peer.ask('/ready')).status, { timeout: 30_000 }).toBe(200)
    expect((await peer.ask('/v1/docs/a', { method: 'PATCH', body: updateOf('after ') })).status).toBe(200)
    peer.kill('SIGKILL')
    await peer.ended()

    await using again = await PeerProcess.start(join(disk.path, 'data'))
    expect((await again.ask('/v1/docs/a')).text).toMatch(/before.*after |after .*before/u)
    // What was refused at first has been stored by trying again.
    expect((await again.ask('/v1/docs/b')).json()).toEqual({ body: 'x'.repeat(20_000) })
  })

  function smallDisk(test: TestContext): SmallDisk {
    const disk = SmallDisk.mount(join(directory, 'disk'))
    return typeof disk === 'string' ? test.skip(disk) : disk
  }

  async function fillAndFree(disk: SmallDisk): Promise<void> {
    const storage = await LevelStorage.open(join(disk.path, 'documents'))
    const stored: string[] = []
    const append = async (text: string) => {
      await storage.append(name('a'), [
        new TextEncoder().encode(`${text} first`),
        new TextEncoder().encode(`${text} second`),
      ])
      stored.push(`${text} first`, `${text} second`)
    }
    const loaded = async () => (await storage.load(name('a'))).updates.map((update) => new TextDecoder().decode(update))
    await append('before')

    for (let round = 0; round < 3; round++) {
      await disk.fill(40_000)
      let refused = 0
      for (let n = 0; n < 60 && refused < 5; n++) {
        await append(`round ${round} ${n} ${'x'.repeat(3_000)}`).catch(() => refused++)
      }
      expect(refused).toBe(5)
      expect(storage.trouble).toMatch(/space/iu)
      expect(await loaded()).toEqual(stored)

      await disk.free()
      await append(`after ${round}`)
      expect(storage.trouble).toBeNull()
      expectStored(await loaded(), stored)
    }
    await storage[Symbol.asyncDispose]()

    const again = await LevelStorage.open(join(disk.path, 'documents'))
    const { updates, unreadable } = await again.load(name('a'))
    expect(unreadable).toBe(0)
    expectStored(
      updates.map((update) => new TextDecoder().decode(update)),
      stored,
    )
    await again[Symbol.asyncDispose]()
  }

  /** All that was acknowledged, in order. What was refused may be there as well, but whole. */
  function expectStored(found: readonly string[], stored: readonly string[]): void {
    const acknowledged = new Set(stored)
    expect(found.filter((text) => acknowledged.has(text))).toEqual(stored)
    const others = found.filter((text) => !acknowledged.has(text))
    expect(others.filter((text) => text.endsWith(' first')).length).toBe(others.length / 2)
  }
})
