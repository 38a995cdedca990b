/** A real Chromium for the tests of this folder, started once for each test file. */
import { chromium, type Browser } from 'playwright-core'
import { afterAll, beforeAll, describe } from 'vitest'

const path = process.env['CHROMIUM'] ?? ''

/** A host for plain http pages without the browser's cryptography. */
export const plainHost = 'peer.test'

const flags = [
  // Chromium's sandbox refuses to start as root, as containers run it.
  ...(process.getuid?.() === 0 ? ['--no-sandbox'] : []),
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  // Nothing but the page under test may ask for anything.
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  // A name that is this machine and, unlike 127.0.0.1, no secure context: what a page on a LAN is.
  `--host-resolver-rules=MAP ${plainHost} 127.0.0.1`,
]

/** `describe`, with a browser; where there is none the tests are skipped and the output says why. */
export function describeInChromium(name: string, tests: (browser: () => Browser) => void): void {
  if (path === '') console.warn(`SKIPPED: ${name}: no Chromium found; install one, or set CHROMIUM to its path`)
  describe.skipIf(path === '')(`${name}`, () => {
    let browser: Browser | undefined
    beforeAll(async () => {
      // People's browsers put a page aside when they go on and bring it back when they return; playwright turns that off.
      const ignoreDefaultArgs = ['--disable-back-forward-cache']
      browser = await chromium.launch({ executablePath: path, headless: true, args: flags, ignoreDefaultArgs })
    })
    afterAll(async () => {
      await browser?.close()
    })
    tests(() => {
      if (browser === undefined) throw new Error('the browser is not started yet')
      return browser
    })
  })
}
