import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import type { Shape } from './plan/topology.ts'
import { silenceYjs } from './runner/quiet.ts'
import { runTwice } from './runner/run-seed.ts'
import { failureOf } from './seed-range.ts'

interface Pinned {
  readonly seed: number
  readonly shape?: Shape
  readonly why: string
}

const pinned = JSON.parse(readFileSync(new URL('seeds.json', import.meta.url), 'utf8')) as readonly Pinned[]

silenceYjs()

describe('seeds that failed once', () => {
  it.each(pinned)('[TR1] seed $seed: $why', { timeout: 60_000 }, async ({ seed, shape }) => {
    expect(await failureOf(seed, shape === undefined ? {} : { shape })).toBeNull()
  })
})

describe('a seed', () => {
  it('gives the same run every time', { timeout: 60_000 }, async () => {
    for (const seed of [5, 23, 71, 138]) expect((await runTwice(seed)).violation).toBeNull()
  })

  it('runs with thirty peers, too', { timeout: 120_000 }, async () => {
    for (const seed of [30_001, 30_002, 30_003]) expect((await runTwice(seed, { peers: 30 })).violation).toBeNull()
  })
})
