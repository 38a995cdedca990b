/** What `knotwork status` and `knotwork peers` tell people. */
import type { z } from 'zod'
import type { networkSchema, peersSchema, selfSchema } from '../rest/schemas.ts'
import { shown, table } from './table.ts'

export type Self = z.infer<typeof selfSchema>
export type Peers = z.infer<typeof peersSchema>['peers']
export type Network = z.infer<typeof networkSchema>

export interface Status extends Self {
  readonly url: string
  /** Why it cannot do its work at the moment; null when it can. */
  readonly whyNotReady: string | null
  /** How many there are in each state. */
  readonly peers: Readonly<Record<Peers[number]['state'], number>>
}

export function toldStatus(status: Status): string {
  const { id, version, url, addresses, keeps, durability, documentsInMemory, uptimeSeconds, peers, whyNotReady } =
    status
  const others = Object.entries(peers).flatMap(([state, count]) => (count > 0 ? [`${count} ${state}`] : []))
  return table([
    ['Ready', whyNotReady === null ? 'yes' : `no: ${shown(whyNotReady)}`],
    ['Peer id', id],
    ['Version', version],
    ['Running for', duration(uptimeSeconds)],
    ['Page', url],
    ...addresses.map((address, at) => [at === 0 ? 'Addresses' : '', address]),
    ['Keeps', keeps ? 'every document its neighbours open' : 'what is opened here'],
    ['Stored', { disk: 'on the disk', os: 'handed to the system', memory: 'in memory' }[durability]],
    ['Documents', `${documentsInMemory} in memory`],
    ['Peers', others.length === 0 ? 'none' : others.join(', ')],
  ])
}

export function toldPeers(peers: Peers): string {
  if (peers.length === 0) return 'No peers.\n'
  const rows = peers.map((one) => [
    shortId(one.id),
    one.state,
    way(one),
    one.keeps ? 'yes' : 'no',
    roundTrip(one.roundTripMs),
    String(one.bytesIn),
    String(one.bytesOut),
    shown(one.address),
    one.state === 'linked' || one.why === null ? '' : shown(one.why),
  ])
  return table([['peer', 'state', 'over', 'keeps', 'round trip', 'bytes in', 'out', 'address', 'why'], ...rows])
}

export function toldLinks({ peers, links }: Network): string {
  const own = peers.find(({ isSelf }) => isSelf)
  const head = `${shortId(own?.id ?? null)} (this peer) sees ${peers.length - 1} others.\n`
  if (links.length === 0) return head
  const rows = links.map((link) => [
    shortId(link.from),
    shortId(link.to),
    way(link),
    roundTrip(link.roundTripMs),
    String(link.bytesIn),
    String(link.bytesOut),
  ])
  return `${head}${table([['from', 'to', 'over', 'round trip', 'bytes in', 'out'], ...rows])}`
}

function shortId(id: string | null): string {
  return id === null ? '?' : id.slice(0, 12)
}

function way({ transport, isDirect }: { readonly transport: string; readonly isDirect: boolean }): string {
  return isDirect ? `${transport}, direct` : transport
}

function roundTrip(ms: number | null): string {
  return ms === null ? '' : `${ms.toFixed(1)} ms`
}

function duration(seconds: number): string {
  const [days, hours, minutes] = [86_400, 3_600, 60].map((unit) => Math.floor(seconds / unit)) as [
    number,
    number,
    number,
  ]
  if (days > 0) return `${days} d ${hours % 24} h`
  if (hours > 0) return `${hours} h ${minutes % 60} min`
  return minutes > 0 ? `${minutes} min ${seconds % 60} s` : `${seconds} s`
}
