// Packs what would be published into a temporary folder and lets publint and attw look at the tarballs.
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { buildPageIfStale } from './build-page-if-stale.mjs'

const root = fileURLToPath(new URL('..', import.meta.url))
const packages = ['core', 'node-peer', 'web-peer']

process.exitCode = main()

function main() {
  const folder = mkdtempSync(join(tmpdir(), 'knotwork-pack-'))
  try {
    // Built afresh, so that no output of a file that is gone gets packed.
    for (const name of packages) {
      for (const output of ['dist', 'tsconfig.tsbuildinfo'])
        rmSync(join(root, name, output), { recursive: true, force: true })
    }
    if (!run('tsc', '-b') || buildPageIfStale() !== 0) return 1
    const workspaces = packages.flatMap((name) => ['--workspace', name])
    if (!run('npm', 'pack', '--loglevel=error', '--pack-destination', folder, ...workspaces)) return 1
    // Every tarball is checked, also after a failure. The packages are ESM only, hence the profile.
    const results = readdirSync(folder).flatMap((file) => [
      run('publint', 'run', '--strict', join(folder, file)),
      run('attw', '--profile', 'esm-only', '--no-summary', '--format', 'table-flipped', join(folder, file)),
    ])
    return results.every(Boolean) ? 0 : 1
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** Runs one of the tools that npm puts on the path of its scripts. */
function run(/** @type {string} */ command, /** @type {string[]} */ ...args) {
  const { status } = spawnSync(command, args, { cwd: root, stdio: 'inherit', shell: process.platform === 'win32' })
  return status === 0
}
