/** What a peer is and does at the moment, for those who watch over it: as JSON, under the same guard as documents. */
import type { Peer } from '@knotwork/core'
import { Hono } from 'hono'
import type { Access } from './access.ts'
import type { ServerEnvironment } from './environment.ts'
import { problem } from './problem.ts'

export function peerRoutes(access: Access, peer: () => Peer | null): Hono<ServerEnvironment> {
  const app = new Hono<ServerEnvironment>()
  app.get('/', (c) => {
    const { headers } = c.env.incoming
    const refusal = access.refuseOrigin(headers) ?? access.refuseToken(headers, c.env.target)
    if (refusal !== null) return problem(c, refusal)
    const one = peer()
    if (one === null) return problem(c, { status: 503, code: 'not-ready', detail: 'this peer is starting' })
    c.header('cache-control', 'no-store')
    const { id, documentsInMemory, neighbours } = one
    return c.json({ id, documentsInMemory, neighbours: neighbours.value })
  })
  return app
}
