/** Real peers in real processes, a third of which dies: the same as `npm run scale`, in small, and counted only. */
import { expect, it } from 'vitest'
import { TemporaryDirectory } from '../integration/temporary-directory.ts'
import { scaleReport } from './scale-report.ts'

it.each(['direct', 'websocket'] as const)(
  '[OV2] [BR1] twelve peers in three processes, by %s links: an edit costs each a few copies, and none is lost with a process',
  async (links) => {
    await using directory = await TemporaryDirectory.make()
    const {
      peers,
      links: degrees,
      work,
      kill,
    } = await scaleReport({
      processes: 3,
      peersEach: 4,
      links,
      data: (process) => directory.at(String(process)),
      killedProcesses: 1,
      edits: 24,
      idleMs: 100,
      renewals: 0,
      log: () => undefined,
    })
    expect(peers).toBe(12)
    for (const { edits, updates, acknowledgements } of work) {
      expect(edits).toBe(24)
      // Nobody sends it to more than its links, or back.
      expect(updates).toBeLessThan(degrees.mean)
      // One for each message with updates, and none without.
      expect(acknowledgements).toBeLessThanOrEqual(updates * 1.1)
    }
    // Everybody but the writer gets it once at least.
    expect(work[0]?.updates).toBeGreaterThanOrEqual(0.91)
    expect(kill).toMatchObject({ killed: 4, survivors: 8, lost: 0, areAllEqual: true })
  },
)
