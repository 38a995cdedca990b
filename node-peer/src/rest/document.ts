/** One document for those who have no CRDT, or only now and then: read, merge, import, delete. */
import { randomInt } from 'node:crypto'
import {
  differenceFrom,
  importRoots,
  isDeleted,
  limits,
  plainValue,
  renderJson,
  renderText,
  tombstoneFor,
  type Json,
  type MergeOutcome,
  type Peer,
} from '@knotwork/core'
import { Hono, type Context } from 'hono'
import { readBody } from '../server/body.ts'
import { Rejected } from '../server/problem.ts'
import { described, query } from './description.ts'
import type { RestEnvironment } from './environment.ts'
import { assertMatches, etagOf, isKnown } from './etag.ts'
import { inTime, named } from './guard.ts'
import { formFor } from './negotiation.ts'
import { bytesOf, jsonAmongOthers, mediaType } from './request-body.ts'
import { documentQuerySchema, outcomeSchema, rootsSchema } from './schemas.ts'

type RestContext = Context<RestEnvironment>
type Outcome = 'stored' | 'known'

const updateType = 'application/vnd.yjs.update'
const noSuch = ['not-found', 'doc-deleted']

/** Routes below /v1/docs. */
export const documentRoutes = new Hono<RestEnvironment>()
  .get(
    '/:name',
    described({
      summary: 'Read a document',
      description: 'The ETag is that of the state: the same on every peer that holds the same.',
      tag: 'documents',
      answers: [
        {
          description: 'The document, in the form that Accept names.',
          content: { 'application/json': rootsSchema, 'text/plain': null, [updateType]: null },
        },
        { status: 304, description: 'It is as If-None-Match has it.' },
      ],
      problems: {
        400: ['bad-name', 'bad-query', 'root-missing', 'bad-state-vector'],
        404: noSuch,
        406: ['not-acceptable'],
      },
    }),
    named,
    query(documentQuerySchema),
    async (c) => {
      const { headers } = c.env.incoming
      const { name: root, sv } = c.req.valid('query')
      c.header('vary', 'accept, origin')
      const form = formFor(headers.accept)
      if (form === null) {
        const detail = `documents come as application/json, text/plain or ${updateType}`
        throw new Rejected({ status: 406, code: 'not-acceptable', detail })
      }
      if (form === 'text/plain' && root === undefined) {
        const detail = 'say which root of the document is meant: ?name=<root>'
        throw new Rejected({ status: 400, code: 'root-missing', detail })
      }
      const update = await stored(c.get('peer'), c.get('name'))
      // Who holds a replica already is told of a deletion as of any edit.
      const isDifference = form === updateType && sv !== undefined
      if (!isDifference) assertAlive(update)
      const tag = etagOf(update, form)
      c.header('etag', tag)
      c.header('cache-control', 'no-cache')
      if (isKnown(headers['if-none-match'], tag)) return c.body(null, 304)
      if (form === 'application/json') {
        const json = JSON.stringify(renderJson(update), plainValue)
        return c.json(JSON.parse(json) as Readonly<Record<string, Json>>)
      }
      if (form === 'text/plain')
        return c.text(renderText(update, root ?? ''), 200, { 'content-type': `${form}; charset=utf-8` })
      return c.body(new Uint8Array(isDifference ? differenceOf(update, sv) : update), 200, { 'content-type': form })
    },
  )
  .patch(
    '/:name',
    described({
      summary: 'Merge a Yjs update (v1); again, it changes nothing',
      tag: 'documents',
      body: { [updateType]: null },
      answers: [{ description: 'It is stored.', content: { 'application/json': outcomeSchema } }],
      problems: {
        400: ['bad-name'],
        409: ['waiting'],
        412: ['changed', 'exists'],
        413: ['too-large'],
        422: ['refused'],
      },
    }),
    named,
    async (c) => {
      const update = await readBody(c.env.incoming, limits.messageBytesMax)
      if (update === null) {
        const detail = `an update has at most ${limits.messageBytesMax} bytes`
        throw new Rejected({ status: 413, code: 'too-large', detail })
      }
      await precondition(c)
      return c.json({ outcome: await merge(c, update) })
    },
  )
  .put(
    '/:name',
    described({
      summary: 'Make a document say this, by the least change',
      description:
        'As JSON all roots are meant, as text/plain the root ?name= alone. What is equal stays as it is; edits that others make at the same moment are kept.',
      tag: 'documents',
      body: { 'application/json': rootsSchema, 'text/plain': null },
      answers: [{ description: 'It says that.', content: { 'application/json': outcomeSchema } }],
      problems: {
        400: ['bad-name', 'bad-query', 'root-missing', 'bad-json'],
        412: ['changed', 'exists'],
        413: ['too-large'],
        415: ['unsupported'],
        422: ['misfit'],
      },
    }),
    named,
    query(documentQuerySchema.pick({ name: true })),
    jsonAmongOthers(rootsSchema),
    async (c) => {
      const isJson = mediaType(c.env.incoming.headers['content-type']) === 'application/json'
      const roots = isJson ? c.req.valid('json') : await textAsRoot(c, c.req.valid('query').name)
      const before = await precondition(c)
      const change = importRoots(before, roots, { client: freshClient(), keepsOthers: !isJson })
      if (!change.ok) throw new Rejected({ status: 422, code: 'misfit', detail: change.error })
      const outcome: Outcome = change.value === null ? 'known' : await merge(c, change.value)
      return c.json({ outcome })
    },
  )
  .delete(
    '/:name',
    described({
      summary: 'Delete a document, on all peers',
      description:
        'An edit like any other, which reaches whoever holds the document. What somebody types at the same moment is kept, and makes it a document again.',
      tag: 'documents',
      answers: [{ status: 204, description: 'It is deleted.' }],
      problems: { 400: ['bad-name'], 404: noSuch, 412: ['changed', 'exists'] },
    }),
    named,
    async (c) => {
      const peer = c.get('peer')
      const update = await precondition(c)
      if (update === null) throw absent()
      assertAlive(update)
      await merge(c, tombstoneFor(update, { client: freshClient(), by: peer.id }))
      return c.body(null, 204)
    },
  )

