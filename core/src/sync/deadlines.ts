import type { Millis } from '../ids.ts'

/** The first of some deadlines; null when nothing is due. */
export function earliest(dues: readonly (Millis | null)[]): Millis | null {
  let first: Millis | null = null
  for (const due of dues) if (due !== null && (first === null || due < first)) first = due
  return first
}
