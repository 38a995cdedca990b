/** Long work in slices, so that links, timers and the screen do not wait for it. */
import { limits } from '../limits.ts'
import type { Clock } from '../ports/clock.ts'
import type { Compacted } from '../ports/storage.ts'
import { Compaction } from '../replica/compaction.ts'

/** Makes one record of many; others run in between. */
export async function compactInSlices(updates: readonly Uint8Array[], clock: Clock): Promise<Compacted> {
  const compaction = new Compaction(updates)
  for (;;) {
    const start = clock.now()
    while (!compaction.isDone && clock.now() - start < limits.compactSliceMs) {
      compaction.advance(limits.compactStepRecords)
    }
    if (compaction.isDone) return compaction.finish()
    await new Promise<void>((resolve) => void clock.setTimer(0, resolve))
  }
}
