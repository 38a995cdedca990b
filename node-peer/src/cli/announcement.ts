/** What a peer says on stdout: to people once, or to programs whenever something changes. */
import type { Neighbour } from '@knotwork/core'
import colors from 'picocolors'
import { renderUnicodeCompact } from 'uqr'
import type { Bridge } from '../bridge/bridge.ts'
import type { NodePeer } from '../node-peer.ts'
import { isLoopback } from '../server/access.ts'
import { shownAddress } from '../transport/address.ts'

export interface Announcement {
  listening(peer: NodePeer): void
  neighbours(neighbours: readonly Neighbour[]): void
  bridge(bridge: Pick<Bridge, 'room' | 'status'>): void
  /** Something stored is damaged or lost; `what`: the storage's name for it. */
  damage(damage: { readonly what: string; readonly why?: unknown; readonly document?: unknown }): void
  closed(): void
}

/** One JSON object a line. `neighbours` comes whenever one is found, lost or changes its state, `bridge` when a room does. */
export function announceToPrograms(write: (line: string) => void): Announcement {
  let last = ''
  const say = (fact: object): void => write(`${JSON.stringify(fact)}\n`)
  return {
    listening: ({ url, id, data, durability, addresses, whyNotDirect }) =>
      say({ event: 'listening', url, id, data, durability, addresses, whyNotDirect }),
    neighbours(all) {
      const neighbours = all.map(({ id, address, transport, state, why, keeps }) => ({
        id,
        address: shownAddress(address),
        transport,
        state,
        why,
        keeps,
      }))
      const now = JSON.stringify(neighbours)
      if (now !== last) say({ event: 'neighbours', neighbours })
      last = now
    },
    bridge: ({ room, status }) => say({ event: 'bridge', room, ...status.value }),
    damage: (damage) => say({ event: 'damage', ...damage }),
    closed: () => say({ event: 'closed' }),
  }
}

const reach = ['Reached by', 'this machine only; by others with --host 0.0.0.0 and a KNOTWORK_TOKEN'] as const

/** `withCode`: with a QR code of the page, for the second screen. */
export function announceToPeople(write: (text: string) => void, withCode: boolean): Announcement {
  return {
    listening(peer) {
      const address = peer.addresses[0] ?? ''
      const rows: readonly (readonly [string, string])[] = [
        ['Page', colors.cyan(peer.url ?? '')],
        ['Peer id', peer.id],
        ['Data', dataOf(peer)],
        ...(isLoopback(new URL(peer.url ?? '').hostname) ? [reach] : []),
        ['Second peer', `npx knotwork serve --data DIR --connect ${address}`],
        ['Direct links', peer.whyNotDirect ?? 'taken (WebRTC)'],
        ['Yjs apps', `new WebsocketProvider('${address.replace(/peer$/u, 'yjs')}', room, doc)`],
      ]
      const table = rows.map(([label, value]) => `  ${colors.dim(label.padEnd(12))}  ${value}`).join('\n')
      const code = withCode ? `\n\n${renderUnicodeCompact(peer.url ?? '', { border: 2 })}` : ''
      write(`\n${colors.bold('Knotwork peer')}\n\n${table}${code}\n\n  Ctrl-C stops it.\n\n`)
    },
    // People have the log for that.
    neighbours: () => undefined,
    bridge: () => undefined,
    damage: () => undefined,
    closed: () => undefined,
  }
}

function dataOf({ data, durability }: NodePeer): string {
  if (data === null) return 'in memory'
  return durability === 'os' ? `${data} (not synced: a power failure may cost the last edits)` : data
}
