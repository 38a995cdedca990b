/** Eight pages in one document: what an edit costs with us, and with stock y-webrtc, in the same run; counted, not timed. */
import { afterAll, beforeAll, expect, it } from 'vitest'
import { describeInChromium } from '../chromium.ts'
import { startHarness, type HarnessServer } from '../harness-server.ts'
import { YWebrtcApp } from '../y-webrtc-app.ts'
import { fanOut } from './fan-out.ts'

describeInChromium('the fan-out of an edit among eight pages', (browser) => {
  let harness: HarnessServer
  let app: YWebrtcApp

  beforeAll(async () => {
    harness = await startHarness()
    app = await YWebrtcApp.serve()
  })

  afterAll(async () => {
    await harness[Symbol.asyncDispose]()
    await app[Symbol.asyncDispose]()
  })

  it(
    '[BR8] [BR6] takes about a copy for each who has to hear of it, where y-webrtc takes N(N-1), and everybody gets everything',
    { timeout: 300_000 },
    async () => {
      const pages = 8
      const everyToEvery = pages * (pages - 1)
      const origins = { knotwork: harness.origin, yWebrtc: app.origin }
      const [theirs, ours, oursWithNode] = await fanOut({
        browser: browser(),
        origins,
        pages,
        edits: 10,
        idleMs: 5_000,
      })
      expect([theirs?.app, ours?.app]).toEqual(['y-webrtc', 'Knotwork'])
      // What a page hears, it sends to all others again, the sender included.
      expect(theirs?.slow.copies).toBeGreaterThan(everyToEvery * 0.9)
      for (const [one, members] of [
        [ours, pages],
        [oursWithNode, pages + 1],
      ] as const) {
        // Each but the writer must be told once.
        expect(one?.slow.copies).toBeGreaterThanOrEqual(members - 1)
        // A page has six links at least: who is not linked to the writer hears of it from several.
        expect(one?.slow.copies).toBeLessThan(members * 3)
        expect(one?.fast.copies).toBeLessThan(members * 3)
        // With an acknowledgement for each at most, and now and then a comparison, still less than y-webrtc takes.
        expect(one?.slow.messages).toBeLessThan(everyToEvery)
      }
    },
  )
})
