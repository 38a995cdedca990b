/** Which way the Notebook's pages reach one another, and what they say of it. */
import { expect, it } from 'vitest'
import { describeInChromium } from './chromium.ts'
import { connectionsOf, cutConnections, watchConnections } from './connection-watch.ts'
import { NotebookStage } from './notebook-stage.ts'

describeInChromium('the paths between pages of the Notebook', (browser) => {
  const stage = new NotebookStage(browser)
  const host = (): string => `127.0.0.1:${stage.port}`

  it('[SI4] two people go on without the node peer, a third waits for it, and each page says so', async () => {
    const third = await stage.person()
    // Somebody who was here before has the page itself, and no part in the note.
    const before = await stage.open(third)
    await before.keptOffline()
    await before.page.close()
    const ada = await stage.open(await stage.person())
    await ada.callMyself('Ada')
    const text = stage.words()
    await ada.newNote(text)
    const bob = await stage.open(await stage.person(), ada.url)
    await bob.callMyself('Bob')
    await bob.hasText(text)
    await ada.hasPill('Live: 2 peers')
    await ada.hasPeers([host(), 'WebSocket'], ['Bob', 'direct (WebRTC)'])
    await stage.killPeer()
    await ada.hasPill('Live: 1 peer')
    await ada.hasLine(new RegExp(`New people can join when ${host()} is back`, 'u'))
    await bob.type(' without a server')
    await ada.hasText(`${text} without a server`)
    await ada.type(', both')
    await bob.hasText(`${text} without a server, both`)
    await bob.hasLine(/on 1 other peer/u)
    const cy = await stage.open(third, ada.url)
    await cy.hasPill('Offline · saved on this device')
    await cy.hasLine(new RegExp(`Waiting for ${host()}`, 'u'))
    await cy.page.locator('.pill').press('Enter')
    expect(await cy.page.locator('.peers-reach').textContent()).toMatch(/Nobody else can introduce it to others/u)
    await stage.startPeer()
    await cy.hasText(`${text} without a server, both`)
    await cy.hasPill('Live: 3 peers')
    await ada.hasPill('Live: 3 peers')
    expect(await ada.page.locator('.peers-reach').count()).toBe(0)
  })

  it('[TR10] [OV1] tabs of one browser make no connection to each other, and both count once', async () => {
    const context = await stage.person(watchConnections)
    const [left, right] = [await stage.open(context), await stage.open(context)]
    await left.newNote('in two tabs')
    await right.page.goto(left.url)
    await left.hasPill('Live: 2 peers')
    await left.hasPeers(['Another tab', 'direct (this browser)'], [host(), 'WebSocket'])
    // Time for a connection that nobody should make.
    await left.page.waitForTimeout(5_000)
    const none = { made: 0, living: 0 }
    expect([await connectionsOf(left.page), await connectionsOf(right.page)]).toEqual([none, none])
    const bob = await stage.open(await stage.person(watchConnections), left.url)
    await left.hasPill('Live: 3 peers')
    await right.hasPill('Live: 3 peers')
    // Where both dial at once, one withdraws its own.
    const living = () => Promise.all([left, right, bob].map(async ({ page }) => (await connectionsOf(page)).living))
    await expect.poll(living, { timeout: 20_000 }).toEqual([1, 1, 2])
  })

  it('[TR1] [OV2] when their own connection is cut they go on through the node peer, and connect again', async () => {
    const ada = await stage.open(await stage.person(watchConnections))
    const text = stage.words()
    await ada.newNote(text)
    const bob = await stage.open(await stage.person(watchConnections), ada.url)
    await ada.hasPill('Live: 2 peers')
    await bob.hasPill('Live: 2 peers')
    await cutConnections(ada.page)
    await bob.type(' from Bob')
    await ada.hasText(`${text} from Bob`)
    await ada.type(' from Ada')
    await bob.hasText(`${text} from Bob from Ada`)
    const living = () => Promise.all([ada, bob].map(async ({ page }) => (await connectionsOf(page)).living))
    await expect.poll(living, { timeout: 30_000 }).toEqual([1, 1])
    await ada.hasPill('Live: 2 peers')
    await bob.hasPill('Live: 2 peers')
  })

  it('[TR15] a page that is gone to and come back to is the same page, and connects again', async () => {
    const [ada, bob] = [
      await stage.open(await stage.person(watchConnections)),
      await stage.open(await stage.person(watchConnections)),
    ]
    const text = stage.words()
    await ada.newNote(text)
    await bob.page.goto(ada.url)
    await ada.hasPill('Live: 2 peers')
    await ada.page.evaluate(() => Object.assign(window, { isSamePage: true }))
    await ada.page.goto(`${stage.url}ready`)
    await bob.hasPill('Live: 1 peer')
    await bob.type(' meanwhile')
    await ada.page.goBack({ waitUntil: 'commit' })
    await ada.hasText(`${text} meanwhile`)
    expect(await ada.page.evaluate(() => 'isSamePage' in window)).toBe(true)
    await ada.hasPill('Live: 2 peers')
    await bob.hasPill('Live: 2 peers')
    expect((await connectionsOf(ada.page)).living).toBe(1)
  })

  it('the list of peers is opened, read and left by keyboard', async () => {
    const ada = await stage.open(await stage.person())
    await ada.newNote('by keys')
    await ada.hasPill('Live: 1 peer')
    await ada.page.locator('.pill').focus()
    await ada.page.keyboard.press('Enter')
    const card = ada.page.getByRole('dialog', { name: 'Peers' })
    await card.waitFor()
    await ada.page.keyboard.press('Tab')
    // It can be scrolled by keys where it is longer than the page.
    expect(await card.evaluate((element) => element === document.activeElement)).toBe(true)
    expect(await card.getByRole('row').count()).toBe(2)
    expect(await card.getByRole('rowheader').textContent()).toContain(host())
    await ada.page.keyboard.press('Escape')
    await card.waitFor({ state: 'hidden' })
  })
})
