import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { LevelStorage } from '../../node-peer/src/storage/level-storage.ts'
import { runCases } from './run-cases.ts'
import { storageCases, type StorageSubject } from '@knotwork/core/contracts'

async function levelDirectory(): Promise<StorageSubject> {
  const directory = await mkdtemp(join(tmpdir(), 'knotwork-level-'))
  return {
    shareable: false,
    open: () => LevelStorage.open(directory),
    [Symbol.asyncDispose]: () => rm(directory, { recursive: true, force: true }),
  }
}

runCases('storage contract: LevelDB', storageCases, levelDirectory)
