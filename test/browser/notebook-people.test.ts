/** Two people in the Notebook. */
import { expect, it } from 'vitest'
import { describeInChromium } from './chromium.ts'
import { NotebookStage } from './notebook-stage.ts'

describeInChromium('two people in the Notebook', (browser) => {
  const stage = new NotebookStage(browser)

  it('write together through a node peer, and see each other', async () => {
    const [ada, bob] = [await stage.open(await stage.person()), await stage.open(await stage.person())]
    await ada.callMyself('Ada')
    await bob.callMyself('Bob')
    const text = stage.words()
    await ada.newNote(text)
    // The node peer, and Bob: the first note of his list opens by itself.
    await ada.hasPill('Live: 2 peers')
    await ada.hasLine(/^Your last edit is on 2 other peers, 1 always on$/u)
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
    const [ada, bob] = [await stage.open(await stage.person()), await stage.open(await stage.person())]
    await ada.callMyself('Ada')
    const text = stage.words()
    await ada.newNote(text)
    await ada.hasLine(/on . other peer/u)
    await bob.page.goto(ada.url)
    await bob.hasPeople('Ada')
    await ada.page.evaluate(() => Object.assign(window, { isSamePage: true }))
    const leaving = performance.now()
    await ada.page.goto(`${stage.url}ready`)
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
    const [ada, bob] = [await stage.open(await stage.person()), await stage.open(await stage.person())]
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
    const [ada, bob] = [await stage.open(await stage.person()), await stage.open(await stage.person())]
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
