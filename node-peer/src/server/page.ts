/** The page that a node peer serves: the files of one directory, and nothing from anywhere else. */
import { readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { Hono, type Context } from 'hono'
import { getMimeType } from 'hono/utils/mime'
import type { ServerEnvironment } from './environment.ts'
import { problem } from './problem.ts'
import { tolerantlyDecoded } from './raw-target.ts'

/** Scripts only from files of ours. Editors and carets are placed with inline styles, which can run nothing. */
const contentSecurityPolicy = [
  "default-src 'self'",
  "style-src 'self' 'unsafe-inline'",
  "img-src 'self' data: blob:",
  "object-src 'none'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'self'",
].join('; ')

const howToBuild = `This is a Knotwork peer. Its page is not built here.

In a checkout, "npm run build:page" builds it; packages bring it along.
Documents are at /v1/docs/<name>, other peers link to /peer, Yjs apps connect to /yjs/<name>.
`

/** The files below `directory`; null for a peer that is to serve none. */
export function pageRoutes(directory: string | null): Hono<ServerEnvironment> {
  const app = new Hono<ServerEnvironment>()
  app.get('*', async (c) => {
    const path = relativePath(c.env.target.path)
    const file = directory === null || path === null ? null : await fileAt(directory, path)
    if (file !== null) return answer(c, file)
    if (directory !== null && path === 'index.html') return c.text(howToBuild)
    return problem(c, { status: 404, code: 'not-found', detail: 'there is nothing here' })
  })
  return app
}

interface PageFile {
  readonly path: string
  readonly bytes: Uint8Array<ArrayBuffer>
  readonly tag: string
}

function answer(c: Context<ServerEnvironment>, file: PageFile): Response {
  c.header('content-security-policy', contentSecurityPolicy)
  c.header('referrer-policy', 'no-referrer')
  c.header('etag', file.tag)
  // The build gives these names that change with their content.
  const isHashed = file.path.startsWith('assets/')
  c.header('cache-control', isHashed ? 'public, max-age=31536000, immutable' : 'no-cache')
  if (c.env.incoming.headers['if-none-match'] === file.tag) return c.body(null, 304)
  return c.body(file.bytes, 200, { 'content-type': getMimeType(file.path) ?? 'application/octet-stream' })
}

/** Only plain names below the directory: no parents, no hidden files, nothing that Windows takes for a device or a drive. */
function relativePath(rawPath: string): string | null {
  const path = tolerantlyDecoded(rawPath).replace(/^\//u, '')
  if (path === '') return 'index.html'
  return path.split('/').every((segment) => /^[\w@~-][\w.@~-]*$/u.test(segment)) ? path : null
}

async function fileAt(directory: string, path: string): Promise<PageFile | null> {
  const place = join(directory, path)
  try {
    const { size, mtimeMs } = await stat(place)
    return { path, bytes: new Uint8Array(await readFile(place)), tag: `"${size}-${Math.floor(mtimeMs)}"` }
  } catch {
    // Missing, or a directory.
    return null
  }
}
