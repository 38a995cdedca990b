/** JSON as the body of a request, read under a cap, checked against a schema, and known to typed clients. */
import { limits } from '@knotwork/core'
import type { MiddlewareHandler } from 'hono'
import type { z } from 'zod'
import { readBody } from '../server/body.ts'
import { Rejected } from '../server/problem.ts'
import type { RestEnvironment } from './environment.ts'

type Taking<Schema extends z.ZodType> = MiddlewareHandler<
  RestEnvironment,
  string,
  { in: { json: z.input<Schema> }; out: { json: z.output<Schema> } }
>

/** Takes only JSON. */
export function json<Schema extends z.ZodType>(schema: Schema): Taking<Schema> {
  return async (c, next) => {
    c.req.addValidatedData('json', checked(schema, await bytesOf(c.env.incoming)) as object)
    return next()
  }
}

/** Takes JSON when the request says that it is some; anything else is left to the handler. */
export function jsonAmongOthers<Schema extends z.ZodType>(schema: Schema): Taking<Schema> {
  const take = json(schema)
  return (c, next) =>
    mediaType(c.env.incoming.headers['content-type']) === 'application/json' ? take(c, next) : next()
}

/** Without parameters such as a charset. */
export function mediaType(header: string | undefined): string {
  return (header ?? '').split(';')[0]?.trim().toLowerCase() ?? ''
}

/** The whole body of something to be imported. */
export async function bytesOf(incoming: Parameters<typeof readBody>[0]): Promise<Uint8Array> {
  const body = await readBody(incoming, limits.importedBytesMax)
  if (body !== null) return body
  const detail = `at most ${limits.importedBytesMax} bytes are imported at once`
  throw new Rejected({ status: 413, code: 'too-large', detail })
}

function checked<Schema extends z.ZodType>(schema: Schema, body: Uint8Array): z.output<Schema> {
  const result = schema.safeParse(parsed(body))
  if (result.success) return result.data
  const [issue] = result.error.issues
  const detail = `${issue?.path.join('.') ?? ''}: ${issue?.message ?? 'is wrong'}`
  throw new Rejected({ status: 400, code: 'bad-json', detail })
}

function parsed(body: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(body)) as unknown
  } catch {
    throw new Rejected({ status: 400, code: 'bad-json', detail: 'the body is no JSON in UTF-8' })
  }
}
