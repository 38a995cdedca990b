/** How a peer is announced: DNS-SD records of the service `_knotwork._tcp.local`, and what is believed of those of others. */
import type { PeerId } from '@knotwork/core'
import { lanLimits } from './lan-limits.ts'

export const service = '_knotwork._tcp.local'

export type LanRecord =
  | { readonly type: 'PTR'; readonly name: string; readonly ttl?: number; readonly data: string }
  | { readonly type: 'SRV'; readonly name: string; readonly ttl?: number; readonly data: ServiceData }
  | { readonly type: 'TXT'; readonly name: string; readonly ttl?: number; readonly data: unknown }
  | { readonly type: 'A'; readonly name: string; readonly ttl?: number; readonly data: string }

interface ServiceData {
  readonly port: number
  readonly target: string
}

/** Somebody who says to be a peer. Only its link proves that it is. */
export interface LanPeer {
  readonly id: PeerId
  readonly port: number
  /** It says goodbye. */
  readonly isLeaving: boolean
}

export interface Announced {
  readonly id: PeerId
  readonly hosts: readonly string[]
  readonly port: number
}

/** `ttlSeconds` 0 says goodbye. */
export function recordsFor({ id, hosts, port }: Announced, ttlSeconds: number): readonly LanRecord[] {
  const name = `${id}.${service}`
  const target = `${id}.local`
  const ttl = ttlSeconds
  return [
    { type: 'PTR', name: service, ttl, data: name },
    { type: 'SRV', name, ttl, data: { port, target } },
    { type: 'TXT', name, ttl, data: [`id=${id}`] },
    ...hosts.slice(0, lanLimits.addressesMax).map((data): LanRecord => ({ type: 'A', name: target, ttl, data })),
  ]
}

/** The peers that a packet tells of. What is not as above is left out. */
export function peersIn(records: readonly LanRecord[]): readonly LanPeer[] {
  const few = records.slice(0, lanLimits.recordsMax)
  const pointers = few.filter(({ type, name }) => type === 'PTR' && sameName(name, service))
  return pointers.flatMap((pointer) => {
    const peer = typeof pointer.data === 'string' ? peerAt(few, pointer.data, pointer.ttl === 0) : null
    return peer === null ? [] : [peer]
  })
}

function peerAt(records: readonly LanRecord[], name: string, isLeaving: boolean): LanPeer | null {
  const id = idIn(records.find((each) => each.type === 'TXT' && sameName(each.name, name))?.data)
  const place = records.find((each) => each.type === 'SRV' && sameName(each.name, name))
    ?.data as Partial<ServiceData> | null
  const port = place?.port
  return id !== null && isPort(port) ? { id, port, isLeaving } : null
}

/** 32 bytes in base64url. */
function idIn(data: unknown): PeerId | null {
  const [first] = Array.isArray(data) ? (data as readonly unknown[]) : [data]
  const text = first instanceof Uint8Array ? Buffer.from(first).toString('latin1') : ''
  const id = /^id=([\w-]{43})$/u.exec(text)?.[1]
  return id === undefined ? null : (id as PeerId)
}

function isPort(port: unknown): port is number {
  return Number.isInteger(port) && Number(port) > 0 && Number(port) <= 65_535
}

/** DNS knows no capitals; an id has them, and is read from the TXT record. */
function sameName(a: unknown, b: string): boolean {
  return typeof a === 'string' && a.toLowerCase() === b.toLowerCase()
}
