import { silent, type Peer } from '@knotwork/core'
import { describe, expect, it } from 'vitest'
import { Access } from '../server/access.ts'
import { HookCalls } from '../hooks/hook-calls.ts'
import { Visitors } from '../hooks/visitors.ts'
import { rawTarget } from '../server/raw-target.ts'
import { restApi } from './api.ts'
import type { RestOptions } from './environment.ts'
import { EventLog } from './event-log.ts'

interface Operation {
  readonly summary?: string
  readonly responses?: Readonly<Record<string, { readonly description?: string; readonly content?: object }>>
  readonly parameters?: readonly { readonly name: string; readonly in: string }[]
  readonly requestBody?: object
}

interface Description {
  readonly openapi: string
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>
}

const options: RestOptions = {
  access: new Access({ token: undefined, host: '127.0.0.1', origins: [] }),
  peer: () => ({}) as Peer,
  storage: {
    durability: 'memory',
    history: undefined,
    load: () => Promise.reject(new Error('none')),
    peek: () => Promise.reject(new Error('none')),
    list: () => (async function* () {})(),
  },
  files: null,
  keeps: true,
  events: new EventLog(),
  webhooks: { state: { waiting: [], dead: [] }, revive: () => Promise.resolve(0) },
  visitors: new Visitors({}, new HookCalls(silent)),
  metrics: { told: () => Promise.reject(new Error('none')), contentType: 'text/plain' },
  signalClients: () => 0,
  log: silent,
}

async function description(api: ReturnType<typeof restApi>): Promise<Description> {
  const env = { incoming: { headers: {}, socket: {} }, target: rawTarget('/v1/openapi.json') }
  const answer = await api.fetch(new Request('http://localhost/v1/openapi.json'), env)
  return (await answer.json()) as Description
}

/** Routes that somebody answers, as OpenAPI writes them. */
function routesOf(api: ReturnType<typeof restApi>): ReadonlySet<string> {
  const routes = api.routes.filter(({ method }) => method !== 'ALL')
  return new Set(routes.map(({ method, path }) => `${method} ${path.replaceAll(/:(\w+)/gu, '{$1}')}`))
}

function undescribed(api: ReturnType<typeof restApi>, { paths }: Description): readonly string[] {
  return [...routesOf(api)].filter((route) => {
    const [method = '', path = ''] = route.split(' ')
    const operation = paths[path]?.[method.toLowerCase()]
    const answers = Object.values(operation?.responses ?? {})
    const isWhole = answers.length > 0 && answers.every((answer) => (answer.description ?? '') !== '')
    return (operation?.summary ?? '') === '' || !isWhole
  })
}

describe('[RE1] the description of /v1', () => {
  it('[RE1] has every route, with what it is for, what it takes and what it answers', async () => {
    const api = restApi(options)
    const told = await description(api)
    expect(told.openapi).toMatch(/^3\.1/u)
    expect(routesOf(api).size).toBeGreaterThanOrEqual(12)
    expect(undescribed(api, told)).toEqual([])
    expect(JSON.stringify(told)).not.toContain('__HonoOpenAPI')
    const { parameters, responses } = told.paths['/v1/docs/{name}']!['get']!
    expect(parameters?.map((each) => `${each.in} ${each.name}`).toSorted()).toEqual([
      'path name',
      'query name',
      'query sv',
    ])
    expect(Object.keys(responses?.['200']?.content ?? {})).toEqual([
      'application/json',
      'text/plain',
      'application/vnd.yjs.update',
    ])
    expect(responses?.['404']).toMatchObject({
      description: 'not-found, doc-deleted',
      content: { 'application/problem+json': { schema: { type: 'object' } } },
    })
    for (const path of ['put', 'patch', 'post']) {
      const operation = told.paths[path === 'post' ? '/v1/docs' : '/v1/docs/{name}']![path]
      expect(operation?.requestBody).toBeDefined()
    }
  })

  it('[RE1] a route that nobody has described is found', async () => {
    const api = restApi(options)
    api.get('/v1/docs/:name/bare', (c) => c.text('x'))
    expect(undescribed(api, await description(api))).toEqual(['GET /v1/docs/{name}/bare'])
  })
})
