/** Everything below /v1, with its description. */
import { Hono } from 'hono'
import { generateSpecs } from 'hono-openapi'
import { z } from 'zod'
import { problem } from '../server/problem.ts'
import { version } from '../version.ts'
import { described } from './description.ts'
import { documentRoutes } from './document.ts'
import { documentEventsRoutes } from './document-events.ts'
import { documentsRoutes } from './documents.ts'
import type { RestEnvironment, RestOptions } from './environment.ts'
import { EventStreams } from './event-stream.ts'
import { guard } from './guard.ts'
import { keepingRoutes } from './keeping.ts'
import { operationsPaths, operationsRoutes } from './operations.ts'
import { peerEventsRoutes } from './peer-events.ts'
import { peerFactsRoutes } from './peer-facts.ts'
import { webhookRoutes } from './webhook-routes.ts'
import { versionsRoutes } from './versions.ts'

export function restApi(options: RestOptions) {
  const streams = new EventStreams(options.visitors)
  const app = new Hono<RestEnvironment>()
  for (const path of ['/v1/*', ...operationsPaths]) app.use(path, guard(options))
  const api = app
    .route('/v1/docs', documentsRoutes(options))
    .route('/v1/docs', documentRoutes)
    .route('/v1/docs', documentEventsRoutes(streams))
    .route('/v1/docs', versionsRoutes)
    .route('/v1/docs', keepingRoutes(options))
    .route('/v1', peerFactsRoutes(options))
    .route('/v1', peerEventsRoutes(options.events, streams))
    .route('/v1', webhookRoutes(options))
    .route('/', operationsRoutes(options))
    .get(
      '/v1/openapi.json',
      described({
        summary: 'This description',
        tag: 'operations',
        answers: [{ description: 'OpenAPI 3.1.', content: { 'application/json': z.looseObject({}) } }],
      }),
      async (c) => c.json(await descriptionOf(app)),
    )
  app.all('/v1/*', (c) => {
    const allowed = methodsAt(app, c.req.path)
    if (allowed.length === 0) return c.notFound()
    c.header('allow', [...allowed, 'OPTIONS'].join(', '))
    return problem(c, { status: 405, code: 'method-not-allowed', detail: `${c.req.method} means nothing here` })
  })
  return api
}

/** For `hc` of hono/client: every route with what it takes and gives. */
export type RestApi = ReturnType<typeof restApi>

/** What could have been asked there instead. */
function methodsAt(app: Hono<RestEnvironment>, path: string): readonly string[] {
  const methods = app.routes
    .filter((route) => route.method !== 'ALL')
    .filter((route) => new RegExp(`^${route.path.replaceAll(/:\w+/gu, '[^/]+')}$`, 'u').test(path))
    .flatMap(({ method }) => (method === 'GET' ? ['GET', 'HEAD'] : [method]))
  return [...new Set(methods)]
}

async function descriptionOf(app: Hono<RestEnvironment>): Promise<Readonly<Record<string, unknown>>> {
  const info = { title: 'Knotwork', version, description: 'A peer that stores, serves and passes on Yjs documents.' }
  const security = { bearer: { type: 'http' as const, scheme: 'bearer' } }
  return generateSpecs(app, {
    documentation: { info, components: { securitySchemes: security }, security: [{ bearer: [] }, {}] },
    defaultValidationErrorResponse: false,
    excludeStaticFile: false,
  })
}
