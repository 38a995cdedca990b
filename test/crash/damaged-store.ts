/**
 * Stores on disk that are damaged on purpose, one way at a time, and what a peer makes of them. A record that is gone and
 * nobody says so is a silent loss; one that comes back other than it was written is worse.
 */
import { cp, mkdir, readdir, readFile, rm, stat, truncate, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { documentName, messageOf, type DocumentName } from '@knotwork/core'
import { LevelStorage, type StorageEvent } from '@knotwork/node-peer'
import { Rng } from '../sim/world/random.ts'
import { historyOf, joinedLines, linesOf } from './lines.ts'

/** What was stored: lines by document, in order. Records that were compacted are the lines of one. */
export type Stored = ReadonlyMap<DocumentName, readonly string[]>

export interface Store {
  readonly path: string
  readonly stored: Stored
}

export interface DamageOutcome {
  readonly seed: number
  /** What was done, in words. */
  readonly damage: string
  readonly missing: number
  /** Missing, and neither the document nor the storage said so. */
  readonly silent: readonly string[]
  /** Found, but never written like that. */
  readonly altered: readonly string[]
  /** What went wrong besides: did not open, lost more when it was opened again, did not store. */
  readonly failures: readonly string[]
  readonly events: readonly StorageEvent[]
}

const names = ['a', 'notes/today', 'notes/tomorrow', 'list', 'big', 'rare'].map((text) => {
  const name = documentName(text)
  if (!name.ok) throw new Error(name.error)
  return name.value
})

const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text)

/**
 * Stores as they come about: everything still in LevelDB's log; in a table and a log; compacted and in several tables;
 * a log of big records. All closed, so that their files can be copied.
 */
export async function makeStores(directory: string): Promise<readonly Store[]> {
  const stores: Store[] = []
  for (const [index, shape] of shapes.entries()) {
    const path = join(directory, `store-${index}`)
    const rng = new Rng(`store ${index}`)
    const stored = new Map<DocumentName, string[]>()
    for (let session = 0; session < shape.sessions; session++) {
      const storage = await LevelStorage.open(path, { durability: 'os' })
      await write(storage, stored, { rng, shape, session })
      await storage[Symbol.asyncDispose]()
    }
    stores.push({ path, stored })
  }
  return stores
}

interface Shape {
  readonly sessions: number
  readonly appends: number
  readonly padding: number
  readonly compacts: boolean
}

const shapes: readonly Shape[] = [
  { sessions: 1, appends: 60, padding: 40, compacts: false },
  { sessions: 2, appends: 60, padding: 60, compacts: false },
  { sessions: 4, appends: 80, padding: 400, compacts: true },
  { sessions: 1, appends: 40, padding: 6_000, compacts: true },
]

async function write(
  storage: LevelStorage,
  stored: Map<DocumentName, string[]>,
  { rng, shape, session }: { readonly rng: Rng; readonly shape: Shape; readonly session: number },
): Promise<void> {
  for (let n = 0; n < shape.appends; n++) {
    const name = n === 7 ? names.at(-1)! : rng.pick(names.slice(0, -1))
    const records = Array.from({ length: rng.whole(1, 3) }, (_, index) => {
      const padding = Array.from({ length: rng.whole(0, shape.padding) }, () => rng.whole(32, 126))
      return `token ${session}.${n}.${index} ${String.fromCharCode(...padding)}`
    })
    await storage.append(name, records.map(bytesOf), rng.chance(0.3) ? bytesOf(`note ${n}`) : undefined)
    stored.set(name, [...(stored.get(name) ?? []), ...records])
    if (!shape.compacts || !rng.chance(0.05)) continue
    await storage.compact(name, joinedLines)
  }
}

export function isBad({ silent, altered, failures }: DamageOutcome): boolean {
  return silent.length + altered.length + failures.length > 0
}

/** Damages a copy of one of the stores and sees what comes of it. */
export async function runDamageCase(stores: readonly Store[], directory: string, seed: number): Promise<DamageOutcome> {
  const rng = new Rng(`damage ${seed}`)
  const { path: original, stored } = rng.pick(stores)
  const path = join(directory, `case-${seed}`)
  await mkdir(path)
  await cp(original, path, { recursive: true })
  try {
    const damage = await damageOne(path, rng)
    return { seed, damage: `${original.at(-1)}: ${damage}`, ...(await lookAt(path, stored)) }
  } finally {
    await rm(path, { recursive: true, force: true })
  }
}

