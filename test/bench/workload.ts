/** What a workload is given. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Contestant, ContestantName } from './contestants.ts'

export class Stage implements AsyncDisposable {
  readonly contestants: readonly Contestant[]
  readonly #directories: string[] = []

  constructor(contestants: readonly Contestant[]) {
    this.contestants = contestants
  }

  /** Those of them that take part in a workload. */
  only(...names: readonly ContestantName[]): readonly Contestant[] {
    return this.contestants.filter(({ name }) => names.includes(name))
  }

  /** A new one, gone at the end. */
  async directory(): Promise<string> {
    const path = await mkdtemp(join(process.env['BENCH_DATA'] ?? tmpdir(), 'knotwork-bench-'))
    this.#directories.push(path)
    return path
  }

  say(what: string): void {
    if (process.env['VITEST'] === undefined) console.error(`  ${new Date().toISOString().slice(11, 19)} ${what}`)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const path of this.#directories) await rm(path, { recursive: true, force: true })
  }
}
