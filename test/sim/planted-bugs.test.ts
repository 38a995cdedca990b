import { describe, expect, it } from 'vitest'
import { plantedBugs } from './planted/all.ts'
import { silenceYjs } from './runner/quiet.ts'
import { runSeed } from './runner/run-seed.ts'

silenceYjs()

describe('the checks bite: a bug put in on purpose is caught', () => {
  it.each(plantedBugs)('$name: $what', { timeout: 60_000 }, async (planted) => {
    expect(planted.seeds.length).toBeGreaterThan(0)
    for (const seed of planted.seeds) {
      const { violation } = await runSeed(seed, { planted })
      expect(planted.caughtBy, `seed ${seed}: ${violation?.what ?? 'nothing was caught'}`).toContain(violation?.check)
    }
  })
})
