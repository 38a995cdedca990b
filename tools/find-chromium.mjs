import { existsSync } from 'node:fs'
import { chromium } from 'playwright-core'

/**
 * The path of a Chromium to test with, or undefined: the CHROMIUM variable, else the system's, else playwright's own.
 * @returns {string | undefined}
 */
export function findChromium() {
  const candidates = [
    process.env.CHROMIUM,
    '/usr/bin/chromium',
    '/usr/bin/chromium-browser',
    '/usr/bin/google-chrome',
    '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
    chromium.executablePath(),
  ]
  return candidates.find((path) => path !== undefined && path !== '' && existsSync(path))
}
