/** What happens at this peer as a stream, for dashboards. */
import { Hono } from 'hono'
import { z } from 'zod'
import { described, query } from './description.ts'
import type { RestEnvironment } from './environment.ts'
import type { EventLog } from './event-log.ts'
import type { EventStreams } from './event-stream.ts'
import { sinceQuerySchema } from './schemas.ts'

/** Routes below /v1. */
export function peerEventsRoutes(events: EventLog, streams: EventStreams) {
  return new Hono<RestEnvironment>().get(
    '/events',
    described({
      summary: 'Follow this peer',
      description:
        'Server-sent events: `neighbours` when links change, `documents` with the names of those that changed, `reset` when what happened since the given id is not known any more.',
      tag: 'peer',
      answers: [{ description: 'Events, without end.', content: { 'text/event-stream': z.string() } }],
      problems: { 400: ['bad-query'], 503: ['starting', 'full'] },
    }),
    query(sinceQuerySchema),
    (c) => {
      const given = c.env.incoming.headers['last-event-id'] ?? c.req.valid('query').since
      const since = typeof given === 'string' && given !== '' ? given : null
      return streams.answer(c, (stream) => {
        for (const event of events.since(since)) stream.send(event)
        return events.subscribe((event) => stream.send(event))
      })
    },
  )
}
