/** Stock y-webrtc apps in real pages: they find one another through a node peer's /signal, and share documents with its bridge. */
import type { Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import WebSocket from 'ws'
import { WebsocketProvider } from 'y-websocket-3'
import * as Y from 'yjs'
import { eventually } from '../integration/eventually.ts'
import { PeerProcess } from '../integration/peer-process.ts'
import { TemporaryDirectory } from '../integration/temporary-directory.ts'
import { describeInChromium } from './chromium.ts'
import { YWebrtcApp } from './y-webrtc-app.ts'
import type { JoinOptions } from './y-webrtc-page/main.ts'

const text = (page: Page): Promise<string> => page.evaluate(() => window.app.text())
const names = (page: Page): Promise<readonly string[]> => page.evaluate(() => window.app.names())

/** Stock y-webrtc retries a call that got lost only when the browser gives it up, which takes up to half a minute. */
const linkedMs = 60_000

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

  describe('with a bridge', { timeout: 240_000 }, () => {
    let clients: WebsocketClient[] = []

    afterEach(() => {
      for (const client of clients) client.leave()
      clients = []
    })

    function client(peer: PeerProcess, room: string): WebsocketClient {
      const made = new WebsocketClient(peer, room)
      clients.push(made)
      return made
    }

    const bridged = (data: string, room: string, ...args: readonly string[]): Promise<PeerProcess> =>
      PeerProcess.start(directory.at(data), { args: ['--origin', app.origin, '--y-webrtc', room, ...args] })

    const type = (page: Page, words: string, from = 0): Promise<void> =>
      page.evaluate(
        ([all, at]) => {
          for (const [index, character] of all.split('').entries()) window.app.insert(at + index, character)
        },
        [words, from] as const,
      )

    it('share a document with y-websocket apps at another node peer, and see each other, without echoes', async () => {
      await using peer = await bridged('a', 'notes')
      await using other = await PeerProcess.start(directory.at('b'), { args: ['--connect', peer.url] })
      const far = client(other, 'notes')
      far.insert(0, 'far ')
      const near = await joined('notes', `${peer.webSocketUrl}/signal`)
      await eventually('the page has it', async () => (await text(near)) === 'far ', linkedMs)
      await type(near, 'near', 4)
      await eventually('the far client has it', () => far.text === 'far near')

      far.provider.awareness.setLocalStateField('name', 'Far')
      await near.evaluate(() => window.app.present('Near'))
      await eventually('the page sees both', async () => (await names(near)).join() === 'Far,Near')
      await eventually('the client sees both', () => far.names.join() === 'Far,Near')
      expect(await near.evaluate(() => window.app.nameless())).toBe(0)

      const before = await near.evaluate(() => window.app.frames())
      await type(near, 'x'.repeat(50))
      await eventually('50 of the page', () => far.text.length === 58)
      for (let count = 0; count < 50; count++) far.insert(0, 'y')
      await eventually('50 of the client', async () => (await text(near)).length === 108)
      await near.waitForTimeout(1_000)
      const after = await near.evaluate(() => window.app.frames())
      const sent = after.sentUpdates - before.sentUpdates
      const received = after.receivedUpdates - before.receivedUpdates
      console.log(JSON.stringify({ edits: 100, updatesSentByPage: sent, updatesReceivedByPage: received }))
      // The stock page sends back what it gets; the bridge does not.
      expect(sent).toBeLessThanOrEqual(100)
      expect(received).toBeLessThanOrEqual(50)

      await near.close({ runBeforeUnload: true })
      await eventually('the page has left', () => far.names.join() === 'Far')
      const again = await joined('notes', `${peer.webSocketUrl}/signal`)
      await eventually('and one came back', async () => (await text(again)).length === 108, linkedMs)
      await again.evaluate(() => window.app.present('Again'))
      await eventually('and is seen', () => far.names.join() === 'Again,Far')
      far.provider.awareness.setLocalState(null)
      await eventually('the client is gone', async () => (await names(again)).join() === 'Again')
    })

    it('find their document again when everybody was gone, and the peer was killed', async () => {
      const first = await bridged('kept', 'essay:pass wörd')
      const writer = await joined('essay', `${first.webSocketUrl}/signal`, 'pass wörd')
      await type(writer, 'kept words')
      await eventually('stored', async () => (await first.ask('/v1/docs/essay')).text.includes('kept words'), linkedMs)
      await writer.context().close()
      first.kill('SIGKILL')
      await first.ended()
      await using second = await bridged('kept', 'essay:pass wörd')
      const reader = await joined('essay', `${second.webSocketUrl}/signal`, 'pass wörd')
      await eventually('the new page has it', async () => (await text(reader)) === 'kept words', linkedMs)
    })

    it('take leave of those behind the bridge when it ends, which it does in good order', async () => {
      await using peer = await bridged('leaving', 'parting')
      const far = client(peer, 'parting')
      far.provider.awareness.setLocalStateField('name', 'Far')
      const near = await joined('parting', `${peer.webSocketUrl}/signal`)
      await eventually('seen', async () => (await names(near)).join() === 'Far', linkedMs)
      peer.kill('SIGTERM')
      expect(await peer.ended()).toBe(0)
      await eventually('gone', async () => (await names(near)).length === 0, 5_000)
    })

    it('do it no harm by wrong passwords, signals out of turn, and frames that are none', async () => {
      await using peer = await bridged('harmed', 'guarded:right', '--y-webrtc', 'plain')
      for (const room of ['guarded', 'plain']) {
        const joinedIt = new RegExp(`"room":"${room}".*"isSignalling":true`, 'u')
        await peer.until(() => peer.lines.some((line) => joinedIt.test(line)))
      }
      const stranger = await joined('guarded', `${peer.webSocketUrl}/signal`, 'wrong')
      const socket = new WebSocket(`${peer.webSocketUrl}/signal`)
      await new Promise((resolve) => void socket.once('open', resolve))
      const nonsense: readonly unknown[] = [
        null,
        7,
        'AAAA',
        { type: 'signal', from: 'x' },
        { type: 'signal', from: 'x', signal: { type: 'answer' } },
        { type: 'announce' },
        { type: 'announce', from: { a: 1 } },
      ]
      for (const topic of ['plain', 'guarded']) {
        for (const data of nonsense) socket.send(JSON.stringify({ type: 'publish', topic, data }))
      }
      const near = await joined('plain', `${peer.webSocketUrl}/signal`)
      await type(near, 'before')
      await eventually('stored', async () => (await peer.ask('/v1/docs/plain')).text.includes('before'), linkedMs)
      expect(await near.evaluate(() => window.app.sendGarbage())).toBeGreaterThan(0)
      await type(near, ' and after', 6)
      const whole = async (): Promise<boolean> => (await peer.ask('/v1/docs/plain')).text.includes('before and after')
      // The page's own link was closed; it calls again, and stock y-webrtc may take its time for that.
      await eventually('it goes on', whole, linkedMs)
      const friend = await joined('guarded', `${peer.webSocketUrl}/signal`, 'right')
      await type(friend, 'secret')
      await eventually(
        'stored, too',
        async () => (await peer.ask('/v1/docs/guarded')).text.includes('secret'),
        linkedMs,
      )
      expect(await text(stranger)).toBe('')
      expect(peer.lines.filter((line) => /"type":"failed"/u.test(line))).toEqual([])
      socket.terminate()
    })
  })
})

class WebsocketClient {
  readonly doc = new Y.Doc()
  readonly provider: WebsocketProvider

  constructor(peer: PeerProcess, room: string) {
    const options = { WebSocketPolyfill: WebSocket as never, disableBc: true }
    this.provider = new WebsocketProvider(`${peer.webSocketUrl}/yjs`, room, this.doc, options)
  }

  get text(): string {
    return this.doc.getText('text').toString()
  }

  get names(): readonly string[] {
    const states = [...this.provider.awareness.getStates().values()]
    return states.flatMap((state) => (typeof state['name'] === 'string' ? [state['name']] : [])).toSorted()
  }

  insert(index: number, words: string): void {
    this.doc.getText('text').insert(index, words)
  }

  leave(): void {
    this.provider.destroy()
    this.doc.destroy()
  }
}
