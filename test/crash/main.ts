/** `npm run crash -- --damage 2000`: damaged stores; `--kill 1000`: a process killed at random moments. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { isBad, makeStores, runDamageCase } from './damaged-store.ts'
import { KilledWriter } from './killed-writer.ts'

/** Rounds on one directory, before a fresh one. */
const roundsAtOnce = 50

const { values } = parseArgs({
  options: {
    damage: { type: 'string', default: '0' },
    kill: { type: 'string', default: '0' },
    seed: { type: 'string', default: '1' },
  },
})
const directory = await mkdtemp(join(tmpdir(), 'knotwork-crash-'))
try {
  await damage(Number(values.seed), Number(values.damage))
  await kill(Number(values.seed), Number(values.kill))
} finally {
  await rm(directory, { recursive: true, force: true })
}

async function damage(from: number, count: number): Promise<void> {
  if (count === 0) return
  const stores = await makeStores(directory)
  let [missing, withLoss, bad] = [0, 0, 0]
  for (let seed = from; seed < from + count; seed++) {
    const outcome = await runDamageCase(stores, directory, seed)
    missing += outcome.missing
    if (outcome.missing > 0) withLoss++
    if (!isBad(outcome)) continue
    bad++
    console.log(JSON.stringify(outcome))
  }
  console.log(`${count} damaged stores, ${withLoss} of them with records gone (${missing} in all), ${bad} failed`)
  if (bad > 0) process.exitCode = 1
}

async function kill(seed: number, rounds: number): Promise<void> {
  let [stored, bad] = [0, 0]
  for (let done = 0; done < rounds; done += roundsAtOnce) {
    const writer = new KilledWriter(join(directory, `killed-${done}`), seed + done)
    for (let round = 0; round < Math.min(roundsAtOnce, rounds - done); round++) {
      const wrong = await writer.round()
      if (wrong.length > 0) bad++
      for (const each of wrong) console.log(each)
    }
    for (const tokens of writer.stored.values()) stored += tokens.size
  }
  if (rounds === 0) return
  console.log(`${rounds} kills, ${stored} records said to be stored, ${bad} rounds in which something was wrong`)
  if (bad > 0) process.exitCode = 1
}
