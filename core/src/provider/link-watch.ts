/** What a provider tells of links: two lists of neighbours, before and after, become events. */
import type { Neighbour } from '../engine/api.ts'
import type { ConnectionStatus, ConnectionTrouble, LinkedPeers } from './provider-events.ts'

/** What became of the addresses that are dialled. */
export interface LinkNews {
  readonly closed: readonly ConnectionTrouble[]
  readonly failed: readonly ConnectionTrouble[]
}

export const nobody: LinkedPeers = { webrtcPeers: [], bcPeers: [], addressedPeers: [] }

export function connectionOf(neighbours: readonly Neighbour[]): ConnectionStatus {
  if (neighbours.some(({ state }) => state === 'linked')) return 'connected'
  const isTrying = neighbours.length === 0 || neighbours.some(({ state }) => state !== 'waiting')
  return isTrying ? 'connecting' : 'disconnected'
}

export function linkedPeers(neighbours: readonly Neighbour[]): LinkedPeers {
  const linked = neighbours.filter(({ state }) => state === 'linked')
  const by = (isOne: (transport: string) => boolean): readonly string[] => [
    ...new Set(linked.filter(({ transport }) => isOne(transport)).map(nameOf)),
  ]
  return {
    webrtcPeers: by((transport) => transport === 'webrtc'),
    bcPeers: by((transport) => transport === 'tab'),
    addressedPeers: by((transport) => transport !== 'webrtc' && transport !== 'tab'),
  }
}

/** All tabs of a browser are one peer; their addresses tell them apart. */
function nameOf({ transport, id, address }: Neighbour): string {
  return transport === 'tab' ? address : (id ?? address)
}

export function differenceOf(before: LinkedPeers, after: LinkedPeers): { added: string[]; removed: string[] } {
  const [was, is] = [before, after].map((peers) => Object.values(peers).flat() as string[])
  return {
    added: (is ?? []).filter((name) => was?.includes(name) !== true),
    removed: (was ?? []).filter((name) => is?.includes(name) !== true),
  }
}

/** Of links that were dialled by address: incoming ones and those of the mesh come and go without a word. */
export function newsOf(before: readonly Neighbour[], after: readonly Neighbour[]): LinkNews {
  const closed: ConnectionTrouble[] = []
  const failed: ConnectionTrouble[] = []
  for (const { address, state, why, refusedWith } of after) {
    const earlier = before.find((one) => one.address === address)
    if (state !== 'waiting' || why === null || earlier?.state === 'waiting') continue
    const trouble = { address, reason: why, code: refusedWith ?? null }
    if (earlier?.state === 'linked') closed.push(trouble)
    else failed.push(trouble)
  }
  return { closed, failed }
}
