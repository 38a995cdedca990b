/** Whether new people can come, in words: two pages are introduced to one another by a node peer that both reach. */
import type { Neighbour } from '@knotwork/web-peer'

export interface ReachWords {
  /** For the line beside the pill; empty when there is nothing to say. */
  readonly short: string
  /** Above the list of peers: what is waited for, and what works meanwhile. */
  readonly long: string
}

const nothing: ReachWords = { short: '', long: '' }

export function reachWords(neighbours: readonly Neighbour[]): ReachWords {
  const linked = neighbours.filter(({ state }) => state === 'linked')
  if (linked.some(({ keeps }) => keeps)) return nothing
  // One that has said why; before its first answer there is nothing to wait for yet.
  const awaited = neighbours.find(
    ({ state, why, transport }) => state !== 'linked' && why !== null && !isPeer(transport),
  )
  if (awaited === undefined) return nothing
  const [host, why] = [hostOf(awaited.address), awaited.why ?? '']
  if (linked.length === 0) {
    return {
      short: `Waiting for ${host}: ${why}`,
      long: `This page waits for ${host}: ${why}. Nobody else can introduce it to others. It keeps trying, and keeps what you write.`,
    }
  }
  return {
    short: `New people can join when ${host} is back`,
    long: `${host} is not reached: ${why}. You go on with the peers below; new people can join when it is back.`,
  }
}

/** `direct:` names a peer, not a place that others reach as well. */
function isPeer(transport: string): boolean {
  return transport === 'direct'
}

export function hostOf(address: string): string {
  return URL.canParse(address) ? new URL(address).host : address
}
