/** What a document was before: versions, what has changed since, and getting one back (PROTOCOL.md [HI3] to [HI5]). */
import { KnotworkError, plainValue, renderJson, renderText, type Json, type Versions } from '@knotwork/core'
import { Hono, type Context } from 'hono'
import { Rejected, type Problem } from '../server/problem.ts'
import { described, query } from './description.ts'
import type { RestEnvironment } from './environment.ts'
import { inTime, named } from './guard.ts'
import { formFor } from './negotiation.ts'
import { json } from './request-body.ts'
import {
  differenceSchema,
  diffQuerySchema,
  documentQuerySchema,
  namedVersionSchema,
  outcomeSchema,
  rootsSchema,
  versionNameSchema,
  versionsSchema,
} from './schemas.ts'

const updateType = 'application/vnd.yjs.update'
const missing = { 400: ['bad-name', 'bad-query'], 404: ['not-found', 'no-version'], 503: ['starting', 'storage'] }

/** Routes below /v1/docs. A version is an id, the name somebody gave it, or any moment. */
export const versionsRoutes = new Hono<RestEnvironment>()
  .get(
    '/:name/versions',
    described({
      summary: 'List the versions of a document',
      description:
        'Sessions are as this peer saw them, since it keeps the document; named versions are those of all peers.',
      tag: 'documents',
      answers: [{ description: 'The oldest first.', content: { 'application/json': versionsSchema } }],
      problems: missing,
    }),
    named,
    async (c) => {
      const list = await answered(versionsOf(c).list())
      if (list.sessions.length + list.named.length === 0) await assertStored(c)
      return c.json({ ...list, sessions: [...list.sessions], named: [...list.named] })
    },
  )
  .post(
    '/:name/versions',
    described({
      summary: 'Name a version, for all peers',
      tag: 'documents',
      body: { 'application/json': versionNameSchema },
      answers: [{ status: 201, description: 'It is stored.', content: { 'application/json': namedVersionSchema } }],
      problems: { ...missing, 400: ['bad-name', 'bad-json'], 413: ['too-large'] },
    }),
    named,
    json(versionNameSchema),
    async (c) => {
      const { name, of } = c.req.valid('json')
      await assertStored(c)
      const made = await answered(versionsOf(c).create(name, of === undefined ? {} : { of }))
      c.header('location', `/v1/docs/${encodeURIComponent(c.get('name'))}/versions/${made.id}`)
      return c.json(made, 201)
    },
  )
  .get(
    '/:name/versions/:version',
    described({
      summary: 'Read a document as it was',
      tag: 'documents',
      answers: [
        {
          description: 'The document, in the form that Accept names.',
          content: { 'application/json': rootsSchema, 'text/plain': null, [updateType]: null },
        },
      ],
      problems: { ...missing, 400: ['bad-name', 'bad-query', 'root-missing'], 406: ['not-acceptable'] },
    }),
    named,
    query(documentQuerySchema.pick({ name: true })),
    async (c) => {
      const form = formFor(c.env.incoming.headers.accept)
      const { name: root } = c.req.valid('query')
      c.header('vary', 'accept, origin')
      if (form === null) {
        const detail = `versions come as application/json, text/plain or ${updateType}`
        throw new Rejected({ status: 406, code: 'not-acceptable', detail })
      }
      if (form === 'text/plain' && root === undefined) {
        const detail = 'say which root of the document is meant: ?name=<root>'
        throw new Rejected({ status: 400, code: 'root-missing', detail })
      }
      const update = await answered(versionsOf(c).read(c.req.param('version')))
      if (form === 'application/json') return c.json(plainJson(renderJson(update)) as Readonly<Record<string, Json>>)
      if (form === updateType) return c.body(new Uint8Array(update), 200, { 'content-type': form })
      return c.text(renderText(update, root ?? ''), 200, { 'content-type': `${form}; charset=utf-8` })
    },
  )
  .delete(
    '/:name/versions/:version',
    described({
      summary: 'Take a named version away, for all peers',
      tag: 'documents',
      answers: [{ status: 204, description: 'It is gone.' }],
      problems: missing,
    }),
    named,
    async (c) => {
      await answered(versionsOf(c).remove(c.req.param('version')))
      return c.body(null, 204)
    },
  )
  .get(
    '/:name/versions/:version/diff',
    described({
      summary: 'What has changed since',
      tag: 'documents',
      answers: [{ description: 'Roots that differ.', content: { 'application/json': differenceSchema } }],
      problems: missing,
    }),
    named,
    query(diffQuerySchema),
    async (c) => {
      const roots = await answered(versionsOf(c).diff(c.req.param('version'), c.req.valid('query').to))
      return c.json({ roots: plainJson(roots) as typeof roots })
    },
  )
  .post(
    '/:name/versions/:version/restore',
    described({
      summary: 'Make a document hold again what it held',
      description: 'By the fewest new changes: nothing is rewound, and what others write meanwhile is kept.',
      tag: 'documents',
      answers: [{ description: 'It holds that.', content: { 'application/json': outcomeSchema } }],
      problems: missing,
    }),
    named,
    async (c) => {
      const isNews = await answered(versionsOf(c).restore(c.req.param('version')))
      return c.json({ outcome: isNews ? ('stored' as const) : ('known' as const) })
    },
  )

type RestContext = Context<RestEnvironment>

function versionsOf(c: RestContext): Versions {
  return c.get('peer').versions(c.get('name'))
}

async function assertStored(c: RestContext): Promise<void> {
  if ((await inTime(c.get('peer').read(c.get('name')))) !== null) return
  throw new Rejected({ status: 404, code: 'not-found', detail: 'no such document is stored here' })
}

/** To see an old version of a long document its history is applied. */
const replayMsMax = 60_000

const statuses: Readonly<Record<string, Problem['status']>> = { 'no-version': 404, 'bad-name': 400, 'too-large': 413 }

/** What a version cannot be had for, as a problem. */
export async function answered<Value>(answer: Promise<Value>): Promise<Value> {
  const told = answer.catch((thrown: unknown) => {
    const status = thrown instanceof KnotworkError ? statuses[thrown.code] : undefined
    if (!(thrown instanceof KnotworkError) || status === undefined) throw thrown
    throw new Rejected({ status, code: thrown.code, detail: thrown.message })
  })
  return inTime(told, replayMsMax)
}

function plainJson(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value, plainValue)) as unknown
}
