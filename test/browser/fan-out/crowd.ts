/** Pages in one document, of one kind of app or the other, as a measurement sees them. */
import type { NodePeer } from '@knotwork/node-peer'
import type { Browser, Page } from 'playwright-core'
import { eventually } from '../../integration/eventually.ts'
import type { PageSends } from '../page-sends.ts'

export interface App {
  readonly name: string
  readonly origin: string
  /** Brings a page that was opened into the document, by way of a node peer. */
  readonly join: (page: Page, node: NodePeer, room: string) => Promise<unknown>
  readonly text: (page: Page) => Promise<string>
  /** Types so many letters at the end of the text, with a wait after each. */
  readonly type: (page: Page, letters: number, everyMs: number) => Promise<void>
  readonly sends: (page: Page) => Promise<PageSends>
  /** Open links to other pages. */
  readonly links: (page: Page) => Promise<number>
  /** Whether a send with these first two bytes carries an edit. */
  readonly isEdit: (pipe: string, first: number, second: number) => boolean
  /** Whether it only keeps links and presence alive, whatever anybody types. */
  readonly isUpkeep: (pipe: string, first: number, second: number) => boolean
}

export const knotwork: Omit<App, 'origin'> = {
  name: 'Knotwork',
  join: (page, node, room) =>
    page.evaluate(([to, name]) => window.harness.openPeer([to], name), [node.addresses[0] ?? '', room] as const),
  text: (page) => page.evaluate(() => window.harness.text()),
  type: (page, letters, everyMs) =>
    page.evaluate(
      async ([count, waitMs]) => {
        for (let letter = 0; letter < count; letter++) {
          window.harness.type('x')
          await new Promise((resolve) => setTimeout(resolve, waitMs))
        }
      },
      [letters, everyMs] as const,
    ),
  sends: (page) => page.evaluate(() => window.harness.pageSends()),
  links: (page) =>
    page.evaluate(
      () => window.harness.neighbours().filter(({ isDirect, state }) => isDirect && state === 'linked').length,
    ),
  // `missing` and `updates` (PROTOCOL.md, table of types); on a data channel a byte of the piece is before them.
  isEdit: (pipe, first, second) => [14, 15].includes(pipe === 'channel' ? second : first),
  isUpkeep: (pipe, first, second) => [2, 3].includes(pipe === 'channel' ? second : first),
}

export const yWebrtc: Omit<App, 'origin'> = {
  name: 'y-webrtc',
  join: (page, node, room) =>
    page.evaluate((options) => window.app.join(options), {
      room,
      signaling: `${node.url?.replace('http', 'ws') ?? ''}/signal`,
    }),
  text: (page) => page.evaluate(() => window.app.text()),
  type: (page, letters, everyMs) =>
    page.evaluate(
      async ([count, waitMs]) => {
        for (let letter = 0; letter < count; letter++) {
          window.app.insert(window.app.text().length, 'x')
          await new Promise((resolve) => setTimeout(resolve, waitMs))
        }
      },
      [letters, everyMs] as const,
    ),
  sends: (page) => page.evaluate(() => window.app.pageSends()),
  links: (page) => page.evaluate(() => window.app.links()),
  // A sync message with an update.
  isEdit: (pipe, first, second) => pipe === 'channel' && first === 0 && second === 2,
  // Awareness, and what is said to the signalling server.
  isUpkeep: (pipe, first) => pipe === 'socket' || first === 1,
}

/** Links of pages that have not changed for so long are those they stay with. */
const settledMs = 3_000

/** What all pages together have sent. */
export interface CrowdSends {
  /** Whatever has to do with the document, and the copies of edits among that. */
  readonly messages: number
  readonly bytes: number
  readonly copies: number
  /** Everything else. */
  readonly upkeep: number
  readonly upkeepBytes: number
}

export class Crowd implements AsyncDisposable {
  readonly pages: readonly Page[]
  readonly #app: App

  private constructor(app: App, pages: readonly Page[]) {
    this.#app = app
    this.pages = pages
  }

  /** Pages in browser contexts of their own, in one room, each linked to as many others as it gets. */
  static async gather(
    app: App,
    { browser, node, size }: { browser: Browser; node: NodePeer; size: number },
  ): Promise<Crowd> {
    const pages: Page[] = []
    const crowd = new Crowd(app, pages)
    for (let index = 0; index < size; index++) {
      const context = await browser.newContext()
      const page = await context.newPage()
      await page.goto(app.origin)
      await page.waitForFunction('window.app !== undefined || window.harness !== undefined')
      await app.join(page, node, `fan-out ${app.name} ${size}`)
      pages.push(page)
    }
    return crowd
  }

  /** Until each page has links to so many others, and no more come. Stock y-webrtc takes half a minute when a call got lost. */
  async linked(to: number): Promise<void> {
    const { name } = this.#app
    let [before, sinceMs] = ['', performance.now()]
    const isLinked = async (): Promise<boolean> => {
      const links = await this.links()
      if (links.join() !== before) [before, sinceMs] = [links.join(), performance.now()]
      return links.every((count) => count >= to) && performance.now() - sinceMs > settledMs
    }
    await eventually(`${name}: each page is linked to ${to}`, isLinked, 120_000).catch((thrown: unknown) => {
      throw new Error(`${name}: links of the pages are ${before}`, { cause: thrown })
    })
  }

  links(): Promise<readonly number[]> {
    return this.#all(this.#app.links)
  }

  async type(index: number, letters: number, everyMs: number): Promise<void> {
    const page = this.pages[index % this.pages.length]
    if (page !== undefined) await this.#app.type(page, letters, everyMs)
  }

  /** Until everybody has a text of that length, and all have the same. */
  async levelled(length: number): Promise<void> {
    const isLevel = async (): Promise<boolean> => {
      const texts = await this.#all(this.#app.text)
      return texts.every((text) => text.length === length && text === texts[0])
    }
    await eventually(`${this.#app.name}: everybody has ${length} letters`, isLevel, 60_000)
  }

  async sends(): Promise<CrowdSends> {
    const total = { messages: 0, bytes: 0, copies: 0, upkeep: 0, upkeepBytes: 0 }
    for (const sends of await this.#all(this.#app.sends)) {
      for (const [key, { messages, bytes }] of Object.entries(sends)) {
        const [pipe = '', first, second] = key.split(' ')
        const given = [pipe, Number(first), Number(second)] as const
        if (this.#app.isUpkeep(...given)) {
          total.upkeep += messages
          total.upkeepBytes += bytes
          continue
        }
        total.messages += messages
        total.bytes += bytes
        if (this.#app.isEdit(...given)) total.copies += messages
      }
    }
    return total
  }

  #all<Result>(ask: (page: Page) => Promise<Result>): Promise<Result[]> {
    return Promise.all(this.pages.map(ask))
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.pages.map((page) => page.context().close()))
  }
}
