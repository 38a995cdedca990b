/** What is known of a document at one moment, from which its status is told; see `engine/status.ts`. */
import { isLevel, type Neighbour } from './neighbour.ts'

export interface SyncSummary {
  readonly isLoading: boolean
  /** Why the own storage does not work. */
  readonly fault: string | null
  /** Everything is in the own log. */
  readonly isSettled: boolean
  /** Neighbours that take part; of those, the ones that hold the same as we. */
  readonly taking: number
  readonly level: number
  /** Own edits that no other peer is known to have on disk. */
  readonly pending: number
  /** Neighbours that have the last own edit on disk. */
  readonly storedOn: number
}

export interface SummaryInput {
  readonly isLoading: boolean
  readonly fault: string | null
  readonly isSettled: boolean
  readonly neighbours: Iterable<Neighbour>
  readonly edits: number
  /** Own edits that a neighbour had stored which is gone now. */
  readonly safeEdits: number
}

export function summaryOf(input: SummaryInput): SyncSummary {
  let taking = 0
  let level = 0
  let storedOn = 0
  let safeEdits = input.safeEdits
  for (const neighbour of input.neighbours) {
    if (!neighbour.joined || neighbour.traits.kind !== 'peer') continue
    taking++
    if (isLevel(neighbour)) level++
    if (!neighbour.traits.disk) continue
    safeEdits = Math.max(safeEdits, neighbour.holds)
    if (neighbour.theyHaveOurs && neighbour.holds >= input.edits) storedOn++
  }
  const { isLoading, fault, isSettled } = input
  return { isLoading, fault, isSettled, taking, level, pending: Math.max(0, input.edits - safeEdits), storedOn }
}
