import type { Neighbour } from '@knotwork/web-peer'

const stateWords: Readonly<Record<Neighbour['state'], string>> = {
  dialling: 'calling',
  greeting: 'proving who is who',
  linked: 'linked',
  waiting: 'not reached',
}

const pathWords: Readonly<Record<string, string>> = {
  webrtc: 'direct (WebRTC)',
  direct: 'direct (WebRTC)',
  tab: 'direct (this browser)',
  ws: 'WebSocket',
  wss: 'WebSocket',
  websocket: 'WebSocket',
}

/** What `direct:` names is 54 characters that nobody reads, and they begin with the id. */
function shortAddress({ address, id }: Neighbour): string {
  if (!address.startsWith('direct:')) return address
  return id === null ? `peer ${address.slice('direct:'.length, 'direct:'.length + 8)}` : 'peer'
}

function sizeWords(sizeBytes: number): string {
  const units = ['B', 'kB', 'MB', 'GB'] as const
  const step = Math.min(units.length - 1, Math.floor(Math.log10(Math.max(1, sizeBytes)) / 3))
  return `${(sizeBytes / 1000 ** step).toFixed(step === 0 ? 0 : 1)} ${units[step]}`
}

export function PeersTable({ neighbours }: { readonly neighbours: readonly Neighbour[] }) {
  if (neighbours.length === 0)
    return <p class="peers-none">No other peer is in sight. Open this page in another tab, or start a node peer.</p>
  return (
    <table>
      <caption>Peers this page talks to</caption>
      <thead>
        <tr>
          <th scope="col">Peer</th>
          <th scope="col">Path</th>
          <th scope="col">State</th>
          <th scope="col">Round trip</th>
          <th scope="col" class="peers-bytes">
            In / out
          </th>
        </tr>
      </thead>
      <tbody>
        {neighbours.map((neighbour) => (
          <tr key={`${neighbour.transport} ${neighbour.address}`}>
            <td>
              {shortAddress(neighbour)}
              {neighbour.keeps && <span class="badge">keeps copies</span>}
              {neighbour.id !== null && <code class="peers-id">{neighbour.id.slice(0, 8)}</code>}
            </td>
            <td>
              {pathWords[neighbour.transport] ?? neighbour.transport}
              {neighbour.whyNotDirect !== null && (
                <span class={neighbour.state === 'linked' ? 'peers-aside' : 'peers-why'}>{neighbour.whyNotDirect}</span>
              )}
            </td>
            <td>
              {stateWords[neighbour.state]}
              {neighbour.why !== null && neighbour.state !== 'linked' && neighbour.whyNotDirect === null && (
                <span class="peers-why">{neighbour.why}</span>
              )}
            </td>
            <td>{neighbour.roundTripMs === null ? '' : `${Math.round(neighbour.roundTripMs)} ms`}</td>
            <td class="peers-bytes">
              {neighbour.state === 'linked' ? `${sizeWords(neighbour.bytesIn)} / ${sizeWords(neighbour.bytesOut)}` : ''}
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  )
}
