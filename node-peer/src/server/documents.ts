/** Documents for those who have no CRDT, or only now and then: read in three forms, and merge an update. */
import {
  documentName,
  KnotworkError,
  limits,
  renderJson,
  renderText,
  type MergeOutcome,
  type Peer,
} from '@knotwork/core'
import { Hono, type Context } from 'hono'
import type { Access } from './access.ts'
import { readBody } from './body.ts'
import { documentsPath, type ServerEnvironment } from './environment.ts'
import { formFor } from './negotiation.ts'
import { problem, type Problem } from './problem.ts'
import { nameBelow } from './raw-target.ts'

type DocumentContext = Context<ServerEnvironment>

export interface DocumentRoutesOptions {
  readonly access: Access
  /** Null until there is one. */
  readonly peer: () => Peer | null
}

export function documentRoutes({ access, peer }: DocumentRoutesOptions): Hono<ServerEnvironment> {
  const app = new Hono<ServerEnvironment>()

  app.use(async (c, next) => {
    const { headers } = c.env.incoming
    if (access.mayRead(headers)) {
      c.header('access-control-allow-origin', headers.origin ?? '')
      c.header('vary', 'origin')
    }
    c.header('cache-control', 'no-store')
    const foreign = access.refuseOrigin(headers)
    if (foreign !== null) return problem(c, foreign)
    // A browser asks for permission without the token that it will send.
    if (c.req.method === 'OPTIONS') return preflight(c)
    const stranger = access.refuseToken(headers, c.env.target)
    if (stranger === null) return next()
    c.header('www-authenticate', 'Bearer')
    return problem(c, stranger)
  })

  app.get('/', (c) => withDocument(c, peer(), read))
  app.patch('/', (c) => withDocument(c, peer(), merge))
  app.all('/', (c) => {
    c.header('allow', 'GET, HEAD, PATCH, OPTIONS')
    return problem(c, { status: 405, code: 'method-not-allowed', detail: `${c.req.method} means nothing here` })
  })
  return app
}

const tooLarge: Problem = {
  status: 413,
  code: 'too-large',
  detail: `an update has at most ${limits.messageBytesMax} bytes`,
}

function preflight(c: DocumentContext): Response {
  c.header('access-control-allow-methods', 'GET, HEAD, PATCH')
  c.header('access-control-allow-headers', 'authorization, content-type, accept')
  c.header('access-control-max-age', '600')
  return c.body(null, 204)
}

interface Addressed {
  readonly peer: Peer
  readonly name: string
}

async function withDocument(
  c: DocumentContext,
  peer: Peer | null,
  answer: (c: DocumentContext, document: Addressed) => Promise<Response>,
): Promise<Response> {
  const given = nameBelow(c.env.target, documentsPath, 'doc')
  const detail = `name the document: ${documentsPath}/<name>, or ${documentsPath}?doc=<name>`
  if (given === null) return problem(c, { status: 400, code: 'bad-name', detail })
  const name = documentName(given)
  if (!name.ok) return problem(c, { status: 400, code: 'bad-name', detail: name.error })
  if (peer === null) return problem(c, { status: 503, code: 'starting', detail: 'this peer is starting' })
  try {
    return await answer(c, { peer, name: name.value })
  } catch (thrown) {
    // The storage fails, or the peer is leaving: no fault of the request.
    if (thrown instanceof KnotworkError) return problem(c, { status: 503, code: thrown.code, detail: thrown.message })
    throw thrown
  }
}

/** A storage that fails is tried again without end; whoever asks over HTTP is told after this. */
const answerMsMax = 5_000

async function inTime<Value>(answer: Promise<Value>): Promise<Value> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_resolve, reject) => {
    const detail = 'the storage of this peer fails; it is tried again, and an update may still be stored later'
    timer = setTimeout(() => reject(new KnotworkError('storage', detail)), answerMsMax)
  })
  try {
    return await Promise.race([answer, late])
  } finally {
    clearTimeout(timer)
  }
}

async function read(c: DocumentContext, { peer, name }: Addressed): Promise<Response> {
  c.header('vary', 'accept, origin')
  const form = formFor(c.env.incoming.headers.accept)
  if (form === null) {
    const detail = 'documents come as application/json, text/plain or application/vnd.yjs.update'
    return problem(c, { status: 406, code: 'not-acceptable', detail })
  }
  const root = c.env.target.query.get('name')
  if (form === 'text/plain' && root === null) {
    const detail = 'say which root of the document is meant: ?name=<root>'
    return problem(c, { status: 400, code: 'root-missing', detail })
  }
  const update = await inTime(peer.read(name))
  if (update === null) return problem(c, { status: 404, code: 'not-found', detail: 'no such document is stored here' })
  switch (form) {
    case 'application/json':
      return c.body(JSON.stringify(renderJson(update), plainValue), 200, { 'content-type': form })
    case 'text/plain':
      return c.body(renderText(update, root ?? ''), 200, { 'content-type': `${form}; charset=utf-8` })
    case 'application/vnd.yjs.update':
      return c.body(new Uint8Array(update), 200, { 'content-type': form })
  }
}

/** Yjs holds two kinds of values that JSON does not know. */
function plainValue(_key: string, value: unknown): unknown {
  if (typeof value === 'bigint') return value.toString()
  return value instanceof Uint8Array ? Buffer.from(value).toString('base64') : value
}

async function merge(c: DocumentContext, { peer, name }: Addressed): Promise<Response> {
  const update = await readBody(c.env.incoming, limits.messageBytesMax)
  if (update === null) return problem(c, tooLarge)
  const outcome = await inTime(peer.merge(name, update))
  const trouble = troubleOf(outcome)
  return trouble === null ? c.json({ outcome: outcome.type }) : problem(c, trouble)
}

function troubleOf(outcome: MergeOutcome): Problem | null {
  switch (outcome.type) {
    case 'known':
    case 'stored':
      return null
    case 'waiting':
      return {
        status: 409,
        code: 'waiting',
        detail: 'the update builds on others that this peer does not have; nothing was applied',
      }
    case 'refused':
      return { status: 422, code: 'refused', detail: `${outcome.why}; nothing was applied` }
  }
}
