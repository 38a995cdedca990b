/**
 * A document as a stream of its updates. To the engine a reader is a client like those of y-websocket that never says
 * anything: what it hears is in the log already [ST2], in order, and the document takes part in the network meanwhile.
 * The id of an event is the state that its reader has with it, so it can go on at any time, with any peer [RE6].
 */
import { decodeYjs, encodeYjs, ResumePoint, type Link } from '@knotwork/core'
import { Hono } from 'hono'
import { z } from 'zod'
import { Rejected } from '../server/problem.ts'
import { described, query } from './description.ts'
import type { RestEnvironment } from './environment.ts'
import type { EventStream, EventStreams } from './event-stream.ts'
import { named } from './guard.ts'
import { sinceQuerySchema } from './schemas.ts'

/** Ids come back in a header, and headers are short. Who has no id is given everything. */
const idBytesMax = 4 * 1024
/** An update that says nothing. */
const emptyUpdate = Uint8Array.of(0, 0)

/** Routes below /v1/docs. */
export function documentEventsRoutes(streams: EventStreams) {
  return new Hono<RestEnvironment>().get(
    '/:name/events',
    described({
      summary: 'Follow a document',
      description:
        'Server-sent events: `update` with a Yjs update (v1) in base64 as a JSON string; `synced` when what was missing at the start is sent. With an id of before, in Last-Event-ID or ?since=, only what came after.',
      tag: 'documents',
      answers: [{ description: 'Events, without end.', content: { 'text/event-stream': z.string() } }],
      problems: { 400: ['bad-name', 'bad-query', 'bad-event-id'], 503: ['starting', 'full'] },
    }),
    named,
    query(sinceQuerySchema),
    (c) => {
      const given = c.env.incoming.headers['last-event-id'] ?? c.req.valid('query').since
      const since = typeof given === 'string' && given !== '' ? Buffer.from(given, 'base64url') : null
      const point = ResumePoint.from(since)
      if (!point.ok) throw new Rejected({ status: 400, code: 'bad-event-id', detail: point.error })
      const [peer, name] = [c.get('peer'), c.get('name')]
      return streams.answer(c, (stream) => {
        const reader = new Reader(stream, point.value)
        const client = peer.attachYjs(name, reader)
        client.received(encodeYjs({ type: 'step1', stateVector: point.value.stateVector }))
        reader.answer = (frame) => client.received(frame)
        return () => client.closed(1001, 'the reader has left')
      })
    },
  )
}

class Reader implements Link {
  readonly description = 'a reader of events'
  readonly transport = 'sse'
  readonly #stream: EventStream
  readonly #point: ResumePoint
  #isSynced = false
  answer: (frame: Uint8Array) => void = () => undefined

  constructor(stream: EventStream, point: ResumePoint) {
    this.#stream = stream
    this.#point = point
  }

  get queuedBytes(): number {
    return this.#stream.queuedBytes
  }

  send(frame: Uint8Array): void {
    const decoded = decodeYjs(frame)
    if (!decoded.ok) return
    const message = decoded.value
    // It has nothing that is not here.
    if (message.type === 'step1') this.answer(encodeYjs({ type: 'step2', update: emptyUpdate }))
    if (message.type === 'step2' || message.type === 'update') this.#tell(message.update)
    if (message.type === 'step2' && !this.#isSynced) {
      this.#isSynced = true
      this.#stream.send({ event: 'synced', data: null })
    }
  }

  close(code: number, reason: string): void {
    this.#stream.send({ event: 'closed', data: { code, reason } })
    this.#stream.close()
  }

  #tell(update: Uint8Array): void {
    if (update.byteLength <= emptyUpdate.byteLength) return
    this.#point.passed(update)
    const id = this.#point.stateVector
    this.#stream.send({
      event: 'update',
      data: Buffer.from(update).toString('base64'),
      id: id.byteLength > idBytesMax ? '' : Buffer.from(id).toString('base64url'),
    })
  }
}
