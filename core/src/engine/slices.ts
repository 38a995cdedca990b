/** Long work in slices, so that links, timers and the screen do not wait for it. */
import { fold } from '../history/folding.ts'
import { limits } from '../limits.ts'
import type { Clock } from '../ports/clock.ts'
import type { Past } from '../ports/history-storage.ts'
import type { Compacted } from '../ports/storage.ts'
import { Compaction } from '../replica/compaction.ts'

/** Makes one record of many, and segments of the history where one is kept; others run in between. */
export async function compactInSlices(updates: readonly Uint8Array[], clock: Clock, past?: Past): Promise<Compacted> {
  const breathe = slicing(clock)
  const compaction = new Compaction(updates)
  while (!compaction.isDone) {
    compaction.advance(limits.compactStepRecords)
    await breathe()
  }
  const compacted = compaction.finish()
  return past === undefined ? compacted : { ...compacted, segments: await fold(past, breathe) }
}

/** Ends a slice when it has taken its time. */
function slicing(clock: Clock): () => Promise<void> {
  let start = clock.now()
  return async () => {
    if (clock.now() - start < limits.compactSliceMs) return
    await new Promise<void>((resolve) => void clock.setTimer(0, resolve))
    start = clock.now()
  }
}
