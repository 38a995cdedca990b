// Builds web-peer/app into node-peer/page when the page is missing or older than what it is made of (or with --force).
// Everything it prints goes to stderr: stdout belongs to the command that runs this first.
import { spawnSync } from 'node:child_process'
import { existsSync, readdirSync, renameSync, rmSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))
const app = join(root, 'web-peer/app')
const page = join(root, 'node-peer/page')
const sources = [
  'web-peer/app',
  'web-peer/src',
  'core/src',
  'web-peer/vite.config.ts',
  'web-peer/package.json',
  'package-lock.json',
]

/**
 * When the newest file below this path was changed, in ms; tests are no part of the page.
 * @param {string} path
 * @returns {number}
 */
function newestMs(path) {
  const info = statSync(path, { throwIfNoEntry: false })
  if (info === undefined || path.endsWith('.test.ts')) return 0
  if (!info.isDirectory()) return info.mtimeMs
  return Math.max(0, ...readdirSync(path).map((name) => newestMs(join(path, name))))
}

function isStale() {
  const built = statSync(join(page, 'index.html'), { throwIfNoEntry: false })
  return built === undefined || sources.some((source) => newestMs(join(root, source)) > built.mtimeMs)
}

/** Builds beside the page and then swaps, so that a running peer never serves half a page. */
function build() {
  const fresh = join(dirname(page), `.page-${process.pid}`)
  const vite = fileURLToPath(new URL('bin/vite.js', import.meta.resolve('vite/package.json')))
  const args = [vite, 'build', '--config', join(root, 'web-peer/vite.config.ts'), '--outDir', fresh, '--emptyOutDir']
  // Whatever the caller is (a test run, say), this is the page that people get.
  const env = { ...process.env, NODE_ENV: 'production' }
  const { status } = spawnSync(process.execPath, args, { env, stdio: ['ignore', 2, 2] })
  if (status === 0) {
    rmSync(page, { recursive: true, force: true })
    renameSync(fresh, page)
  } else {
    rmSync(fresh, { recursive: true, force: true })
    console.error('knotwork: the page could not be built, see above')
  }
  return status ?? 1
}

/** @returns {number} an exit code */
export function buildPageIfStale({ force = false } = {}) {
  if (!existsSync(join(app, 'index.html'))) {
    console.error('knotwork: there is no web-peer/app/index.html yet, so no page is built')
    return 0
  }
  if (!force && !isStale()) return 0
  console.error('knotwork: building the page')
  return build()
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  process.exitCode = buildPageIfStale({ force: process.argv.includes('--force') })
}
