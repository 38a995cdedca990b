/** The Notebook with no node peer in reach, and after. */
import { expect, it } from 'vitest'
import { describeInChromium } from './chromium.ts'
import { withoutWebRtc } from './connection-watch.ts'
import { NotebookStage } from './notebook-stage.ts'

describeInChromium('the Notebook without the node peer', (browser) => {
  const stage = new NotebookStage(browser)

  it('two tabs of one browser go on together', async () => {
    const context = await stage.person()
    const [left, right] = [await stage.open(context), await stage.open(context)]
    const text = stage.words()
    await left.newNote(text)
    await right.page.goto(left.url)
    await right.hasText(text)
    await stage.killPeer()
    await right.type(' right')
    await left.hasText(`${text} right`)
    await left.type(' left')
    await right.hasText(`${text} right left`)
    await left.hasPill('Live: 1 peer')
    await right.page.close()
    await left.hasPill('Offline · saved on this device')
  })

  it('a reload opens the page and the note from this device, and all comes together later', async () => {
    // Without WebRTC, or they would go on together.
    const [ada, bob] = [
      await stage.open(await stage.person(withoutWebRtc)),
      await stage.open(await stage.person(withoutWebRtc)),
    ]
    const text = stage.words()
    await ada.newNote(text)
    await ada.hasLine(/on 1 other peer/u)
    await ada.keptOffline()
    await bob.page.goto(ada.url)
    await bob.hasText(text)
    await stage.killPeer()
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
    await stage.startPeer()
    await bob.hasPill('Live: 1 peer')
    await ada.hasPill('Live: 1 peer')
    await expect.poll(async () => (await ada.text()) === (await bob.text()), { timeout: 20_000 }).toBe(true)
    const merged = await ada.text()
    for (const word of [text, ' alone again', ' apart']) expect(merged).toContain(word)
    await ada.hasLine(/on 1 other peer/u)
  })

  it('a reload after the node peer has come back shows all of it', async () => {
    const ada = await stage.open(await stage.person())
    const text = stage.words()
    await ada.newNote(text)
    await ada.hasLine(/on 1 other peer/u)
    await stage.killPeer()
    await ada.type(' meanwhile')
    await ada.hasPill('Offline · saved on this device')
    await stage.startPeer()
    await ada.page.reload()
    await ada.hasText(`${text} meanwhile`)
    await ada.hasPill('Live: 1 peer')
    const bob = await stage.open(await stage.person(), ada.url)
    await bob.hasText(`${text} meanwhile`)
  })

  it('a second tab opens from this device at once, however long the node peer is silent', async () => {
    const context = await stage.person()
    const ada = await stage.open(context)
    await ada.keptOffline()
    await ada.newNote('kept')
    await ada.hasLine(/on . other peer/u)
    const { url: address } = ada
    await ada.page.close()
    // Alive for the network, and answering nothing.
    stage.peer.kill('SIGSTOP')
    const start = performance.now()
    const second = await stage.open(context, address)
    await second.hasText('kept')
    const openedMs = performance.now() - start
    await second.type(' and on')
    await second.hasPill('Offline · saved on this device')
    stage.peer.kill('SIGCONT')
    await second.hasLine(/on 1 other peer/u)
    expect(openedMs).toBeLessThan(2_000)
  })
})
