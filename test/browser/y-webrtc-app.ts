/** Builds the page of an app on stock y-webrtc, serves it from an origin of its own, and opens it in Chromium. */
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Browser, Page } from 'playwright-core'
import { build } from 'vite'

const types: Readonly<Record<string, string>> = { html: 'text/html', js: 'text/javascript' }

export class YWebrtcApp implements AsyncDisposable {
  readonly origin: string
  readonly #close: () => Promise<void>

  private constructor(origin: string, close: () => Promise<void>) {
    this.origin = origin
    this.#close = close
  }

  static async serve(): Promise<YWebrtcApp> {
    const directory = await mkdtemp(join(tmpdir(), 'knotwork-y-webrtc-'))
    await build({
      root: fileURLToPath(new URL('y-webrtc-page', import.meta.url)),
      configFile: false,
      logLevel: 'warn',
      resolve: { dedupe: ['yjs', 'lib0', 'y-protocols'] },
      build: { outDir: directory, emptyOutDir: true, target: 'es2023' },
    })
    const server = createServer((request, response) => {
      const path = (request.url ?? '/').replace(/[?#].*$/u, '')
      const name = path === '/' ? 'index.html' : path.slice(1)
      readFile(join(directory, name)).then(
        (content) =>
          response.writeHead(200, { 'content-type': types[name.split('.').at(-1) ?? ''] ?? 'text/plain' }).end(content),
        () => response.writeHead(404).end(),
      )
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const { port } = server.address() as AddressInfo
    return new YWebrtcApp(`http://127.0.0.1:${port}`, async () => {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
      await rm(directory, { recursive: true, force: true })
    })
  }

  /** A page of its own browser context, so that no BroadcastChannel joins it to others. */
  async open(browser: Browser): Promise<Page> {
    const context = await browser.newContext()
    const page = await context.newPage()
    await page.goto(this.origin)
    await page.waitForFunction('window.app !== undefined')
    return page
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#close()
  }
}
