import { KnotworkError } from '@knotwork/core'

/** Where a node peer takes links from other peers. */
export const peerPath = '/peer'

const webSocketSchemes: ReadonlyMap<string, string> = new Map([
  ['ws:', 'ws:'],
  ['wss:', 'wss:'],
  ['http:', 'ws:'],
  ['https:', 'wss:'],
])

/**
 * The address to dial for what people write: `https://host` and `wss://host` are both `wss://host/peer`. KnotworkError
 * 'bad-address' for what is no such address.
 */
export function dialledAddress(text: string): string {
  if (!URL.canParse(text))
    throw new KnotworkError('bad-address', `"${text}" is no address; one looks like ws://host:4000/peer`)
  const url = new URL(text)
  const scheme = webSocketSchemes.get(url.protocol)
  // Addresses of other schemes belong to other transports.
  if (scheme === undefined) return text
  if (url.hostname === '') throw new KnotworkError('bad-address', `"${text}" names no host`)
  const path = url.pathname === '/' ? peerPath : url.pathname
  return `${scheme}//${url.host}${path}${url.search}`
}

/** An address for logs and lists: without user, password and query, where secrets travel. */
export function shownAddress(address: string): string {
  if (!URL.canParse(address)) return address.split('?')[0] ?? ''
  const url = new URL(address)
  return `${url.protocol}//${url.host}${url.pathname}`
}
