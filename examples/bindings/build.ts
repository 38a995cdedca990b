/** Builds all of these pages at once into a directory that a node peer can serve. */
import { readdirSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { build, defaultClientConditions } from 'vite'

const root = fileURLToPath(new URL('.', import.meta.url))

/** The folders that hold a page. */
export function pages(): readonly string[] {
  return readdirSync(root, { recursive: true, encoding: 'utf8' })
    .filter((path) => /^[\w-]+[/\\]index\.html$/u.test(path))
    .map((path) => path.slice(0, -'/index.html'.length))
}

export async function buildPages(outDir: string): Promise<void> {
  await build({
    root,
    configFile: false,
    logLevel: 'warn',
    base: './',
    resolve: { conditions: ['@knotwork/source', ...defaultClientConditions], dedupe: ['yjs', 'lib0', 'y-protocols'] },
    oxc: { jsx: { runtime: 'automatic', importSource: 'react' } },
    build: {
      outDir,
      emptyOutDir: true,
      target: 'es2023',
      assetsInlineLimit: 0,
      chunkSizeWarningLimit: 10_000,
      rolldownOptions: { input: Object.fromEntries(pages().map((page) => [page, `${root}${page}/index.html`])) },
    },
  })
}
