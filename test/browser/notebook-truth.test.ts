/** What the Notebook says when something is wrong. */
import { expect, it } from 'vitest'
import { describeInChromium } from './chromium.ts'
import { NotebookStage } from './notebook-stage.ts'

describeInChromium('the Notebook tells the truth when', (browser) => {
  const stage = new NotebookStage(browser)

  it('this device refuses to write', async () => {
    const context = await stage.person(async (made) => {
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
    const ada = await stage.open(context)
    await ada.newNote('written ')
    await ada.hasLine(/on 1 other peer/u)
    const bob = await stage.open(await stage.person(), ada.url)
    await bob.hasText('written ')
    await ada.page.evaluate(() => Object.assign(window, { isDiskFull: true }))
    await ada.type('unwritten')
    await ada.hasPill('Not saved')
    await ada.hasAlert(/This note is not being saved: the space .* is used up/u)
    // What is not safe here is not shown elsewhere.
    await bob.hasText('written ')
    await ada.page.evaluate(() => Reflect.deleteProperty(window, 'isDiskFull'))
    await ada.hasPill('Live: 2 peers')
    await bob.hasText('written unwritten')
  })

  it('this browser stores nothing at all', async () => {
    const context = await stage.person(async (made) => {
      await made.addInitScript(() => {
        IDBFactory.prototype.open = () => {
          throw new DOMException('not here', 'SecurityError')
        }
      })
    })
    const ada = await stage.open(context)
    await ada.hasAlert(/keep nothing/u)
    await ada.newNote('fleeting')
    await ada.hasPill('Live: 1 peer')
    await ada.hasLine(/nothing is kept on this device/u)
    await stage.killPeer()
    await ada.hasPill('Offline · kept in this tab only')
  })

  it('the network asks for a token', async () => {
    await stage.killPeer()
    await stage.startPeer('--token', 'open sesame')
    const context = await stage.person()
    const ada = await stage.open(context)
    await ada.hasPill(/^Offline/u)
    await ada.hasLine(/token/u)
    await ada.page.goto(`${stage.url}#token=open%20sesame`)
    await ada.hasPill('Live: 1 peer')
    expect(ada.url).not.toContain('sesame')
    await ada.newNote('for members')
    await ada.page.reload()
    await ada.hasPill('Live: 1 peer')
    await ada.page.getByRole('button', { name: 'Share' }).click()
    expect(await ada.page.getByLabel('Link to this note').inputValue()).toContain('&token=open%20sesame')
  })

  it('a link names no note', async () => {
    const ada = await stage.open(await stage.person(), `${stage.url}#/n/%ff`)
    await ada.hasAlert(/link is damaged/u)
    await ada.page.goto(`${stage.url}#/n/${'x'.repeat(1025)}`)
    await ada.hasAlert(/names no note/u)
  })

  it('a note holds more than text', async () => {
    const ada = await stage.open(await stage.person())
    await ada.newNote('plain')
    await ada.hasLine(/on 1 other peer/u)
    const name = decodeURIComponent(ada.url.split('#/n/')[1] ?? '')
    const { applyUpdate, Doc, encodeStateAsUpdate } = await import('yjs')
    const doc = new Doc()
    applyUpdate(doc, (await stage.peer.ask(`/v1/docs/${encodeURIComponent(name)}`, yjsUpdate)).bytes)
    doc.getText('body').insertEmbed(2, { image: 'x' })
    const update = encodeStateAsUpdate(doc)
    await stage.peer.ask(`/v1/docs/${encodeURIComponent(name)}`, { ...yjsUpdate, method: 'PATCH', body: update })
    await ada.hasForeignNote()
    await ada.page.reload()
    await ada.hasForeignNote()
  })
})

const yjsUpdate = {
  headers: { accept: 'application/vnd.yjs.update', 'content-type': 'application/vnd.yjs.update' },
} as const
