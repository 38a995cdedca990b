/** Before every route below /v1: who may ask, from which page, and whether there is a peer to ask. */
import { documentName, KnotworkError } from '@knotwork/core'
import type { Context, MiddlewareHandler } from 'hono'
import type { Visit } from '../hooks/hooks.ts'
import type { Granted, Visitors } from '../hooks/visitors.ts'
import { tokenOf } from '../server/access.ts'
import { problem, Rejected } from '../server/problem.ts'
import { documentTarget } from './document-target.ts'
import type { RestEnvironment, RestOptions } from './environment.ts'

type RestContext = Context<RestEnvironment>

export function guard({
  access,
  peer,
  visitors,
}: Pick<RestOptions, 'access' | 'peer' | 'visitors'>): MiddlewareHandler<RestEnvironment> {
  return async (c, next) => {
    const { headers } = c.env.incoming
    if (access.mayRead(headers)) {
      c.header('access-control-allow-origin', headers.origin ?? '')
      c.header('access-control-expose-headers', 'etag, location')
    }
    c.header('vary', 'origin')
    c.header('cache-control', 'no-store')
    const foreign = access.refuseOrigin(headers)
    if (foreign !== null) return problem(c, foreign)
    // A browser asks for permission without the token that it will send.
    if (c.req.method === 'OPTIONS') return preflight(c)
    const stranger = visitors.hasRules ? null : access.refuseToken(headers, c.env.target)
    if (stranger !== null) {
      c.header('www-authenticate', 'Bearer')
      return problem(c, stranger)
    }
    const one = peer()
    if (one === null) return problem(c, { status: 503, code: 'starting', detail: 'this peer is starting' })
    c.set('peer', one)
    c.set('visit', visitOf(c))
    if (visitors.hasRules) c.set('permission', await permissionFor(c, visitors))
    else c.set('permission', 'read-write')
    return next()
  }
}

function visitOf({ env, req }: RestContext): Visit {
  const { headers, socket } = env.incoming
  return {
    wire: 'rest',
    documentName: documentTarget(env.target)?.name ?? null,
    token: tokenOf(headers, env.target),
    requestHeaders: headers,
    requestParameters: new URLSearchParams(req.query()),
    address: socket.remoteAddress ?? 'unknown',
  }
}

/** [HK1] [HK2] */
async function permissionFor(c: RestContext, visitors: Visitors): Promise<Granted> {
  const visit = c.get('visit')
  const permission = await visitors.permissionOf(visit)
  if (permission === 'refused') throw refused(visit)
  // Who makes a new document names it in the body, and is asked for then.
  const isReading = ['GET', 'HEAD'].includes(c.req.method) || visit.documentName === null
  if (permission === 'readonly' && !isReading) throw readOnly()
  return permission
}

/** Whether the app lets whoever asks write to a document that the path does not name. */
export async function assertMayWrite(visit: Visit, visitors: Visitors): Promise<void> {
  const permission = await visitors.permissionOf(visit)
  if (permission === 'refused') throw refused(visit)
  if (permission === 'readonly') throw readOnly()
}

function refused({ token }: Visit): Rejected {
  return token === null
    ? new Rejected({ status: 401, code: 'token-missing', detail: 'say who you are: "Authorization: Bearer <token>"' })
    : new Rejected({ status: 403, code: 'forbidden', detail: 'you may not have this' })
}

function readOnly(): Rejected {
  return new Rejected({ status: 403, code: 'read-only', detail: 'you may read this, and not change it' })
}

function preflight(c: RestContext): Response {
  c.header('access-control-allow-methods', 'GET, HEAD, POST, PUT, PATCH, DELETE')
  const headers = 'authorization, content-type, accept, if-match, if-none-match, last-event-id'
  c.header('access-control-allow-headers', headers)
  c.header('access-control-max-age', '600')
  return c.body(null, 204)
}

/** For routes that are about one document: its name, checked. */
export const named: MiddlewareHandler<RestEnvironment> = async (c, next) => {
  const given = documentTarget(c.env.target)?.name ?? ''
  const name = documentName(given)
  if (!name.ok) throw new Rejected({ status: 400, code: 'bad-name', detail: name.error })
  c.set('name', name.value)
  return next()
}

/** A storage that fails is tried again without end; whoever asks over HTTP is told after this. */
const answerMsMax = 5_000

/** The answer of a peer; a problem when its storage fails or it is leaving, which is no fault of the request. */
export async function inTime<Value>(answer: Promise<Value>, withinMs = answerMsMax): Promise<Value> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_resolve, reject) => {
    const detail = 'the storage of this peer fails; it is tried again, and an update may still be stored later'
    timer = setTimeout(() => reject(new KnotworkError('storage', detail)), withinMs)
  })
  try {
    return await Promise.race([answer, late])
  } catch (thrown) {
    if (!(thrown instanceof KnotworkError)) throw thrown
    throw new Rejected({ status: 503, code: thrown.code, detail: thrown.message })
  } finally {
    clearTimeout(timer)
  }
}
