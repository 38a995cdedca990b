/** Pages linked to one another by WebRTC, met through a node peer. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { BrowserContext, Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest'
import { limits } from '@knotwork/core'
import { openPeer } from '@knotwork/node-peer'
import { eventually } from '../integration/eventually.ts'
import { NodeProcess } from '../integration/node-process.ts'
import { describeInChromium } from './chromium.ts'
import { connectionsOf, watchConnections } from './connection-watch.ts'
import { startHarness, type HarnessServer } from './harness-server.ts'

describeInChromium('pages with direct links', (browser) => {
  let directory: string
  let harness: HarnessServer
  let node: NodeProcess
  const contexts: BrowserContext[] = []

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'knotwork-direct-'))
    harness = await startHarness()
  })

  afterAll(async () => {
    await harness[Symbol.asyncDispose]()
    await rm(directory, { recursive: true, force: true })
  })

  afterEach(async () => {
    for (const context of contexts.splice(0)) await context.close()
    await node[Symbol.asyncDispose]()
  })

  async function startNode(name: string, port = 0): Promise<void> {
    node = await NodeProcess.running({ data: join(directory, name), port, flags: ['--origin', harness.origin] })
  }

  /** A page in a browser of its own. */
  async function page(document: string, others: readonly string[] = []): Promise<Page> {
    const context = await browser().newContext()
    contexts.push(context)
    await watchConnections(context)
    const opened = await context.newPage()
    await opened.goto(harness.origin)
    const connect = [node.address, ...others]
    await opened.evaluate(([addresses, name]) => window.harness.openPeer(addresses, name), [connect, document] as const)
    return opened
  }

  const text = (of: Page): Promise<string> => of.evaluate(() => window.harness.text())
  const type = (at: Page, words: string): Promise<void> => at.evaluate((typed) => window.harness.type(typed), words)
  const directLinks = (of: Page): Promise<number> =>
    of.evaluate(
      () =>
        window.harness.neighbours().filter(({ transport, state }) => transport === 'webrtc' && state === 'linked')
          .length,
    )

  it('[SI1] [OV2] two pages that met through a node peer are linked, and stay so when it dies', async () => {
    await startNode('two')
    const ada = await page('pair')
    await type(ada, 'hello ')
    const ben = await page('pair')
    await eventually('linked', async () => (await directLinks(ada)) === 1 && (await directLinks(ben)) === 1)
    await node.crash()
    await type(ada, 'from Ada ')
    await eventually('Ben reads it', async () => (await text(ben)) === 'hello from Ada ')
    await type(ben, 'and Ben')
    await eventually('Ada reads it', async () => (await text(ada)) === 'hello from Ada and Ben')
    expect(await ada.evaluate(() => window.harness.status().type)).toBe('live')
  })

  it('[TR13] a document of 50 MB goes from page to page', async () => {
    await startNode('big')
    const ada = await page('big')
    const ben = await page('big')
    await eventually('linked', async () => (await directLinks(ben)) === 1)
    await node.crash()
    await ada.evaluate(() => window.harness.paste(50))
    await eventually('all is there', async () => (await ben.evaluate(() => window.harness.bigParts())) === 50, 60_000)
  })

  it('[TR11] [OV1] many pages hold few connections each, one per pair, and each hears every edit', async () => {
    await startNode('many')
    const pages = await Promise.all(Array.from({ length: 12 }, () => page('crowd')))
    const most = pages.map(() => 0)
    await eventually('linked', async () => {
      const counts = await Promise.all(pages.map(directLinks))
      for (const [index, one] of pages.entries()) {
        most[index] = Math.max(most[index] ?? 0, (await connectionsOf(one)).living)
      }
      return counts.every((count) => count >= 3)
    })
    expect(Math.max(...most)).toBeLessThanOrEqual(limits.directLinksMaxUrgent)
    const ids = await pages[0]?.evaluate(() =>
      window.harness.neighbours().flatMap(({ id, isDirect }) => (isDirect ? [id] : [])),
    )
    expect(new Set(ids).size).toBe(ids?.length)
    await node.crash()
    for (const [index, one] of pages.entries()) await type(one, `${index % 10}`)
    await eventually('all have all', async () => {
      const texts = await Promise.all(pages.map(text))
      return texts.every((one) => one.length === 12 && one === texts[0])
    })
  })

  it('[TR11] [SI1] a page and a node peer that no address reaches are linked by WebRTC', async () => {
    await startNode('hub')
    const silent = await openPeer({ direct: true, storage: 'memory', keeps: false, connect: [node.address] })
    const note = silent.open('page and node')
    const ada = await page('page and node')
    const isLinked = (): boolean =>
      silent.neighbours.value.some(({ isDirect, state }) => isDirect && state === 'linked')
    await eventually('linked', async () => isLinked() && (await directLinks(ada)) === 1)
    await node.crash()
    await type(ada, 'from the page ')
    await eventually('the node peer reads it', () => note.doc.getText('text').toString() === 'from the page ')
    note.doc.getText('text').insert(14, 'and from Node')
    await eventually('the page reads it', async () => (await text(ada)) === 'from the page and from Node')
    await silent.close()
  })

  it('[SI4] a third page says that it waits for somebody who can introduce it, and is in when a node peer is back', async () => {
    await startNode('third')
    const ada = await page('three')
    const ben = await page('three')
    await eventually('linked', async () => (await directLinks(ada)) === 1 && (await directLinks(ben)) === 1)
    const [shared = ''] = await ada.evaluate(() => window.harness.addresses())
    const { port } = node
    await node.crash()
    const cy = await page('three', [shared])
    const waitsFor = (): Promise<string | null | undefined> =>
      cy.evaluate((of) => window.harness.neighbours().find(({ address }) => address === of)?.whyNotDirect, shared)
    await eventually('it says so', async () => (await waitsFor())?.includes('waiting for a link to anybody') === true)
    expect(await cy.evaluate(() => window.harness.status().type)).toBe('offline')
    await type(ada, 'meanwhile')
    await eventually('the two are not disturbed', async () => (await text(ben)) === 'meanwhile')
    await startNode('third', port)
    await eventually('it is in', async () => (await text(cy)) === 'meanwhile' && (await directLinks(cy)) >= 1)
  })
})
