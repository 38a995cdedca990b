/** Every binding of examples/bindings, typed into from two pages that are two browsers: texts meet, carets show, undo is one's own. */
import type { Page } from 'playwright-core'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { eventually as within } from '../integration/eventually.ts'
import { SourceProcess } from '../integration/source-process.ts'
import { TemporaryDirectory } from '../integration/temporary-directory.ts'
import { describeInChromium } from './chromium.ts'

interface Editor {
  readonly page: string
  /** What is clicked to type into, and read. */
  readonly text: string
  /** What shows another one's caret; with a name where the binding writes it there. */
  readonly caret: string
  readonly isCaretNamed: boolean
  /** For who comes first. */
  readonly query?: string
  /** What is typed into a run of text belongs to whoever began it: Ben begins a paragraph of his own. */
  readonly isRunOwned?: boolean
}

const editors: readonly Editor[] = [
  { page: 'codemirror', text: '.cm-content', caret: '.cm-ySelectionInfo', isCaretNamed: true },
  { page: 'prosemirror', text: '.ProseMirror', caret: '.ProseMirror-yjs-cursor', isCaretNamed: true },
  { page: 'tiptap', text: '.tiptap', caret: '.collaboration-carets__label', isCaretNamed: true },
  { page: 'quill', text: '.ql-editor', caret: '.ql-cursor-name', isCaretNamed: true },
  { page: 'monaco', text: '.view-lines', caret: '.yRemoteSelectionHead', isCaretNamed: false },
  { page: 'slate', text: '[data-slate-editor]', caret: '.caret', isCaretNamed: true },
  {
    page: 'lexical',
    text: '[data-lexical-editor]',
    caret: 'body > div span',
    isCaretNamed: true,
    query: '?first',
    isRunOwned: true,
  },
]

const eventually = (what: string, holds: () => Promise<boolean>): Promise<void> => within(what, holds, 60_000)

describeInChromium('bindings', (browser) => {
  let directory: TemporaryDirectory
  let example: SourceProcess
  let urls: readonly string[] = []
  const problems: string[] = []

  beforeAll(async () => {
    directory = await TemporaryDirectory.make()
    // React's development build is the one whose StrictMode mounts everything twice.
    const env = { TMPDIR: directory.path, NODE_ENV: 'development' }
    example = new SourceProcess('examples/bindings/serve.ts', [], env)
    await example.until(() => example.lines.some((line) => line.includes('/valtio/')), 120_000)
    urls = example.lines.filter((line) => line.startsWith('http'))
  })

  afterAll(async () => {
    await example?.[Symbol.asyncDispose]()
    await directory?.[Symbol.asyncDispose]()
  })

  async function visit(name: string, who: string, query = ''): Promise<Page> {
    const page = await (await browser().newContext()).newPage()
    // A hang is a failure, a slow machine is none.
    page.setDefaultTimeout(120_000)
    page.on('pageerror', (thrown) => void problems.push(`${name}, ${who}: ${thrown.message}`))
    const url = urls.find((one) => one.includes(`/${name}/`)) ?? ''
    await page.goto(url.replace('#Ada', `${query}#${who}`))
    await page.locator('body[data-synced=true]').waitFor()
    return page
  }

  async function leave(...pages: readonly Page[]): Promise<void> {
    for (const page of pages) await page.context().close()
    expect(problems.splice(0)).toEqual([])
    expect(example.errors).toBe('')
  }

  it.each(editors)('$page', async ({ page: name, text, caret, isCaretNamed, query, isRunOwned }) => {
    const ada = await visit(name, 'Ada', query)
    const ben = await visit(name, 'Ben')
    const both = (what: string, holds: (content: string) => boolean): Promise<void> =>
      eventually(what, async () => {
        const contents = await Promise.all([ada, ben].map((page) => page.locator(text).textContent()))
        return contents.every((content) => holds(content ?? ''))
      })
    const type = async (page: Page, words: string): Promise<void> => {
      await page.locator(text).click()
      await page.keyboard.press('Control+End')
      await page.keyboard.type(words)
    }
    await type(ada, 'fromAda')
    await both('Ada is read', (content) => content.includes('fromAda'))
    await type(ben, isRunOwned === true ? '\nfromBen' : 'fromBen')
    await both('both are read', (content) => content.includes('fromAda') && content.includes('fromBen'))
    const carets = isCaretNamed ? ada.locator(caret).filter({ hasText: 'Ben' }) : ada.locator(caret)
    await eventually("Ben's caret", async () => (await carets.count()) > 0)
    // A slow machine makes more than one step of what was typed.
    await ada.locator(text).click()
    await eventually('Ada takes hers back', async () => {
      if (!(await ada.locator(text).textContent())?.includes('A')) return true
      await ada.keyboard.press('Control+z')
      return !(await ada.locator(text).textContent())?.includes('fromA')
    })
    await both("only Ben's is left", (content) => !content.includes('fromA') && content.includes('fromBen'))
    await leave(ada, ben)
  })

  it.each(['syncedstore', 'valtio', 'react-todo'])('%s', async (name) => {
    const [ada, ben] = [await visit(name, 'Ada'), await visit(name, 'Ben')]
    const both = (lines: readonly string[]): Promise<void> =>
      eventually(lines.join(), async () => {
        const shown = await Promise.all([ada, ben].map((page) => page.locator('li').allTextContents()))
        return shown.every((items) => items.toSorted().join() === lines.join())
      })
    const add = async (page: Page, line: string): Promise<void> => {
      await page.getByLabel('Add').pressSequentially(line)
      await page.getByLabel('Add').press('Enter')
    }
    await add(ada, 'from Ada')
    await both(['from Ada'])
    await add(ben, 'from Ben')
    await both(['from Ada', 'from Ben'])
    await ada.getByText('Undo').click()
    await both(['from Ben'])
    if (name === 'react-todo') {
      await ada.getByLabel('Title').pressSequentially('Shopping')
      await eventually('the title', async () => (await ben.getByLabel('Title').inputValue()) === 'Shopping')
      await ben.getByLabel('Title').press('End')
      await ben.getByLabel('Title').pressSequentially('!')
      await eventually('with more', async () => (await ada.getByLabel('Title').inputValue()) === 'Shopping!')
      const people = async (): Promise<string> => (await ada.locator('.people').textContent()) ?? ''
      await eventually('who is here', async () => (await people()).split(', ').toSorted().join() === 'Ada,Ben')
      await ben.context().close()
      await eventually('who left', async () => (await people()) === 'Ada')
    }
    await leave(ada, ben)
  })
})
