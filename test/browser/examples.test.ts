/** The examples that are pages. */
import type { Page } from 'playwright-core'
import { expect, it } from 'vitest'
import { eventually } from '../integration/eventually.ts'
import { SourceProcess } from '../integration/source-process.ts'
import { TemporaryDirectory } from '../integration/temporary-directory.ts'
import { describeInChromium } from './chromium.ts'

describeInChromium('examples in pages', (browser) => {
  it('page-to-page: two browsers go on without the process that introduced them', async () => {
    await using directory = await TemporaryDirectory.make()
    await using example = new SourceProcess('examples/page-to-page/serve.ts', [], { TMPDIR: directory.path })
    await example.until(() => example.lines.some((line) => line.startsWith('open http')), 60_000)
    const url = example.lines.find((line) => line.startsWith('open http'))?.split(' ')[1] ?? ''
    const pages: Page[] = []
    for (let count = 0; count < 2; count++) {
      const page = await (await browser().newContext()).newPage()
      await page.goto(url)
      pages.push(page)
    }
    const [left, right] = pages as [Page, Page]
    const says = (page: Page): Promise<string> =>
      page
        .locator('#state')
        .textContent()
        .then((words) => words ?? '')
    const direct = '1 linked directly, the node peer is there, live'
    await eventually('linked', async () => (await says(left)) === direct && (await says(right)) === direct)
    example.kill('SIGKILL')
    await example.ended()
    const alone = /^1 linked directly, the node peer is gone: nobody new can come until it is back, live$/u
    await eventually('both notice', async () => alone.test(await says(left)) && alone.test(await says(right)))
    await left.locator('#text').pressSequentially('typed here')
    const text = (page: Page): Promise<string> => page.locator('#text').inputValue()
    await eventually('it is there', async () => (await text(right)) === 'typed here')
    await right.locator('#text').press('Control+Home')
    await right.locator('#text').pressSequentially('not ')
    await eventually('and back', async () => (await text(left)) === 'not typed here')
    expect(example.errors).toBe('')
    for (const page of pages) await page.context().close()
  })
})
