import { describe, expect, it } from 'vitest'
import { rawTarget } from '../server/raw-target.ts'
import { documentTarget } from './document-target.ts'

describe('documentTarget', () => {
  it.each([
    ['/v1/docs', null, '/v1/docs'],
    ['/v1/docs/', null, '/v1/docs'],
    ['/v1/docs?limit=3', null, '/v1/docs'],
    ['/v1/docs?doc=', '', '/v1/docs/-'],
    ['/v1/docs?doc=..', '..', '/v1/docs/-'],
    ['/v1/docs?doc=..&part=events', '..', '/v1/docs/-/events'],
    ['/v1/docs?doc=..&part=nothing', '..', '/v1/docs/-'],
    ['/v1/docs/a', 'a', '/v1/docs/-'],
    ['/v1/docs/a/b', 'a/b', '/v1/docs/-'],
    ['/v1/docs/a/events', 'a', '/v1/docs/-/events'],
    ['/v1/docs/a%2Fb/events?since=x', 'a/b', '/v1/docs/-/events'],
    ['/v1/docs/a%2Fevents', 'a/events', '/v1/docs/-'],
    ['/v1/docs/events', 'events', '/v1/docs/-'],
    ['/v1/docs//events', '/events', '/v1/docs/-'],
    ['/v1/docs/..', '..', '/v1/docs/-'],
    ['/v1/docs/a/versions', 'a', '/v1/docs/-/versions'],
    ['/v1/docs/a/b/versions/v1', 'a/b', '/v1/docs/-/versions/v1'],
    ['/v1/docs/a/versions/2026-05-01T09:30:00Z/diff?to=x', 'a', '/v1/docs/-/versions/2026-05-01T09:30:00Z/diff'],
    ['/v1/docs/a/versions/an%2Fother/restore', 'a', '/v1/docs/-/versions/an%2Fother/restore'],
    ['/v1/docs?doc=..&part=versions/v1/restore', '..', '/v1/docs/-/versions/v1/restore'],
    ['/v1/docs/a%2Fversions', 'a/versions', '/v1/docs/-'],
    ['/v1/docs/a/purge', 'a', '/v1/docs/-/purge'],
  ])('%s is about %j', (url, name, route) => {
    expect(documentTarget(rawTarget(url))).toEqual({ name, route })
  })

  it('knows what is not about documents', () => {
    expect(documentTarget(rawTarget('/v1/docsx'))).toBeNull()
    expect(documentTarget(rawTarget('/'))).toBeNull()
  })
})