async function damageOne(path: string, rng: Rng): Promise<string> {
  const files = (await readdir(path)).filter((file) => file !== 'LOCK').toSorted()
  const kinds = [/\.log$/u, /\.ldb$/u, /\.ldb$/u, /^MANIFEST/u, /^CURRENT$/u, /^knotwork-witness$/u, /^LOG/u]
  const kind = rng.pick(kinds.filter((each) => files.some((file) => each.test(file))))
  const file = rng.pick(files.filter((each) => kind.test(each)))
  const target = join(path, file)
  const { size } = await stat(target)
  const how = rng.pick(size === 0 ? ['delete'] : ['flip', 'flip', 'flip', 'byte', 'page', 'cut', 'delete', 'tail'])
  const at = rng.whole(0, Math.max(0, size - 1))
  if (how === 'delete') await rm(target)
  else if (how === 'cut') await truncate(target, at)
  else {
    const bytes = await readFile(target)
    if (how === 'flip') bytes[at] = (bytes[at] ?? 0) ^ (1 << rng.whole(0, 7))
    if (how === 'byte') bytes[at] = rng.whole(0, 255)
    if (how === 'page')
      bytes
        .subarray(at - (at % 4_096))
        .subarray(0, 4_096)
        .fill(0)
    await writeFile(target, how === 'tail' ? Buffer.concat([bytes, Buffer.alloc(100, rng.whole(0, 255))]) : bytes)
  }
  return `${how} ${file} of ${size} bytes at ${at}`
}

type Sight = Omit<DamageOutcome, 'seed' | 'damage'>

async function lookAt(path: string, stored: Stored): Promise<Sight> {
  const events: StorageEvent[] = []
  const failures: string[] = []
  const silent: string[] = []
  const altered: string[] = []
  let missing = 0
  const found = new Map<DocumentName, readonly string[]>()
  try {
    await using storage = await LevelStorage.open(path, { notice: (event) => void events.push(event) })
    const isTold = (): boolean => events.some((event) => event !== 'recordsDamaged' && event !== 'notMended')
    for (const [name, records] of stored) {
      const { updates, unreadable } = await storage.load(name)
      const texts = linesOf(updates)
      found.set(name, texts)
      altered.push(...texts.filter((text) => !records.includes(text)))
      const gone = records.filter((record) => !texts.includes(record))
      missing += gone.length
      const past = await storage.history.past(name)
      const history = await historyOf(past)
      altered.push(...history.lines.filter((line) => line !== '' && !records.includes(line)))
      const forgotten = records.filter((record) => texts.includes(record) && !history.lines.includes(record))
      if (forgotten.length > 0 && !past.isDamaged && history.unreadable === 0 && unreadable === 0 && !isTold()) {
        silent.push(...forgotten.map((record) => `history of ${name}: ${record.slice(0, 20)}`))
      }
      if (unreadable === 0 && !isTold()) silent.push(...gone.map((record) => `${name}: ${record.slice(0, 20)}`))
      await storage.append(name, [bytesOf('afterwards')])
    }
  } catch (thrown) {
    failures.push(`first: ${messageOf(thrown)}`)
  }
  if (failures.length === 0) failures.push(...(await lookAgain(path, found)))
  return { missing, silent, altered, failures, events }
}

/** Nothing more is lost, and what was stored after the damage is there. */
async function lookAgain(
  path: string,
  found: ReadonlyMap<DocumentName, readonly string[]>,
): Promise<readonly string[]> {
  const failures: string[] = []
  try {
    await using storage = await LevelStorage.open(path)
    for (const [name, before] of found) {
      const texts = linesOf((await storage.load(name)).updates)
      const gone = [...before, 'afterwards'].filter((text) => !texts.includes(text))
      if (gone.length > 0) failures.push(`then gone from ${name}: ${gone.map((text) => text.slice(0, 20)).join(', ')}`)
    }
  } catch (thrown) {
    failures.push(`again: ${messageOf(thrown)}`)
  }
  return failures
}
