/** What a peer is and does at the moment, and whom it knows. */
import type { Peer } from '@knotwork/core'
import { Hono } from 'hono'
import { version } from '../version.ts'
import { described } from './description.ts'
import type { RestEnvironment, RestOptions } from './environment.ts'
import { shownNeighbours } from './shown-neighbours.ts'
import { networkSchema, peersSchema, selfSchema } from './schemas.ts'

/** Routes below /v1. */
export function peerFactsRoutes({ keeps, storage }: Pick<RestOptions, 'keeps' | 'storage'>) {
  return new Hono<RestEnvironment>()
    .get(
      '/self',
      described({
        summary: 'What this peer is',
        tag: 'peer',
        answers: [{ description: 'This peer.', content: { 'application/json': selfSchema } }],
      }),
      (c) => {
        const { id, addresses, documentsInMemory } = c.get('peer')
        const { durability } = storage
        const uptimeSeconds = Math.floor(process.uptime())
        return c.json({
          id,
          version,
          addresses: [...addresses],
          keeps,
          durability,
          documentsInMemory,
          uptimeSeconds,
        })
      },
    )
    .get(
      '/peers',
      described({
        summary: 'Whom this peer is linked to, or tries to reach',
        tag: 'peer',
        answers: [{ description: 'Its neighbours.', content: { 'application/json': peersSchema } }],
      }),
      (c) => c.json({ peers: shownNeighbours(c.get('peer')) }),
    )
    .get(
      '/network',
      described({
        summary: 'The network as this peer sees it: itself, its neighbours, and the links between them',
        tag: 'peer',
        answers: [{ description: 'A graph.', content: { 'application/json': networkSchema } }],
      }),
      (c) => c.json(networkOf(c.get('peer'), keeps)),
    )
}

function networkOf(peer: Peer, keeps: boolean) {
  const linked = peer.neighbours.value.flatMap((one) =>
    one.id === null || one.state !== 'linked' ? [] : [{ ...one, id: one.id }],
  )
  const others = new Map(linked.map((one) => [one.id, one.keeps]))
  return {
    peers: [
      { id: peer.id, keeps, isSelf: true },
      ...[...others].map(([id, isKeeping]) => ({ id, keeps: isKeeping, isSelf: false })),
    ],
    links: linked.map(({ id, transport, isDirect, roundTripMs, bytesIn, bytesOut }) => ({
      from: peer.id,
      to: id,
      transport,
      isDirect,
      roundTripMs,
      bytesIn,
      bytesOut,
    })),
  }
}
