/** The benchmark at a size that measures nothing: every workload still runs, and every reader ends with the right text. */
import { describe, expect, it } from 'vitest'
import { compilePeer, ownContestants } from './contestants.ts'
import { page } from './report.ts'
import { Stage } from './workload.ts'
import { workloads } from './workloads.ts'

describe('the benchmark', () => {
  it('runs every workload and prints a page', async () => {
    compilePeer()
    await using stage = new Stage(ownContestants)
    const found = await Promise.all(workloads.map((workload) => workload.run(stage, 'toy')))
    const sections = found.flat()
    const numbers = sections.flatMap(({ rows }) => rows.flat()).filter((cell) => typeof cell === 'number')
    expect(sections.length).toBeGreaterThanOrEqual(workloads.length)
    expect(numbers.length).toBeGreaterThan(20)
    const text = page({ date: '2000-01-01', machine: 'any', size: 'toy', sections })
    for (const { title } of sections) expect(text).toContain(title)
  })
})
