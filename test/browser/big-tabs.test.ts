import type { BrowserContext, Page } from 'playwright-core'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { eventually } from '../integration/eventually.ts'
import { describeInChromium } from './chromium.ts'
import { startHarness, type HarnessServer } from './harness-server.ts'

describeInChromium('two tabs of one browser', (browser) => {
  let harness: HarnessServer
  let context: BrowserContext

  beforeAll(async () => {
    harness = await startHarness()
    context = await browser().newContext()
  })

  afterAll(async () => {
    await context.close()
    await harness[Symbol.asyncDispose]()
  })

  async function tab(): Promise<Page> {
    const page = await context.newPage()
    await page.goto(harness.origin)
    await page.evaluate(() => window.harness.openPeer([], 'big', true))
    return page
  }

  it('[TR8] [TR10] a document of 50 MB goes from tab to tab, and a keystroke is not held up for good', async () => {
    const ada = await tab()
    await ada.evaluate(() => window.harness.paste(50))
    const ben = await tab()
    await ben.evaluate(() => window.harness.type('first'))
    await eventually('all is there', async () => (await ben.evaluate(() => window.harness.bigParts())) === 50, 60_000)
    await eventually('and back', async () => (await ada.evaluate(() => window.harness.text())) === 'first')
    const transports = await ben.evaluate(() => window.harness.neighbours().map(({ transport }) => transport))
    expect(transports).toEqual(['tab'])
  })
})
