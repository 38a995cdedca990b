import { fileURLToPath } from 'node:url'
import { defaultClientConditions, defineConfig } from 'vite'

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url))

// One static page, served by every node peer. `tools/build-page-if-stale.mjs` passes another outDir and then swaps it in.
export default defineConfig({
  root: here('./app'),
  base: './',
  resolve: { conditions: ['@knotwork/source', ...defaultClientConditions] },
  build: {
    outDir: here('../node-peer/page'),
    emptyOutDir: true,
    target: 'es2023',
    sourcemap: true,
  },
})
