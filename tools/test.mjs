// `npm test`: finds a Chromium (or fetches one), builds the page, then runs every vitest project. Arguments go to vitest.
import { spawnSync } from 'node:child_process'
import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { buildPageIfStale } from './build-page-if-stale.mjs'
import { findChromium } from './find-chromium.mjs'

const root = fileURLToPath(new URL('..', import.meta.url))
const fetchTimeoutMs = 300_000

process.exitCode = main(process.argv.slice(2))

function main(/** @type {readonly string[]} */ vitestArgs) {
  const pageCode = buildPageIfStale()
  if (pageCode !== 0) return pageCode
  if (findChromium() === undefined) fetchChromium()
  const chromium = findChromium()
  const leftOut = chromium === undefined ? ['--project', '!browser'] : []
  const vitest = fileURLToPath(new URL('vitest.mjs', import.meta.resolve('vitest/package.json')))
  const code = run(process.execPath, [vitest, 'run', ...leftOut, ...vitestArgs])
  if (chromium === undefined) sayWhatWasLeftOut()
  return code
}

/** Tries Debian's package where that is possible, else playwright's own download. */
function fetchChromium() {
  console.error('knotwork: no Chromium found, trying to install one for the browser tests')
  if (process.getuid?.() === 0 && existsSync('/usr/bin/apt-get')) {
    run('apt-get', ['update', '-qq'], fetchTimeoutMs)
    run('apt-get', ['install', '-y', '-qq', 'chromium'], fetchTimeoutMs)
  }
  if (findChromium() !== undefined) return
  const playwright = fileURLToPath(new URL('cli.js', import.meta.resolve('playwright-core/package.json')))
  run(process.execPath, [playwright, 'install', 'chromium'], fetchTimeoutMs)
}

function sayWhatWasLeftOut() {
  const folder = join(root, 'test/browser')
  const files = existsSync(folder) ? readdirSync(folder, { recursive: true, encoding: 'utf8' }) : []
  const tests = files.filter((file) => file.endsWith('.test.ts')).sort()
  console.error(`\nknotwork: test files NOT RUN for want of a Chromium (set CHROMIUM to its path): ${tests.length}`)
  for (const file of tests) console.error(`  test/browser/${file}`)
}

/**
 * @param {string} command
 * @param {readonly string[]} args
 * @param {number} [timeoutMs]
 */
function run(command, args, timeoutMs) {
  return spawnSync(command, args, { cwd: root, stdio: 'inherit', timeout: timeoutMs }).status ?? 1
}
