/** Refusals and failures over HTTP, as RFC 9457 has them. */
import type { Context } from 'hono'

export type ProblemStatus = 400 | 401 | 403 | 404 | 405 | 406 | 409 | 412 | 413 | 415 | 422 | 500 | 503

export interface Problem {
  readonly status: ProblemStatus
  /** For programs: never changes its meaning. */
  readonly code: string
  /** For people. */
  readonly detail: string
}

const titles: Readonly<Record<ProblemStatus, string>> = {
  400: 'Bad request',
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'Not found',
  405: 'Method not allowed',
  406: 'Not acceptable',
  409: 'Conflict',
  412: 'Precondition failed',
  413: 'Content too large',
  415: 'Unsupported media type',
  422: 'Unprocessable content',
  500: 'Internal error',
  503: 'Service unavailable',
}

export function problem(context: Context, { status, code, detail }: Problem): Response {
  const body = JSON.stringify({ type: 'about:blank', title: titles[status], status, code, detail })
  return context.body(body, status, { 'content-type': 'application/problem+json' })
}

/** A request that ends with a problem, thrown so that the answers that a route declares are only the good ones. */
export class Rejected extends Error {
  readonly problem: Problem

  constructor(told: Problem) {
    super(told.detail)
    this.problem = told
  }
}
