import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'

/** Builds the page that node peers serve, if it is not there or older than its sources. */
export function buildPage(): void {
  const tool = fileURLToPath(new URL('../../tools/build-page-if-stale.mjs', import.meta.url))
  const { status, stderr } = spawnSync(process.execPath, [tool], { encoding: 'utf8' })
  if (status !== 0) throw new Error(`the page was not built: ${stderr}`)
}
