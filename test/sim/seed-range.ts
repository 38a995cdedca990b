/** Seeds as tests: a range of them, each with all checks. */
import { expect, it } from 'vitest'
import { silenceYjs } from './runner/quiet.ts'
import { commandFor, runSeed, type RunOptions } from './runner/run-seed.ts'

const perTest = 50
/** A seed takes a fraction of a second; a machine under load gets its time. */
const testMs = 120_000

/** One test for every fifty seeds. */
export function runRange(from: number, to: number, options: RunOptions = {}): void {
  silenceYjs()
  for (let first = from; first <= to; first += perTest) {
    const last = Math.min(to, first + perTest - 1)
    it(`[TR1] seeds ${first} to ${last}`, { timeout: testMs }, async () => {
      const failures: string[] = []
      for (let seed = first; seed <= last; seed++) failures.push(...((await failureOf(seed, options)) ?? []))
      expect(failures).toEqual([])
    })
  }
}

/** What went wrong in a run of this seed, and the command that shows it again. */
export async function failureOf(seed: number, options: RunOptions = {}): Promise<readonly string[] | null> {
  const { violation } = await runSeed(seed, options)
  return violation === null ? null : [commandFor(seed, options), violation.check, violation.what]
}
