import { createHash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { defaultClientConditions, defineConfig, type Plugin } from 'vite'

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url))
const serviceWorker = 'service-worker'

/** Tells the service worker which files make up the page, and a version that changes when any of them does. */
function pageFiles(publicDir: string): Plugin {
  return {
    name: 'page-files',
    apply: 'build',
    // After vite has put index.html together.
    enforce: 'post',
    generateBundle(_options, bundle) {
      const hash = createHash('sha256')
      const files: string[] = []
      const add = (path: string, content: string | Uint8Array) => {
        hash.update(path).update(content)
        // The page is asked for by its folder.
        files.push(path === 'index.html' ? './' : `./${path}`)
      }
      for (const name of readdirSync(publicDir).toSorted()) add(name, readFileSync(join(publicDir, name)))
      const parts = Object.values(bundle).toSorted((a, b) => (a.fileName < b.fileName ? -1 : 1))
      for (const part of parts) {
        if (part.fileName.endsWith('.map') || part.fileName.startsWith(serviceWorker)) continue
        add(part.fileName, part.type === 'chunk' ? part.code : part.source)
      }
      const worker = bundle[`${serviceWorker}.js`]
      if (worker?.type !== 'chunk') throw new Error('the build made no service worker')
      worker.code = worker.code
        .replaceAll('PAGE_FILES', () => JSON.stringify(files))
        .replaceAll('PAGE_VERSION', () => JSON.stringify(hash.digest('hex').slice(0, 16)))
    },
  }
}

// One static page, served by every node peer. `tools/build-page-if-stale.mjs` passes another outDir and then swaps it in.
export default defineConfig({
  root: here('./app'),
  base: './',
  resolve: { conditions: ['@knotwork/source', ...defaultClientConditions], dedupe: ['yjs', 'lib0'] },
  oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
  plugins: [pageFiles(here('./app/public'))],
  build: {
    outDir: here('../node-peer/page'),
    emptyOutDir: true,
    target: 'es2023',
    // The sources are in the package beside it; maps would be five times the page.
    sourcemap: false,
    modulePreload: { polyfill: false },
    rolldownOptions: {
      input: { page: here('./app/index.html'), [serviceWorker]: here('./app/service-worker/service-worker.ts') },
      output: {
        // Browsers look for a worker's update at the address it had.
        entryFileNames: ({ name }) => (name === serviceWorker ? '[name].js' : 'assets/[name]-[hash].js'),
      },
    },
  },
})