/** The document as it is stored; a problem when there is none. */
async function stored(peer: Peer, name: string): Promise<Uint8Array> {
  const update = await inTime(peer.read(name))
  if (update === null) throw absent()
  return update
}

/** Edits that are made over HTTP are of nobody else: their client id is drawn for each request. */
export function freshClient(): number {
  return randomInt(2 ** 32)
}

export function outcomeOf(outcome: MergeOutcome): Outcome {
  switch (outcome.type) {
    case 'known':
    case 'stored':
      return outcome.type
    case 'waiting': {
      const detail = 'the update builds on others that this peer does not have; nothing was applied'
      throw new Rejected({ status: 409, code: 'waiting', detail })
    }
    case 'refused':
      throw new Rejected({ status: 422, code: 'refused', detail: `${outcome.why}; nothing was applied` })
  }
}

async function merge(c: RestContext, update: Uint8Array): Promise<Outcome> {
  return outcomeOf(await inTime(c.get('peer').merge(c.get('name'), update)))
}

/** What the document is before a change; a problem when the request wants it to be something else. */
async function precondition(c: RestContext): Promise<Uint8Array | null> {
  const { 'if-match': ifMatch, 'if-none-match': ifNoneMatch } = c.env.incoming.headers
  // Whoever only merges need not have it read.
  if (c.req.method === 'PATCH' && ifMatch === undefined && ifNoneMatch === undefined) return null
  const update = await inTime(c.get('peer').read(c.get('name')))
  assertMatches({ ifMatch, ifNoneMatch }, update !== null && isDeleted(update) ? null : update)
  return update
}

function absent(): Rejected {
  return new Rejected({ status: 404, code: 'not-found', detail: 'no such document is stored here' })
}

function assertAlive(update: Uint8Array): void {
  if (isDeleted(update)) throw new Rejected({ status: 404, code: 'doc-deleted', detail: 'the document was deleted' })
}

function differenceOf(update: Uint8Array, sv: string): Uint8Array {
  const difference = differenceFrom(update, Buffer.from(sv, 'base64url'))
  if (difference.ok) return difference.value
  throw new Rejected({ status: 400, code: 'bad-state-vector', detail: `sv: ${difference.error}` })
}

async function textAsRoot(c: RestContext, root: string | undefined): Promise<Readonly<Record<string, Json>>> {
  const { incoming } = c.env
  if (mediaType(incoming.headers['content-type']) !== 'text/plain') {
    const detail = 'a document is imported from application/json or text/plain; an update is merged with PATCH'
    throw new Rejected({ status: 415, code: 'unsupported', detail })
  }
  if (root === undefined) {
    throw new Rejected({ status: 400, code: 'root-missing', detail: 'say which root is meant: ?name=<root>' })
  }
  return Object.fromEntries([[root, Buffer.from(await bytesOf(incoming)).toString('utf8')]])
}
