/**
 * Page to page: builds the page beside this file and serves it from a peer that keeps nothing on disk. Open it in two
 * browsers, wait until both say `1 linked directly`, stop this process, and go on typing.
 */
import { openPeer } from '@knotwork/node-peer'
import { mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build, defaultClientConditions } from 'vite'

const page = await mkdtemp(join(tmpdir(), 'page-to-page-'))
await build({
  root: fileURLToPath(new URL('.', import.meta.url)),
  configFile: false,
  logLevel: 'warn',
  base: './',
  resolve: { conditions: ['@knotwork/source', ...defaultClientConditions], dedupe: ['yjs', 'lib0'] },
  build: { outDir: page, emptyOutDir: true, target: 'es2023' },
})
const peer = await openPeer({ storage: 'memory', listen: { port: Number(process.argv[2] ?? 0) }, page })
console.log(`open ${peer.url} in two browsers; then Ctrl-C here, and go on typing there`)
