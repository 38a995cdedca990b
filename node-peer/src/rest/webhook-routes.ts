/** What this peer has to tell by webhooks, and could not. */
import { Hono } from 'hono'
import { shownAddress } from '../transport/address.ts'
import type { Delivery } from '../webhooks/delivery.ts'
import { described } from './description.ts'
import type { RestEnvironment, RestOptions } from './environment.ts'
import { assertMayWrite } from './guard.ts'
import { revivedSchema, webhooksSchema } from './schemas.ts'

/** Routes below /v1. */
export function webhookRoutes({ webhooks, visitors }: Pick<RestOptions, 'webhooks' | 'visitors'>) {
  return new Hono<RestEnvironment>()
    .get(
      '/webhooks',
      described({
        summary: 'What webhooks wait, and which were given up',
        tag: 'peer',
        answers: [{ description: 'Both lists.', content: { 'application/json': webhooksSchema } }],
      }),
      (c) => {
        const { waiting, dead } = webhooks.state
        return c.json({ waiting: waiting.map(shown), dead: dead.map(shown) })
      },
    )
    .post(
      '/webhooks/revive',
      described({
        summary: 'Send once more what was given up',
        tag: 'peer',
        answers: [{ description: 'How many that is.', content: { 'application/json': revivedSchema } }],
      }),
      async (c) => {
        await assertMayWrite(c.get('visit'), visitors)
        return c.json({ revived: await webhooks.revive() })
      },
    )
}

function shown({ id, url, document, attempts, dueAt, why }: Delivery) {
  return { id, url: shownAddress(url), document, attempts, due: new Date(dueAt).toISOString(), why }
}
