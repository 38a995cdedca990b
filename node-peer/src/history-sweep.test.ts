import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { documentName, type DocumentName } from '@knotwork/core'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import * as Y from 'yjs'
import { sweepHistories } from './history-sweep.ts'
import { wallClock } from './platform/clock.ts'
import { LevelStorage } from './storage/level-storage.ts'

let directory: string

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'knotwork-sweep-'))
})

afterEach(() => rm(directory, { recursive: true, force: true }))

function nameOf(text: string): DocumentName {
  const name = documentName(text)
  if (!name.ok) throw new Error(name.error)
  return name.value
}

describe('histories that are over', () => {
  it('[HI2] go without an edit; those that are not stay', async () => {
    const doc = new Y.Doc()
    doc.getText('body').insert(0, 'text')
    const [update, inV2] = [Y.encodeStateAsUpdate(doc), Y.encodeStateAsUpdateV2(doc)]
    const at = wallClock() - 10 * 86_400
    await using storage = await LevelStorage.open(directory)
    for (const name of ['old', 'all'].map(nameOf)) {
      await storage.append(name, [update])
      const segments = [{ from: at, to: at, edits: 1, update: inV2 }]
      await storage.compact(name, () => ({ snapshot: update, damaged: [], segments }))
    }
    await storage.history.retain(nameOf('old'), { days: 5 })
    await sweepHistories(storage)
    expect((await storage.history.outline(nameOf('old'))).segments).toEqual([])
    expect((await storage.history.outline(nameOf('all'))).segments).toHaveLength(1)
    const restored = new Y.Doc()
    for (const record of (await storage.load(nameOf('old'))).updates) Y.applyUpdate(restored, record)
    expect(restored.getText('body').toString()).toBe('text')
  })
})
