import type { BrowserContext, Page } from 'playwright-core'
/** Within this, whatever is to be shown is shown; a machine under load may need it. */
const shownMs = 20_000

/** Looks again and again until `read` gives what is expected. */
async function seen<Value>(what: string, read: () => Promise<Value>, expected: Value | RegExp): Promise<void> {
  const isRight = (value: Value) =>
    expected instanceof RegExp ? expected.test(String(value)) : JSON.stringify(value) === JSON.stringify(expected)
  const start = performance.now()
  for (let value = await read(); !isRight(value); value = await read()) {
    if (performance.now() - start > shownMs) {
      const shown = expected instanceof RegExp ? String(expected) : JSON.stringify(expected)
      throw new Error(`${what}: expected ${shown}, saw ${JSON.stringify(value)}`)
    }
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
}

/** The Notebook in one tab, as a person sees it. */
export class NotebookPage {
  readonly page: Page
  /** Addresses of everything this tab asked for, WebSockets included. */
  readonly asked: string[] = []
  /** What went wrong in this tab unexpectedly: errors nobody caught, refusals by the page's own policy. */
  readonly troubles: string[] = []

  private constructor(page: Page) {
    this.page = page
    page.on('request', (request) => this.asked.push(request.url()))
    page.on('websocket', (socket) => this.asked.push(socket.url()))
    page.on('pageerror', (error) => this.troubles.push(error.message))
    page.on('console', (message) => {
      const text = message.text()
      // Browsers report each failed connection themselves; a peer that is away is no fault of the page.
      const isAway = /ERR_CONNECTION_REFUSED|WebSocket connection to .* failed/u.test(text)
      // They look for it at addresses that are no page.
      const isFavicon = message.location().url.endsWith('/favicon.ico')
      if (message.type() === 'error' && !isAway && !isFavicon) this.troubles.push(text)
    })
  }

  static async open(context: BrowserContext, url: string): Promise<NotebookPage> {
    const notebook = new NotebookPage(await context.newPage())
    await notebook.page.goto(url)
    return notebook
  }

  get url(): string {
    return this.page.url()
  }

  // --- what is seen ----------------------------------------------------------------------------------------------

  /** The note's text; lines are joined by newlines. */
  async text(): Promise<string> {
    const lines = await this.page.locator('.cm-content > .cm-line').evaluateAll((all) =>
      all.map((line) => {
        const copy = line.cloneNode(true) as Element
        for (const extra of copy.querySelectorAll('.cm-ySelectionCaret, .cm-placeholder')) extra.remove()
        return copy.textContent
      }),
    )
    return lines.join('\n')
  }

  async hasText(expected: string): Promise<void> {
    await seen('the text', () => this.text(), expected)
  }

  async hasPill(expected: RegExp | string): Promise<void> {
    await seen('the pill', () => this.page.locator('.pill-words').textContent(), expected)
  }

  /** The words beside the pill. */
  async hasLine(expected: RegExp): Promise<void> {
    await seen('the line beside the pill', () => this.page.locator('.replica-line').textContent(), expected)
  }

  async hasTitles(...expected: string[]): Promise<void> {
    await seen('titles', () => this.page.locator('.row-title').allTextContents(), expected)
  }

  /** Names at the carets of others. */
  async hasCarets(...expected: string[]): Promise<void> {
    await seen('carets', () => this.page.locator('.cm-ySelectionInfo').allTextContents(), expected)
  }

  async hasPeople(...expected: string[]): Promise<void> {
    const avatars = this.page.locator('.avatars .avatar')
    const names = () => avatars.evaluateAll((all) => all.map((each) => each.getAttribute('aria-label') ?? ''))
    await seen('people', names, expected)
  }

  /** Who is in the list of peers, and by which path; in any order. */
  async hasPeers(...expected: [name: string, path: string][]): Promise<void> {
    const rows = this.page.locator('.peers tbody tr')
    const read = (): Promise<string[]> =>
      rows.evaluateAll((all) =>
        all
          .map((row) => [...row.children].slice(0, 2).map((cell) => cell.firstChild?.textContent ?? ''))
          .map((cells) => cells.join(': '))
          .toSorted(),
      )
    await seen('peers', read, expected.map((cells) => cells.join(': ')).toSorted())
  }

  async hasAlert(expected: RegExp): Promise<void> {
    await seen('alerts', async () => (await this.page.getByRole('alert').allTextContents()).join('\n'), expected)
  }

  /** A note that this editor cannot show, and says so. */
  async hasForeignNote(): Promise<void> {
    await seen('the editor’s refusal', () => this.page.locator('.editor-foreign').count(), 1)
  }

  // --- what is done ----------------------------------------------------------------------------------------------

  async newNote(text: string): Promise<void> {
    const before = this.url
    await this.page.getByRole('button', { name: 'New note' }).click()
    await this.page.waitForURL((url) => url.href !== before)
    await this.page.locator('.cm-content').waitFor()
    // The editor of the note before may still be there.
    await this.hasText('')
    await this.type(text)
  }

  /** Types at the end of the note. */
  async type(text: string): Promise<void> {
    await this.page.locator('.cm-content').focus()
    await this.page.keyboard.press('Control+End')
    await this.page.keyboard.type(text)
  }

  async callMyself(name: string): Promise<void> {
    await this.page.locator('.me-button').click()
    await this.page.getByLabel('Your name', { exact: true }).fill(name)
    await this.page.keyboard.press('Enter')
    await this.page.keyboard.press('Escape')
  }

  /** Resolves when the page could be opened again with no server in reach. */
  async keptOffline(): Promise<void> {
    await this.page.evaluate(() => navigator.serviceWorker.ready.then(() => undefined))
  }
}
