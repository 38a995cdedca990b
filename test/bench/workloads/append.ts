/** How fast updates get into the log: the node peer's storage and y-leveldb's, with every write synced and without. */
import { LevelStorage } from '@knotwork/node-peer'
import { documentName } from '@knotwork/core'
import { createRequire } from 'node:module'
import { LeveldbPersistence } from 'y-leveldb'
import type { Section } from '../report.ts'
import { traceUpdates } from '../trace-updates.ts'
import type { Stage } from '../workload.ts'

export interface AppendSize {
  readonly updates: number
  /** For who waits for the disk each time. */
  readonly syncedUpdates: number
}

interface Rate {
  readonly perSecond: number
  readonly cpuPerThousand: number
}

type Append = (update: Uint8Array) => Promise<unknown>

export async function append(stage: Stage, size: AppendSize): Promise<readonly Section[]> {
  const { updates } = traceUpdates(size.updates)
  const few = updates.slice(0, size.syncedUpdates)
  stage.say('append')
  const rows = [
    { name: 'knotwork, synced, burst', ...(await ofKnotwork(stage, (log) => atOnce(log, updates))) },
    { name: 'y-leveldb, synced, burst', ...(await ofYLeveldb(stage, true, (log) => atOnce(log, few))) },
    { name: 'knotwork, not synced, burst', ...(await ofKnotwork(stage, (log) => atOnce(log, updates), 'os')) },
    { name: 'y-leveldb, not synced, burst', ...(await ofYLeveldb(stage, false, (log) => atOnce(log, updates))) },
    { name: 'knotwork, synced, one by one', ...(await ofKnotwork(stage, (log) => oneByOne(log, few))) },
    { name: 'y-leveldb, synced, one by one', ...(await ofYLeveldb(stage, true, (log) => oneByOne(log, few))) },
  ]
  const rate = (name: string): number => rows.find((row) => row.name === name)?.perSecond ?? Number.NaN
  return [
    {
      title: 'Append to the log',
      how: `Keystrokes of the session into one document, until the last is on disk: ${updates.length.toLocaleString('en')} in a burst, ${few.length.toLocaleString('en')} where each waits for the disk.`,
      columns: ['storage', 'updates / s', 'CPU ms / 1,000'],
      rows: rows.map(({ name, perSecond, cpuPerThousand }) => [name, perSecond, cpuPerThousand]),
      bars: [
        {
          text: 'append rate >= 5 times y-leveldb at equal durability (synced, burst)',
          value: rate('knotwork, synced, burst') / rate('y-leveldb, synced, burst'),
          atLeast: 5,
        },
        {
          text: 'the same, neither synced',
          value: rate('knotwork, not synced, burst') / rate('y-leveldb, not synced, burst'),
          atLeast: 5,
        },
      ],
    },
  ]
}

async function atOnce(append_: Append, updates: readonly Uint8Array[]): Promise<number> {
  await Promise.all(updates.map((update) => append_(update)))
  return updates.length
}

async function oneByOne(append_: Append, updates: readonly Uint8Array[]): Promise<number> {
  for (const update of updates) await append_(update)
  return updates.length
}

async function timed(work: () => Promise<number>): Promise<Rate> {
  globalThis.gc?.()
  const cpu = process.cpuUsage()
  const start = performance.now()
  const count = await work()
  const seconds = (performance.now() - start) / 1000
  const { user, system } = process.cpuUsage(cpu)
  return { perSecond: count / seconds, cpuPerThousand: ((user + system) / 1000 / count) * 1000 }
}

async function ofKnotwork(
  stage: Stage,
  work: (append_: Append) => Promise<number>,
  durability: 'disk' | 'os' = 'disk',
): Promise<Rate> {
  await using storage = await LevelStorage.open(await stage.directory(), { durability })
  const name = documentName('paper')
  if (!name.ok) throw new Error(name.error)
  return await timed(() => work((update) => storage.append(name.value, [update])))
}

async function ofYLeveldb(stage: Stage, isSynced: boolean, work: (append_: Append) => Promise<number>): Promise<Rate> {
  const log = new LeveldbPersistence(await stage.directory(), isSynced ? { Level: syncedLevel() } : {})
  const rate = await timed(() => work((update) => log.storeUpdate('paper', update)))
  await log.destroy()
  return rate
}

type Options = Readonly<Record<string, unknown>>

interface LevelClass {
  new (location: string, options: Options): { put(key: unknown, value: unknown, options?: Options): Promise<void> }
}

/** y-leveldb's own database, with each write synced. */
function syncedLevel(): LevelClass {
  const { Level } = createRequire(import.meta.resolve('y-leveldb'))('level') as { Level: LevelClass }
  return class extends Level {
    override put(key: unknown, value: unknown, options: Options = {}): Promise<void> {
      return super.put(key, value, { ...options, sync: true })
    }
  }
}
