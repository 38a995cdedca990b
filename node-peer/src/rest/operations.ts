/** For whoever watches over this peer: what runs, and what it measures of itself. */
import { Hono } from 'hono'
import { z } from 'zod'
import { version } from '../version.ts'
import { described } from './description.ts'
import type { RestEnvironment, RestOptions } from './environment.ts'
import { versionSchema } from './schemas.ts'

/** Beside /v1, where monitoring looks for them. */
export const operationsPaths = ['/version', '/metrics'] as const

type OperationsOptions = Pick<RestOptions, 'metrics' | 'storage' | 'webhooks' | 'signalClients'>

export function operationsRoutes({ metrics, storage, webhooks, signalClients }: OperationsOptions) {
  return new Hono<RestEnvironment>()
    .get(
      '/version',
      described({
        summary: 'What runs here',
        tag: 'peer',
        answers: [{ description: 'Versions.', content: { 'application/json': versionSchema } }],
      }),
      (c) => c.json({ name: 'knotwork' as const, version, node: process.version }),
    )
    .get(
      '/metrics',
      described({
        summary: 'What this peer measures of itself',
        description: 'No line names a document, a person or an address.',
        tag: 'peer',
        answers: [{ description: 'In the text format of Prometheus.', content: { 'text/plain': z.string() } }],
      }),
      async (c) => {
        const observed = { peer: c.get('peer'), storage, webhooks, signalClients: signalClients() }
        return c.body(await metrics.told(observed), 200, { 'content-type': metrics.contentType })
      },
    )
}
