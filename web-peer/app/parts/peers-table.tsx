import type { Neighbour } from '@knotwork/web-peer'

const stateWords: Readonly<Record<Neighbour['state'], string>> = {
  dialling: 'calling',
  greeting: 'proving who is who',
  linked: 'linked',
  waiting: 'not reached',
}

const transportWords: Readonly<Record<string, string>> = {
  ws: 'WebSocket',
  wss: 'WebSocket',
  websocket: 'WebSocket',
  tab: 'this browser',
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
          <th scope="col">Over</th>
          <th scope="col">State</th>
          <th scope="col">Round trip</th>
        </tr>
      </thead>
      <tbody>
        {neighbours.map((neighbour) => (
          <tr key={`${neighbour.transport} ${neighbour.address}`}>
            <td>
              {neighbour.address}
              {neighbour.keeps && <span class="badge">keeps copies</span>}
              {neighbour.id !== null && <code class="peers-id">{neighbour.id.slice(0, 8)}</code>}
            </td>
            <td>{transportWords[neighbour.transport] ?? neighbour.transport}</td>
            <td>
              {stateWords[neighbour.state]}
              {neighbour.why !== null && neighbour.state !== 'linked' && <span class="peers-why">{neighbour.why}</span>}
            </td>
            <td>{neighbour.roundTripMs === null ? '' : `${Math.round(neighbour.roundTripMs)} ms`}</td>
          </tr>
        ))}
      </tbody>
    </table>
  )
}
