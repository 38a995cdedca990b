/** How the Notebook treats its user and everybody else. */
import { networkInterfaces } from 'node:os'
import { expect, it } from 'vitest'
import { describeInChromium } from './chromium.ts'
import { NotebookStage } from './notebook-stage.ts'

describeInChromium('the Notebook', (browser) => {
  const stage = new NotebookStage(browser)

  it('asks nobody but its own peer for anything', async () => {
    const ada = await stage.open(await stage.person())
    await ada.newNote('# Heading\n\n[link](https://example.org) ![image](https://example.org/x.png)')
    await ada.keptOffline()
    await ada.page.getByRole('button', { name: 'Share' }).click()
    await ada.page.keyboard.press('Escape')
    await ada.page.reload()
    await ada.hasPill('Live: 1 peer')
    const hosts = new Set(ada.asked.map((address) => new URL(address).host))
    expect([...hosts]).toEqual([new URL(stage.url).host])
    expect(ada.asked).toContain(`ws://127.0.0.1:${stage.port}/peer`)
  })

  it('is worked by keyboard alone, and every control has a name', async () => {
    const ada = await stage.open(await stage.person())
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
    await stage.killPeer()
    await stage.startPeer('--host', '0.0.0.0', '--open')
    const [ada, bob] = [
      await stage.open(await stage.person(), `http://${address}:${stage.port}/`),
      await stage.open(await stage.person()),
    ]
    await ada.newNote('over the air')
    // The node peer, and Bob when he has it.
    await ada.hasLine(/on [12] other peers?, (?:1 )?always on/u)
    expect(await ada.page.evaluate(() => isSecureContext)).toBe(false)
    await bob.hasTitles('over the air')
  })
})
