/** A real Chromium for the tests of this folder, started once for each test file. */
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe } from 'vitest'
import { chromiumPath, launchChromium } from './launch.ts'

/** `describe`, with a browser; where there is none the tests are skipped and the output says why. */
export function describeInChromium(name: string, tests: (browser: () => Browser) => void): void {
  if (chromiumPath === '') console.warn(`SKIPPED: ${name}: no Chromium found; install one, or set CHROMIUM to its path`)
  describe.skipIf(chromiumPath === '')(`${name}`, () => {
    let browser: Browser | undefined
    beforeAll(async () => {
      browser = await launchChromium()
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
