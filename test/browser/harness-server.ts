/** Builds the harness page with vite, and serves it with the far ends of its WebSockets. */
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build, defaultClientConditions } from 'vite'
import { socketFarEnds } from './socket-far-ends.ts'

const types: Readonly<Record<string, string>> = { html: 'text/html', js: 'text/javascript' }

export interface HarnessServer extends AsyncDisposable {
  readonly origin: string
}

export async function startHarness(): Promise<HarnessServer> {
  const directory = await mkdtemp(join(tmpdir(), 'knotwork-harness-'))
  await build({
    root: fileURLToPath(new URL('harness', import.meta.url)),
    configFile: false,
    logLevel: 'warn',
    resolve: { conditions: ['@knotwork/source', ...defaultClientConditions], dedupe: ['yjs', 'lib0'] },
    build: { outDir: directory, emptyOutDir: true, target: 'es2023', chunkSizeWarningLimit: 10_000 },
  })
  const server = createServer((request, response) => {
    const path = (request.url ?? '/').replace(/[?#].*$/u, '')
    const name = path === '/' ? 'index.html' : path.slice(1)
    readFile(join(directory, name)).then(
      (content) =>
        response.writeHead(200, { 'content-type': types[name.split('.').at(-1) ?? ''] ?? 'text/plain' }).end(content),
      () => response.writeHead(404).end(),
    )
  })
  const sockets = socketFarEnds(server)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return {
    origin: `http://127.0.0.1:${port}`,
    async [Symbol.asyncDispose]() {
      sockets.close()
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
      await rm(directory, { recursive: true, force: true })
    },
  }
}
