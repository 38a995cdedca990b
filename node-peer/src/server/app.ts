/** Everything a node peer answers over plain HTTP. */
import type { Log, Peer } from '@knotwork/core'
import { messageOf } from '@knotwork/core'
import { Hono } from 'hono'
import type { Access } from './access.ts'
import { documentRoutes } from './documents.ts'
import { documentsPath, peerFactsPath, type ServerEnvironment } from './environment.ts'
import { pageRoutes } from './page.ts'
import { peerRoutes } from './peer-facts.ts'
import { problem } from './problem.ts'

export interface ServerAppOptions {
  readonly access: Access
  /** Null until there is one. */
  readonly peer: () => Peer | null
  /** Why this peer cannot do its work at the moment; null when it can. */
  readonly trouble: () => string | null
  /** The directory with the built page; null for none. */
  readonly page: string | null
  readonly log: Log
}

export function serverApp(options: ServerAppOptions): Hono<ServerEnvironment> {
  const { access, peer, trouble, log } = options
  const app = new Hono<ServerEnvironment>()

  app.use(async (c, next) => {
    c.header('x-content-type-options', 'nosniff')
    return next()
  })
  // Before the checks: whoever watches over this process calls it by any name, and learns nothing about documents.
  app.get('/health', (c) => c.json({ status: 'ok' }))
  app.get('/ready', (c) => {
    const why = peer() === null ? 'this peer is starting' : trouble()
    return why === null ? c.json({ status: 'ready' }) : problem(c, { status: 503, code: 'not-ready', detail: why })
  })

  app.use(async (c, next) => {
    const refusal = access.refuseHost(c.env.incoming.headers)
    return refusal === null ? next() : problem(c, refusal)
  })
  app.route(documentsPath, documentRoutes({ access, peer }))
  app.route(peerFactsPath, peerRoutes(access, peer))
  app.route('/', pageRoutes(options.page))

  app.notFound((c) => problem(c, { status: 404, code: 'not-found', detail: 'there is nothing here' }))
  app.onError((error, c) => {
    log('error', 'requestFailed', { why: messageOf(error) })
    return problem(c, { status: 500, code: 'internal', detail: 'this peer failed on the request; its log says why' })
  })
  return app
}
