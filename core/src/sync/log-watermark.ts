/**
 * How far the own log holds what this replica holds (PROTOCOL.md [ST1] to [ST4]). Every change gets a mark; a mark is
 * durable once the append that contains it has resolved. One append is under way at a time, and it takes all that has
 * gathered meanwhile (group commit), so waiting for durability costs a write, not a write per keystroke.
 */
import type { Millis } from '../ids.ts'
import { limits } from '../limits.ts'
import { Retry } from './retry.ts'

export class LogWatermark {
  #written = 0
  #durable = 0
  #unlogged: Uint8Array[] = []
  #unloggedBytes = 0
  #underway: { readonly updates: readonly Uint8Array[]; readonly through: number } | null = null
  #fault: string | null = null
  readonly #retry = new Retry()
  #records = 0
  #bytesSinceSnapshot = 0
  #snapshotBytes = 0
  /** While a compaction is under way: what the log held when it began. */
  #compacting: { readonly records: number; readonly bytesSinceSnapshot: number } | null = null

  /** Takes a change of the replica; the returned mark is durable when `durable` has reached it. */
  push(update: Uint8Array): number {
    this.#unlogged.push(update)
    this.#unloggedBytes += update.byteLength
    return ++this.#written
  }

  /** The mark of the newest change. */
  get written(): number {
    return this.#written
  }

  get durable(): number {
    return this.#durable
  }

  get isSettled(): boolean {
    return this.#durable === this.#written
  }

  /** Why the last append failed; null while all is well. */
  get fault(): string | null {
    return this.#fault
  }

  /** When a failed append is to be tried again. */
  get retryAt(): Millis | null {
    return this.#retry.at
  }

  /** Too much waits for a storage that does not take it: no more of what can be fetched again later. */
  get isFull(): boolean {
    return this.#unloggedBytes > limits.unloggedBytesMax
  }

  /** What to append now, if anything. */
  next(now: Millis): { readonly updates: readonly Uint8Array[]; readonly through: number } | null {
    if (this.#underway !== null || this.#unlogged.length === 0) return null
    if (!this.#retry.isDue(now)) return null
    this.#retry.begun()
    this.#underway = { updates: this.#unlogged, through: this.#written }
    this.#unlogged = []
    return this.#underway
  }

  stored(): void {
    if (this.#underway === null) return
    this.#durable = this.#underway.through
    for (const update of this.#underway.updates) {
      this.#unloggedBytes -= update.byteLength
      this.#bytesSinceSnapshot += update.byteLength
    }
    this.#records += this.#underway.updates.length
    this.#underway = null
    this.#fault = null
    this.#retry.succeeded()
  }

  failed(why: string, now: Millis): void {
    if (this.#underway !== null) this.#unlogged = [...this.#underway.updates, ...this.#unlogged]
    this.#underway = null
    this.#fault = why
    this.#retry.failed(now)
  }

  /** What the log held when it was read. */
  loaded(updates: readonly Uint8Array[]): void {
    this.#records = updates.length
    this.#bytesSinceSnapshot = 0
    // The first record is the last snapshot, or close enough to judge growth by.
    this.#snapshotBytes = updates[0]?.byteLength ?? 0
    for (const update of updates.slice(1)) this.#bytesSinceSnapshot += update.byteLength
  }

  /** Whether the log has grown enough for one record to take its place. Call `compacting` when you begin. */
  get isDueForCompaction(): boolean {
    if (this.#compacting !== null || this.#fault !== null || this.#records < limits.compactRecordsMin) return false
    return this.#bytesSinceSnapshot >= this.#snapshotBytes * limits.compactGrowth
  }

  compacting(): void {
    this.#compacting = { records: this.#records, bytesSinceSnapshot: this.#bytesSinceSnapshot }
  }

  /** `snapshotBytes` null: nothing was replaced; try again after as much growth. */
  compacted(snapshotBytes: number | null): void {
    const before = this.#compacting
    this.#compacting = null
    if (snapshotBytes !== null) this.#snapshotBytes = snapshotBytes
    // What was appended meanwhile comes after the snapshot.
    this.#records = 1 + this.#records - (before?.records ?? this.#records)
    this.#bytesSinceSnapshot -= before?.bytesSinceSnapshot ?? this.#bytesSinceSnapshot
  }
}
