import { limits } from '@knotwork/core'
import { describe, expect, it } from 'vitest'
import { LinkQuota } from './link-quota.ts'

function takeAll(quota: LinkQuota, address: string, count: number): readonly ((() => void) | null)[] {
  return Array.from({ length: count }, () => quota.take(address))
}

describe('LinkQuota', () => {
  it('gives each address its share, and gives it again when a link is closed', () => {
    const quota = new LinkQuota()
    const places = takeAll(quota, '192.0.2.1', limits.linksPerAddressMax)
    expect(places).not.toContain(null)
    expect(quota.take('192.0.2.1')).toBeNull()
    expect(quota.take('192.0.2.2')).not.toBeNull()
    places[0]?.()
    expect(quota.take('192.0.2.1')).not.toBeNull()
    expect(quota.take('192.0.2.1')).toBeNull()
  })

  it('lets loopback have all places, but not more', () => {
    const quota = new LinkQuota()
    expect(takeAll(quota, '127.0.0.1', limits.linksMax)).not.toContain(null)
    expect(quota.take('127.0.0.1')).toBeNull()
    expect(quota.take('192.0.2.1')).toBeNull()
  })
})
