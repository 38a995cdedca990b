/** Counts what many runs came to. */
import type { Report } from './worker.ts'

export class Tally {
  readonly failed: Report[] = []
  readonly #startedMs = performance.now()
  readonly #total: number
  #seeds = 0
  #events = 0
  #edits = 0
  #acknowledgements = 0
  readonly #levelMs: number[] = []
  readonly #convergedMs: number[] = []

  constructor(total: number) {
    this.#total = total
  }

  add(report: Report): void {
    this.#seeds++
    this.#events += report.events
    this.#edits += report.edits
    this.#acknowledgements += report.acknowledgements
    if (report.levelAfterMs !== null) this.#levelMs.push(report.levelAfterMs)
    if (report.convergedAfterMs !== null) this.#convergedMs.push(report.convergedAfterMs)
    if (report.violation !== null) this.failed.push(report)
  }

  get words(): string {
    const seconds = (performance.now() - this.#startedMs) / 1_000
    const rate = (this.#seeds / seconds).toFixed(1)
    return `${this.#seeds} of ${this.#total} seeds, ${this.failed.length} failed, ${rate} seeds/s`
  }

  get summary(): string {
    const checks = new Map<string, number[]>()
    for (const { seed, violation } of this.failed) {
      const check = violation?.check ?? ''
      checks.set(check, [...(checks.get(check) ?? []), seed])
    }
    const lines = [...checks].map(
      ([check, seeds]) => `  ${check}: ${seeds.length}, first ${seeds.slice(0, 10).join(' ')}`,
    )
    const counts = `${this.#events} events, ${this.#edits} edits, ${this.#acknowledgements} acknowledgements held against the disks`
    const level = `documents level after the faults: ${spreadOf(this.#levelMs)}`
    const converged = `all at rest after the faults: ${spreadOf(this.#convergedMs)}`
    return [counts, level, converged, ...lines].join('\n')
  }
}

function spreadOf(times: readonly number[]): string {
  const sorted = times.toSorted((a, b) => a - b)
  const at = (share: number): number => sorted[Math.floor((sorted.length - 1) * share)] ?? 0
  return `half within ${at(0.5)} ms, 90 % within ${at(0.9)} ms, 99 % within ${at(0.99)} ms, all within ${at(1)} ms`
}
