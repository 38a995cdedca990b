/** The Notebook as people use it: real pages, a real node peer that is killed and comes back on the same port. */
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { networkInterfaces } from 'node:os'
import type { BrowserContext } from 'playwright-core'
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { PeerProcess } from '../integration/peer-process.ts'
import { TemporaryDirectory } from '../integration/temporary-directory.ts'
import { buildPage } from './built-page.ts'
import { describeInChromium } from './chromium.ts'
import { NotebookPage } from './notebook-page.ts'

describeInChromium('the Notebook', (browser) => {
  let directory: TemporaryDirectory
  let port: number
  let peer: PeerProcess
  let url: string
  let contexts: BrowserContext[] = []
  let notebooks: NotebookPage[] = []
  let count = 0

  beforeAll(() => buildPage())

  beforeEach(async () => {
    directory = await TemporaryDirectory.make()
    // The origin of a page is its storage: the port must stay over restarts.
    port = await freePort()
    await startPeer()
    url = `${peer.url}/`
  })

  afterEach(async () => {
    const troubles = notebooks.flatMap((notebook) => notebook.troubles)
    await Promise.all(contexts.map((context) => context.close()))
    contexts = []
    notebooks = []
    await peer[Symbol.asyncDispose]()
    await directory[Symbol.asyncDispose]()
    if (troubles.length > 0) throw new Error(`unexpected in the pages: ${troubles.join('\n')}`)
  })

  async function startPeer(...args: readonly string[]): Promise<void> {
    peer = await PeerProcess.start(directory.at('peer'), { args: ['--port', String(port), ...args] })
  }

  async function killPeer(): Promise<void> {
    peer.kill('SIGKILL')
    await peer.ended()
  }

  async function person(prepare?: (context: BrowserContext) => Promise<void>): Promise<BrowserContext> {
    const context = await browser().newContext()
    contexts.push(context)
    await prepare?.(context)
    return context
  }

  async function open(context: BrowserContext, address = url): Promise<NotebookPage> {
    const notebook = await NotebookPage.open(context, address)
    notebooks.push(notebook)
    return notebook
  }

  /** A fresh text for each test, so that nothing left over passes for it. */
  const words = () => `Words ${++count}`

  describe('two people', () => {
    it('write together through a node peer, and see each other', async () => {
      const [ada, bob] = [await open(await person()), await open(await person())]
      await ada.callMyself('Ada')
      await bob.callMyself('Bob')
      const text = words()
      await ada.newNote(text)
      await ada.hasPill('Live: 1 peer')
      await ada.hasLine(/^Your edits are on disk at 1 peer$/u)
      await bob.hasTitles(text)
      await bob.page.getByRole('link', { name: text }).click()
      await bob.hasText(text)
      await bob.type(' and more')
      await ada.hasText(`${text} and more`)
      await ada.hasPeople('Bob')
      await ada.hasCarets('Bob')
      // Ada's caret came before Bob: whoever joins is told who is there.
      await bob.hasPeople('Ada')
      await bob.hasCarets('Ada')
      await ada.hasTitles(`${text} and more`)
      await bob.page.close()
      await ada.hasPeople()
    })

    it('leave at once when they go to another page, and come back to where they were', async () => {
      const [ada, bob] = [await open(await person()), await open(await person())]
      await ada.callMyself('Ada')
      const text = words()
      await ada.newNote(text)
      await ada.hasLine(/on disk/u)
      await bob.page.goto(ada.url)
      await bob.hasPeople('Ada')
      await ada.page.evaluate(() => Object.assign(window, { isSamePage: true }))
      const leaving = performance.now()
      await ada.page.goto(`${url}ready`)
      await bob.hasPeople()
      expect(performance.now() - leaving).toBeLessThan(3_000)
      await bob.hasText(text)
      await bob.type(' while away')
      await ada.page.goBack({ waitUntil: 'commit' })
      await ada.hasText(`${text} while away`)
      await bob.hasPeople('Ada')
      // Not loaded again, but the very page from before.
      expect(await ada.page.evaluate(() => 'isSamePage' in window)).toBe(true)
    })

    it('undo their own edits only', async () => {
      const [ada, bob] = [await open(await person()), await open(await person())]
      await ada.newNote('one')
      await bob.page.goto(ada.url)
      await bob.hasText('one')
      await bob.type(' two')
      await ada.hasText('one two')
      // A pause, so that the next word is an edit of its own.
      await ada.page.waitForTimeout(700)
      await ada.type(' three')
      await bob.hasText('one two three')
      await ada.page.keyboard.press('Control+z')
      await bob.hasText('one two')
      await ada.page.keyboard.press('Control+z')
      await bob.hasText(' two')
      await ada.page.keyboard.press('Control+y')
      await bob.hasText('one two')
    })

    it('name, list and unlist notes, and see markup as text', async () => {
      const [ada, bob] = [await open(await person()), await open(await person())]
      const markup = '<img src=x onerror=alert(1)>'
      await ada.newNote(markup)
      await ada.hasTitles(markup)
      await bob.hasTitles(markup)
      await ada.page.getByLabel('Title').fill('A **name**')
      await ada.page.keyboard.press('Enter')
      await bob.hasTitles('A **name**')
      await ada.page.getByLabel('Title').fill('')
      await ada.page.keyboard.press('Enter')
      await bob.hasTitles(markup)
      await ada.page.getByRole('button', { name: `Remove “${markup}” from the list` }).click()
      await bob.hasTitles()
      await ada.page.getByRole('button', { name: 'Undo' }).click()
      await bob.hasTitles(markup)
      expect(await bob.page.locator('img[src=x]').count()).toBe(0)
    })
  })

  describe('without the node peer', () => {
    it('two tabs of one browser go on together', async () => {
      const context = await person()
      const [left, right] = [await open(context), await open(context)]
      const text = words()
      await left.newNote(text)
      await right.page.goto(left.url)
      await right.hasText(text)
      await killPeer()
      await right.type(' right')
      await left.hasText(`${text} right`)
      await left.type(' left')
      await right.hasText(`${text} right left`)
      await left.hasPill('Live: 1 peer')
      await right.page.close()
      await left.hasPill('Offline · saved on this device')
    })

    it('a reload opens the page and the note from this device, and all comes together later', async () => {
      const [ada, bob] = [await open(await person()), await open(await person())]
      const text = words()
      await ada.newNote(text)
      await ada.hasLine(/on disk at 1 peer/u)
      await ada.keptOffline()
      await bob.page.goto(ada.url)
      await bob.hasText(text)
      await killPeer()
      await ada.hasPill('Offline · saved on this device')
      await ada.type(' alone')
      await ada.hasLine(/not confirmed elsewhere/u)
      await ada.hasPill('Offline · saved on this device')
      await bob.type(' apart')
      await ada.page.reload()
      await ada.hasText(`${text} alone`)
      await ada.hasTitles(`${text} alone`)
      await ada.hasPill('Offline · saved on this device')
      await ada.type(' again')
      await ada.hasText(`${text} alone again`)
      await startPeer()
      await bob.hasPill('Live: 1 peer')
      await ada.hasPill('Live: 1 peer')
      await expect.poll(async () => (await ada.text()) === (await bob.text()), { timeout: 20_000 }).toBe(true)
      const merged = await ada.text()
      for (const word of [text, ' alone again', ' apart']) expect(merged).toContain(word)
      await ada.hasLine(/on disk at 1 peer/u)
    })

    it('a reload after the node peer has come back shows all of it', async () => {
      const ada = await open(await person())
      const text = words()
      await ada.newNote(text)
      await ada.hasLine(/on disk at 1 peer/u)
      await killPeer()
      await ada.type(' meanwhile')
      await ada.hasPill('Offline · saved on this device')
      await startPeer()
      await ada.page.reload()
      await ada.hasText(`${text} meanwhile`)
      await ada.hasPill('Live: 1 peer')
      const bob = await open(await person(), ada.url)
      await bob.hasText(`${text} meanwhile`)
    })

    it('a second tab opens from this device at once, however long the node peer is silent', async () => {
      const context = await person()
      const ada = await open(context)
      await ada.keptOffline()
      await ada.newNote('kept')
      await ada.hasLine(/on disk/u)
      const { url: address } = ada
      await ada.page.close()
      // Alive for the network, and answering nothing.
      peer.kill('SIGSTOP')
      const start = performance.now()
      const second = await open(context, address)
      await second.hasText('kept')
      const openedMs = performance.now() - start
      await second.type(' and on')
      await second.hasPill('Offline · saved on this device')
      peer.kill('SIGCONT')
      await second.hasLine(/on disk at 1 peer/u)
      expect(openedMs).toBeLessThan(2_000)
    })
  })

  describe('tells the truth when', () => {
    it('this device refuses to write', async () => {
      const context = await person(async (made) => {
        await made.addInitScript(() => {
          const original = Object.getOwnPropertyDescriptor(IDBDatabase.prototype, 'transaction')
          const transaction = original?.value as IDBDatabase['transaction']
          IDBDatabase.prototype.transaction = function refuse(this: IDBDatabase, stores, mode, options) {
            const isRefused = 'isDiskFull' in window && mode === 'readwrite'
            if (isRefused) throw new DOMException('full', 'QuotaExceededError')
            return transaction.call(this, stores, mode, options)
          }
        })
      })
      const ada = await open(context)
      await ada.newNote('written ')
      await ada.hasLine(/on disk at 1 peer/u)
      const bob = await open(await person(), ada.url)
      await bob.hasText('written ')
      await ada.page.evaluate(() => Object.assign(window, { isDiskFull: true }))
      await ada.type('unwritten')
      await ada.hasPill('Not saved')
      await ada.hasAlert(/This note is not being saved: the space .* is used up/u)
      // What is not safe here is not shown elsewhere.
      await bob.hasText('written ')
      await ada.page.evaluate(() => Reflect.deleteProperty(window, 'isDiskFull'))
      await ada.hasPill('Live: 1 peer')
      await bob.hasText('written unwritten')
    })

    it('this browser stores nothing at all', async () => {
      const context = await person(async (made) => {
        await made.addInitScript(() => {
          IDBFactory.prototype.open = () => {
            throw new DOMException('not here', 'SecurityError')
          }
        })
      })
      const ada = await open(context)
      await ada.hasAlert(/keep nothing/u)
      await ada.newNote('fleeting')
      await ada.hasPill('Live: 1 peer')
      await ada.hasLine(/nothing is kept on this device/u)
      await killPeer()
      await ada.hasPill('Offline · kept in this tab only')
    })

    it('the network asks for a token', async () => {
      await killPeer()
      await startPeer('--token', 'open sesame')
      const context = await person()
      const ada = await open(context)
      await ada.hasPill(/^Offline/u)
      await ada.hasLine(/token/u)
      await ada.page.goto(`${url}#token=open%20sesame`)
      await ada.hasPill('Live: 1 peer')
      expect(ada.url).not.toContain('sesame')
      await ada.newNote('for members')
      await ada.page.reload()
      await ada.hasPill('Live: 1 peer')
      await ada.page.getByRole('button', { name: 'Share' }).click()
      expect(await ada.page.getByLabel('Link to this note').inputValue()).toContain('&token=open%20sesame')
    })

    it('a link names no note', async () => {
      const ada = await open(await person(), `${url}#/n/%ff`)
      await ada.hasAlert(/link is damaged/u)
      await ada.page.goto(`${url}#/n/${'x'.repeat(1025)}`)
      await ada.hasAlert(/names no note/u)
    })

    it('a note holds more than text', async () => {
      const ada = await open(await person())
      await ada.newNote('plain')
      await ada.hasLine(/on disk at 1 peer/u)
      const name = decodeURIComponent(ada.url.split('#/n/')[1] ?? '')
      const { applyUpdate, Doc, encodeStateAsUpdate } = await import('yjs')
      const doc = new Doc()
      applyUpdate(doc, (await peer.ask(`/v1/docs/${encodeURIComponent(name)}`, yjsUpdate)).bytes)
      doc.getText('body').insertEmbed(2, { image: 'x' })
      const update = encodeStateAsUpdate(doc)
      await peer.ask(`/v1/docs/${encodeURIComponent(name)}`, { ...yjsUpdate, method: 'PATCH', body: update })
      await ada.hasForeignNote()
      await ada.page.reload()
      await ada.hasForeignNote()
    })
  })

  it('asks nobody but its own peer for anything', async () => {
    const ada = await open(await person())
    await ada.newNote('# Heading\n\n[link](https://example.org) ![image](https://example.org/x.png)')
    await ada.keptOffline()
    await ada.page.getByRole('button', { name: 'Share' }).click()
    await ada.page.keyboard.press('Escape')
    await ada.page.reload()
    await ada.hasPill('Live: 1 peer')
    const hosts = new Set(ada.asked.map((address) => new URL(address).host))
    expect([...hosts]).toEqual([new URL(url).host])
    expect(ada.asked).toContain(`ws://127.0.0.1:${port}/peer`)
  })

  it('is worked by keyboard alone, and every control has a name', async () => {
    const ada = await open(await person())
    await ada.page.locator('.empty').waitFor()
    await ada.page.keyboard.press('Control+Alt+n')
    await ada.page.locator('.cm-content').waitFor()
    await ada.page.keyboard.type('by keys')
    await ada.hasTitles('by keys')
    // Tab leaves the editor, so that nobody is caught in it.
    await ada.page.keyboard.press('Shift+Tab')
    const focused = await ada.page.evaluate(() => document.activeElement?.textContent)
    expect(focused).toBe('Share')
    const nameless = await ada.page
      .locator('button, a, input')
      .evaluateAll((all) =>
        all
          .filter(
            (each) => (each.getAttribute('aria-label') ?? each.textContent) === '' && each.closest('label') === null,
          )
          .map((each) => each.outerHTML),
      )
    expect(nameless).toEqual([])
  })

  it('works on a plain http address of the local network', async (context) => {
    const address = Object.values(networkInterfaces())
      .flat()
      .find((each) => each?.family === 'IPv4' && !each.internal)?.address
    if (address === undefined) context.skip('this machine has no address but its own')
    await killPeer()
    await startPeer('--host', '0.0.0.0', '--open')
    const [ada, bob] = [await open(await person(), `http://${address}:${port}/`), await open(await person())]
    await ada.newNote('over the air')
    await ada.hasLine(/on disk at 1 peer/u)
    expect(await ada.page.evaluate(() => isSecureContext)).toBe(false)
    await bob.hasTitles('over the air')
  })
})

const yjsUpdate = {
  headers: { accept: 'application/vnd.yjs.update', 'content-type': 'application/vnd.yjs.update' },
} as const

async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  await new Promise((resolve) => server.close(resolve))
  return port
}
