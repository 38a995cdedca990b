/** Everything a node peer answers over plain HTTP. */
import { messageOf } from '@knotwork/core'
import { Hono } from 'hono'
import { restApi } from '../rest/api.ts'
import type { RestOptions } from '../rest/environment.ts'
import type { ServerEnvironment } from './environment.ts'
import { pageRoutes } from './page.ts'
import { problem, Rejected } from './problem.ts'

export interface ServerAppOptions extends RestOptions {
  /** Why this peer cannot do its work at the moment; null when it can. */
  readonly trouble: () => string | null
  /** The directory with the built page; null for none. */
  readonly page: string | null
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
  app.route('/', restApi(options))
  app.route('/', pageRoutes(options.page))

  app.notFound((c) => problem(c, { status: 404, code: 'not-found', detail: 'there is nothing here' }))
  app.onError((error, c) => {
    if (error instanceof Rejected) return problem(c, error.problem)
    log('error', 'requestFailed', { why: messageOf(error) })
    return problem(c, { status: 500, code: 'internal', detail: 'this peer failed on the request; its log says why' })
  })
  return app
}
