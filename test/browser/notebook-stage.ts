/** What the tests of the Notebook play on: a node peer that can be killed and comes back, and people with browsers. */
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Browser, BrowserContext } from 'playwright-core'
import { afterEach, beforeAll, beforeEach } from 'vitest'
import { PeerProcess } from '../integration/peer-process.ts'
import { TemporaryDirectory } from '../integration/temporary-directory.ts'
import { buildPage } from './built-page.ts'
import { NotebookPage } from './notebook-page.ts'

export class NotebookStage {
  readonly #browser: () => Browser
  #directory: TemporaryDirectory | null = null
  #peer: PeerProcess | null = null
  #port = 0
  #contexts: BrowserContext[] = []
  #notebooks: NotebookPage[] = []
  #wordsCount = 0

  /** Sets itself up before each test of the surrounding `describe`, and takes itself down after it. */
  constructor(browser: () => Browser) {
    this.#browser = browser
    beforeAll(() => buildPage())
    beforeEach(() => this.#setUp())
    afterEach(() => this.#takeDown())
  }

  get peer(): PeerProcess {
    if (this.#peer === null) throw new Error('there is no node peer yet')
    return this.#peer
  }

  /** The origin of a page is its storage, so the port stays over restarts. */
  get port(): number {
    return this.#port
  }

  get url(): string {
    return `http://127.0.0.1:${this.#port}/`
  }

  async startPeer(...args: readonly string[]): Promise<void> {
    if (this.#directory === null) throw new Error('there is no place for its data yet')
    const all = ['--port', String(this.#port), ...args]
    this.#peer = await PeerProcess.start(this.#directory.at('peer'), { args: all })
  }

  async killPeer(): Promise<void> {
    this.peer.kill('SIGKILL')
    await this.peer.ended()
  }

  /** Somebody with a browser of their own; `prepare` may spoil it. */
  async person(prepare?: (context: BrowserContext) => Promise<void>): Promise<BrowserContext> {
    const context = await this.#browser().newContext()
    this.#contexts.push(context)
    await prepare?.(context)
    return context
  }

  async open(context: BrowserContext, address = this.url): Promise<NotebookPage> {
    const notebook = await NotebookPage.open(context, address)
    this.#notebooks.push(notebook)
    return notebook
  }

  /** A fresh text each time, so that nothing left over passes for it. */
  words(): string {
    this.#wordsCount++
    return `Words ${this.#wordsCount}`
  }

  async #setUp(): Promise<void> {
    this.#directory = await TemporaryDirectory.make()
    this.#port = await freePort()
    await this.startPeer()
  }

  async #takeDown(): Promise<void> {
    const troubles = this.#notebooks.flatMap((notebook) => notebook.troubles)
    await Promise.all(this.#contexts.map((context) => context.close()))
    this.#contexts = []
    this.#notebooks = []
    await this.#peer?.[Symbol.asyncDispose]()
    await this.#directory?.[Symbol.asyncDispose]()
    if (troubles.length > 0) throw new Error(`unexpected in the pages: ${troubles.join('\n')}`)
  }
}

async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  await new Promise((resolve) => server.close(resolve))
  return port
}
