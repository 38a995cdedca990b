/** Stock y-webrtc apps in real pages that find one another through a node peer's /signal. */
import type { Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { eventually } from '../integration/eventually.ts'
import { PeerProcess } from '../integration/peer-process.ts'
import { TemporaryDirectory } from '../integration/temporary-directory.ts'
import { describeInChromium } from './chromium.ts'
import { YWebrtcApp } from './y-webrtc-app.ts'
import type { JoinOptions } from './y-webrtc-page/main.ts'

const text = (page: Page): Promise<string> => page.evaluate(() => window.app.text())
const names = (page: Page): Promise<readonly string[]> => page.evaluate(() => window.app.names())

describeInChromium('stock y-webrtc apps', (browser) => {
  let directory: TemporaryDirectory
  let app: YWebrtcApp
  let pages: Page[] = []

  beforeAll(async () => {
    directory = await TemporaryDirectory.make()
    app = await YWebrtcApp.serve()
  })

  afterEach(async () => {
    await Promise.all(pages.map((page) => page.context().close()))
    pages = []
  })

  afterAll(async () => {
    await app[Symbol.asyncDispose]()
    await directory[Symbol.asyncDispose]()
  })

  async function joined(room: string, signaling: string, password?: string): Promise<Page> {
    const page = await app.open(browser())
    pages.push(page)
    const options: JoinOptions = { room, signaling, ...(password === undefined ? {} : { password }) }
    await page.evaluate((given) => window.app.join(given), options)
    return page
  }

  describe('through /signal', () => {
    it.each([undefined, 'a sécret'])(
      '[SG1] [SG2] find each other and edit together (password: %s)',
      async (password) => {
        await using peer = await PeerProcess.start(directory.at(`signal-${password}`), {
          args: ['--origin', app.origin],
        })
        const signaling = `${peer.webSocketUrl}/signal`
        const [ada, bob] = [await joined('room', signaling, password), await joined('room', signaling, password)]
        await ada.evaluate(() => window.app.insert(0, 'hello'))
        await eventually('Bob has it', async () => (await text(bob)) === 'hello')
        await bob.evaluate(() => window.app.insert(5, ' world'))
        await eventually('and back', async () => (await text(ada)) === 'hello world')
        await ada.evaluate(() => window.app.present('Ada'))
        await eventually('Ada is seen', async () => (await names(bob)).includes('Ada'))
        // Signalling only: nothing of it became a document of the peer.
        expect((await peer.ask('/v1/docs/room')).status).toBe(404)
        // They stay linked without the peer that introduced them.
        await peer[Symbol.asyncDispose]()
        await bob.evaluate(() => window.app.insert(0, 'still: '))
        await eventually('without the peer', async () => (await text(ada)) === 'still: hello world')
      },
    )
  })
})
