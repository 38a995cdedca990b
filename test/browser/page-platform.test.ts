/** The contract suites of storage and transport, and what goes beyond them, inside a real page. */
import type { BrowserContext, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { storageCases } from '@knotwork/core/contracts'
import { openPeer } from '@knotwork/node-peer'
import { transportCases } from '../contracts/transport.ts'
import { describeInChromium } from './chromium.ts'
import { plainHost } from './launch.ts'
import type { Suite } from './harness/main.ts'
import { startHarness, type HarnessServer } from './harness-server.ts'

/** Of what a page can leave open. */
const nothing = { timeouts: 0, intervals: 0, sockets: 0, channels: 0, connections: 0 }

describeInChromium('the platform of a page', (browser) => {
  let server: HarnessServer
  let context: BrowserContext
  let page: Page

  beforeAll(async () => {
    server = await startHarness()
    context = await browser().newContext()
    page = await openHarness(context)
  })
  afterAll(async () => {
    await context?.close()
    await server?.[Symbol.asyncDispose]()
  })

  async function openHarness(inContext: BrowserContext, origin = server.origin): Promise<Page> {
    const opened = await inContext.newPage()
    await opened.goto(origin)
    await opened.waitForFunction('window.harness !== undefined')
    return opened
  }

  const runSuite = (name: string, suite: Suite, cases: readonly { readonly title: string }[]) => {
    describe(`${name}`, () => {
      for (const { title } of cases) {
        it(`${title}`, async () => {
          const run = page.evaluate(([which, what]) => window.harness.runCase(which, what), [suite, title] as const)
          await expect(run).resolves.toBeUndefined()
        })
      }
    })
  }
  runSuite('storage contract: IndexedDB', 'storage', storageCases)
  runSuite('transport contract: BroadcastChannel', 'tabs', transportCases)
  runSuite('transport contract: WebSocket of a page', 'socket', transportCases)
  runSuite('transport contract: WebRTC of a page', 'direct', transportCases)

  it('[TR12] a direct link waits for what tells its certificates, however late a busy page hears of it', async () => {
    await expect(page.evaluate(() => window.harness.linksWithLateDescriptions())).resolves.toBeUndefined()
  })

  it('[TR9] closes a WebSocket on which a text comes', async () => {
    const close = await page.evaluate(() => window.harness.closeAfterText())
    expect(close).toEqual({ code: 4400, reason: 'a text frame; this protocol is binary' })
  })

  describe('storage in IndexedDB', () => {
    it('[ST8] keeps what is its own in a database that no document can name', async () => {
      const own = await page.evaluate(() => window.harness.ownDatabase())
      expect(own).toEqual({ isDocumentName: false, isThere: true, stores: ['documents', 'identity'] })
    })

    it('[ST8] creates no database for a document that is only asked for', async () => {
      expect(await page.evaluate(() => window.harness.databasesAfterAsking())).toEqual(['own'])
    })

    it('[ST5] sets damaged records aside and counts unreadable ones', async () => {
      expect(await page.evaluate(() => window.harness.damagedRecords())).toEqual({
        loaded: { updates: [[1], [2], [3]], unreadable: 1 },
        compacted: { updates: [[9]], unreadable: 0 },
        aside: [[1], 'not bytes at all'],
      })
    })

    it('[ST1] refuses to write edits into a log that was deleted under it', async () => {
      const { append, again, loaded, after } = await page.evaluate(() => window.harness.deletedMeanwhile())
      expect(append).toMatch(/was deleted while it was in use/u)
      expect(again).toBe(append)
      expect({ loaded, after }).toEqual({ loaded: 0, after: [[3]] })
    })

    it('[ST1] rejects when the disk is full, keeps what was there, and goes on with what fits', async () => {
      const fresh = await browser().newContext()
      const own = await openHarness(fresh)
      const devtools = await fresh.newCDPSession(own)
      // Before anything is written: Chromium remembers for a while how much room there was.
      await devtools.send('Storage.overrideQuotaForOrigin', { origin: server.origin, quotaSize: 3_000_000 })
      const append = (bytes: number) => own.evaluate((count) => window.harness.appendBytes('full', count), bytes)
      expect(await append(10)).toEqual({ why: null, sizes: [10] })
      const { why, sizes } = await append(20_000_000)
      expect(why).toMatch(/space this browser gives to the page is used up/u)
      expect(sizes).toEqual([10])
      expect(await append(20)).toEqual({ why: null, sizes: [10, 20] })
      await fresh.close()
    })

    it('leaves the database of another program alone, and the others work', async () => {
      const { load, append, names } = await page.evaluate(() => window.harness.foreignDatabase())
      expect(load).toMatch(/another program/u)
      expect(append).toBe(load)
      expect(names).toEqual(['free'])
    })

    it('keeps 300 documents apart with fewer connections', async () => {
      expect(await page.evaluate(() => window.harness.manyDocuments(300))).toEqual({ right: 300, listed: 300 })
    })

    it('[ST4] loses nothing when one tab compacts while others append', async () => {
      const [second, third] = [await openHarness(context), await openHarness(context)]
      await page.evaluate(() => window.harness.appendManyTimes('contended', 0, 1))
      await Promise.all([
        page.evaluate(() => window.harness.appendManyTimes('contended', 1, 150)),
        second.evaluate(() => window.harness.appendManyTimes('contended', 151, 150)),
        third.evaluate(() => window.harness.compactManyTimes('contended', 60)),
      ])
      const numbers = await page.evaluate(() => window.harness.numbersIn('contended'))
      expect(numbers.toSorted((a, b) => a - b)).toEqual(Array.from({ length: 301 }, (_, index) => index))
      await Promise.all([second.close(), third.close()])
    })
  })

  describe('y-indexeddb', () => {
    it.each(['notes/today', 'x'.repeat(1024), '🪢 ../\0'])('[ST8] shares a database with it: %j', async (name) => {
      expect(await page.evaluate((each) => window.harness.takeTurns(each), name)).toEqual({
        texts: ['stock ', 'stock ours ', 'ck ours ', 'ck ours again', 'ck ours again'],
        records: 1,
        isListed: true,
      })
    })

    it('[ST8] loses nothing while a stock provider is open on it', async () => {
      const { expected, ours, stock } = await page.evaluate(() => window.harness.compactUnderStock('shared'))
      expect(expected).toHaveLength(600)
      expect(ours).toBe(expected)
      expect(stock).toBe(expected)
    })
  })

  describe('KnotworkProvider', () => {
    it.each(['notes/today', 'r%C3%B6%C3%B6m/1 % ö', '__proto__'])(
      '[ST8] has what y-indexeddb stored for the same room, byte for byte: %j',
      async (name) => {
        const { stored, pickedUp, ...said } = await page.evaluate((each) => window.harness.pickUp(each), name)
        expect(pickedUp).toBe(stored)
        expect(said).toEqual({ isSynced: false, status: 'offline' })
      },
    )

    it('[KP3] a second Y.Doc of a room is to the first what another tab would be', async () => {
      expect(await page.evaluate(() => window.harness.meetInOnePage())).toEqual({ synced: [true, true], tabs: 1 })
    })

    it('[KP4] comes and goes at any moment, and leaves no timer, socket, channel or connection open', async () => {
      await using peer = await openPeer({ storage: 'memory', listen: { port: 0 }, page: false, origins: ['*'] })
      const address = String(peer.url?.replace('http', 'ws'))
      expect(await page.evaluate((at) => window.harness.comeAndGo(at), address)).toEqual(nothing)
    })

    it('[KP3] [KP4] in a component that StrictMode mounts twice, and in hooks: nothing thrown, nothing left', async () => {
      await using peer = await openPeer({ storage: 'memory', listen: { port: 0 }, page: false, origins: ['*'] })
      const address = String(peer.url?.replace('http', 'ws'))
      expect(await page.evaluate((at) => window.harness.mountTwice(at), address)).toEqual({
        made: 2,
        texts: ['by the provider', 'by the hooks'],
        errors: [],
        left: nothing,
      })
    })
  })

  describe('openPeer', () => {
    it('stores without any network, and has it after a reload', async () => {
      const fresh = await browser().newContext()
      const own = await openHarness(fresh)
      const first = await own.evaluate(() => window.harness.write('note', 'one '))
      expect(first).toMatchObject({ text: 'one ', status: { type: 'offline', saved: 'disk' } })
      expect(first.ms).toBeLessThan(1_000)
      await own.reload()
      await own.waitForFunction('window.harness !== undefined')
      const second = await own.evaluate(() => window.harness.write('note', 'two '))
      expect(second.id).toBe(first.id)
      // It wrote before the log was read, so either may come first.
      expect(second.text).toMatch(/^(?:one two|two one) $/u)
      await fresh.close()
    })

    it('waits for no address', async () => {
      const status = await page.evaluate(() => window.harness.openWithDeadAddress('ws://127.0.0.1:1/peer'))
      expect(status).toEqual({ type: 'offline', pending: 0, receivedOn: 0, storedOn: 0, keptOn: 0, saved: 'memory' })
    })

    it('brings three tabs together, each with a link to each', async () => {
      const fresh = await browser().newContext()
      const pages = await Promise.all([1, 2, 3].map(() => openHarness(fresh)))
      const together = await Promise.all(
        pages.map((each, index) =>
          each.evaluate((words) => window.harness.writeTogether('note', words, 2), `tab${index} `),
        ),
      )
      expect(new Set(together.map(({ text }) => text)).size).toBe(1)
      expect(together[0]?.text.split(' ').toSorted()).toEqual(['', 'tab0', 'tab1', 'tab2'])
      expect(together.map(({ links }) => links)).toEqual([2, 2, 2])
      await fresh.close()
    })

    it('keeps to itself when it is told to', async () => {
      expect(await page.evaluate(() => window.harness.neighboursWithoutTabs())).toBe(0)
    })
  })

  describe('identity', () => {
    it('is one key for all tabs that start at once, and stays', async () => {
      const fresh = await browser().newContext()
      const pages = await Promise.all([1, 2, 3].map(() => openHarness(fresh)))
      const selves = await Promise.all(pages.map((each) => each.evaluate(() => window.harness.self())))
      expect(new Set(selves.map(({ publicKey }) => publicKey)).size).toBe(1)
      expect(await pages[0]!.evaluate(() => window.harness.selvesAtOnce(8))).toBe(1)
      expect(await pages[0]!.evaluate(() => window.harness.storedKey())).toEqual({
        type: 'browser',
        extractable: false,
      })
      await pages[1]!.reload()
      await pages[1]!.waitForFunction('window.harness !== undefined')
      expect(await pages[1]!.evaluate(() => window.harness.self())).toEqual(selves[0])
      expect(selves[0]).toMatchObject({ isSecure: true, isVerified: true, isForged: false, hmac: 32 })
      await fresh.close()
    })

    it('works on plain http, where browsers offer no cryptography', async () => {
      const plain = await browser().newContext()
      const insecure = await openHarness(plain, server.origin.replace('127.0.0.1', plainHost))
      const self = await insecure.evaluate(() => window.harness.self())
      expect(self).toMatchObject({ isSecure: false, isVerified: true, isForged: false, hmac: 32 })
      expect(await insecure.evaluate(() => window.harness.selvesAtOnce(4))).toBe(1)
      expect(await insecure.evaluate(() => window.harness.storedKey())).toEqual({ type: 'seed', extractable: null })
      await insecure.reload()
      await insecure.waitForFunction('window.harness !== undefined')
      expect(await insecure.evaluate(() => window.harness.self())).toEqual(self)
      await plain.close()
    })
  })
})
