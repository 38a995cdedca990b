/** How a route is described for clients: once, beside its handler. */
import { describeRoute, resolver, validator, type DescribeRouteOptions } from 'hono-openapi'
import type { MiddlewareHandler } from 'hono'
import type { z } from 'zod'
import { Rejected } from '../server/problem.ts'
import type { RestEnvironment } from './environment.ts'
import { problemSchema } from './schemas.ts'

interface Answer {
  readonly status?: number
  readonly description: string
  /** What comes by media type; null for bytes or text of any kind. */
  readonly content?: Readonly<Record<string, z.ZodType | null>>
}

export interface RouteDescription {
  readonly summary: string
  readonly description?: string
  readonly tag: 'documents' | 'peer' | 'operations'
  readonly answers: readonly Answer[]
  /** Statuses of errors, with the codes that come with each. */
  readonly problems?: Readonly<Record<number, readonly string[]>>
  readonly body?: Readonly<Record<string, z.ZodType | null>>
}

/** Every route below /v1 may answer with these. */
const everywhere = {
  401: ['token-missing', 'token-wrong'],
  403: ['foreign-host', 'foreign-origin', 'forbidden', 'read-only'],
  503: ['starting'],
}

export function described(route: RouteDescription): MiddlewareHandler {
  const responses: NonNullable<DescribeRouteOptions['responses']> = {}
  for (const { status = 200, description, content = {} } of route.answers) {
    responses[String(status)] = { description, content: contentOf(content) }
  }
  const shared: RouteDescription['problems'] = route.tag === 'operations' ? {} : everywhere
  for (const [status, codes] of Object.entries<readonly string[]>({ ...shared, ...route.problems })) {
    const content = contentOf({ 'application/problem+json': problemSchema })
    responses[status] = { description: codes.join(', '), content }
  }
  return describeRoute({
    summary: route.summary,
    ...(route.description === undefined ? {} : { description: route.description }),
    tags: [route.tag],
    responses,
    ...(route.body === undefined ? {} : { requestBody: { required: true, content: contentOf(route.body) } }),
  })
}

type Content = NonNullable<Exclude<NonNullable<DescribeRouteOptions['responses']>[string], { $ref: string }>['content']>

function contentOf(schemas: Readonly<Record<string, z.ZodType | null>>): Content {
  return Object.fromEntries(
    Object.entries(schemas).map(([type, schema]) => {
      const isText = type.startsWith('text/')
      const raw = isText ? { type: 'string' as const } : { type: 'string' as const, format: 'binary' }
      return [type, { schema: schema === null ? raw : resolver(schema) }]
    }),
  )
}

/** Checks the query of a request; what does not fit is told as a problem. */
export function query<Schema extends z.ZodType>(
  schema: Schema,
): ReturnType<typeof validator<Schema, 'query', RestEnvironment, string>> {
  return validator('query', schema, (result) => {
    if (result.success) return
    const [issue] = result.error
    const where = (issue?.path ?? []).map((part) => (typeof part === 'object' ? String(part.key) : String(part)))
    throw new Rejected({
      status: 400,
      code: 'bad-query',
      detail: `${where.join('.')}: ${issue?.message ?? 'is wrong'}`,
    })
  })
}
