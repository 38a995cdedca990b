/** Pages that fell into two halves, and one new link between these. */
import type { DocumentStatus } from '@knotwork/core'
import type { BrowserContext, Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest'
import { eventually } from '../integration/eventually.ts'
import { NodeProcess } from '../integration/node-process.ts'
import { TemporaryDirectory } from '../integration/temporary-directory.ts'
import { describeInChromium } from './chromium.ts'
import { startHarness, type HarnessServer } from './harness-server.ts'

/** What a page of a half without any disk may not say; `hasTyped`: it has edits of its own. */
function liesOf(status: DocumentStatus, hasTyped: boolean): readonly string[] {
  const lies: string[] = []
  if (status.type !== 'live' && status.type !== 'syncing') return [`it is ${status.type}`]
  if (status.saved === 'disk') lies.push('it is saved on a disk')
  if (hasTyped && status.pending === 0) lies.push('nothing is pending')
  if (status.type === 'live' && status.neighbours !== 1) lies.push(`there are ${status.neighbours} neighbours`)
  if (status.type === 'live' && hasTyped && status.storedOn > 0) lies.push(`it is stored on ${status.storedOn}`)
  return lies
}

describeInChromium('pages in two halves', (browser) => {
  let directory: TemporaryDirectory
  let harness: HarnessServer
  const contexts: BrowserContext[] = []
  const nodes: NodeProcess[] = []

  beforeAll(async () => {
    directory = await TemporaryDirectory.make()
    harness = await startHarness()
  })

  afterEach(async () => {
    for (const context of contexts.splice(0)) await context.close()
    for (const node of nodes.splice(0)) await node[Symbol.asyncDispose]()
  })

  afterAll(async () => {
    await harness[Symbol.asyncDispose]()
    await directory[Symbol.asyncDispose]()
  })

  async function startNode(name: string): Promise<NodeProcess> {
    const node = await NodeProcess.running({ data: directory.at(name), flags: ['--origin', harness.origin] })
    nodes.push(node)
    return node
  }

  async function page(address: string): Promise<Page> {
    const context = await browser().newContext()
    contexts.push(context)
    const opened = await context.newPage()
    await opened.goto(harness.origin)
    await opened.evaluate((to) => window.harness.openPeer([to], 'halves'), address)
    return opened
  }

  const text = (of: Page): Promise<string> => of.evaluate(() => window.harness.text())
  const status = (of: Page) => of.evaluate(() => window.harness.status())
  const type = (at: Page, words: string): Promise<void> => at.evaluate((typed) => window.harness.type(typed), words)
  const isDirect = (of: Page): Promise<boolean> =>
    of.evaluate(() => window.harness.neighbours().some((each) => each.isDirect && each.state === 'linked'))

  /** Two pages with a link of their own, and nobody else. */
  async function half(name: string): Promise<readonly [Page, Page]> {
    const node = await startNode(name)
    const [one, other] = [await page(node.address), await page(node.address)]
    await eventually('linked', async () => (await isDirect(one)) && (await isDirect(other)))
    await node.crash()
    await eventually('the node peer is missed', async () => {
      const counts = await Promise.all([one, other].map((each) => status(each)))
      return counts.every((value) => value.type === 'live' && value.neighbours === 1)
    })
    return [one, other]
  }

  it('[DS13] [DS5] [OV2] are one again by one new link; nothing is lost, and no status says more than is true', async () => {
    const [ada, ben] = await half('first')
    const [cy, dot] = await half('second')
    const pages = [ada, ben, cy, dot]
    for (const each of pages) await each.evaluate(() => window.harness.takeStatuses())

    // Everybody goes on writing, and each half has what its own members wrote.
    for (const [index, each] of pages.entries())
      for (let word = 0; word < 5; word++) await type(each, `<${index} ${word}>`)
    const words = (whole: string): number => whole.match(/<\d \d>/gu)?.length ?? 0
    await eventually('each half agrees', async () => {
      const texts = await Promise.all(pages.map(text))
      return texts.every((whole) => words(whole) === 10) && texts[0] === texts[1] && texts[2] === texts[3]
    })
    await eventually('and says so', async () =>
      (await Promise.all(pages.map(status))).every(({ type: is }) => is === 'live'),
    )
    for (const [index, each] of pages.entries()) {
      const said = await each.evaluate(() => window.harness.takeStatuses())
      expect(said.length).toBeGreaterThan(0)
      expect(said.flatMap(({ status: value, text: then }) => liesOf(value, then.includes(`<${index} `)))).toEqual([])
    }

    // One page of each half hears of a node peer that neither knew.
    const bridge = await startNode('between')
    await ada.evaluate((to) => window.harness.connect(to), bridge.address)
    await cy.evaluate((to) => window.harness.connect(to), bridge.address)
    await eventually('all four have everything', async () => {
      const texts = await Promise.all(pages.map(text))
      return texts.every((whole) => words(whole) === 20 && whole === texts[0])
    })
    for (const [index] of pages.entries()) {
      for (let word = 0; word < 5; word++) expect(await text(pages[3 - index]!)).toContain(`<${index} ${word}>`)
    }
    await eventually('it is on a disk', async () => {
      const told = await Promise.all([ada, cy].map(status))
      return told.every((value) => value.type === 'live' && value.storedOn === 1 && value.pending === 0)
    })
    // What was said to be on a disk is on it, whatever happens now.
    await bridge.crash()
    const again = await NodeProcess.running({ data: directory.at('between') })
    nodes.push(again)
    expect(words(await again.text('halves'))).toBe(20)
    for (const each of pages) {
      const said = await each.evaluate(() => window.harness.takeStatuses())
      expect(said.filter(({ status: value }) => ['failed', 'loading'].includes(value.type))).toEqual([])
    }
  })
})
