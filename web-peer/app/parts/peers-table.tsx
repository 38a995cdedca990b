import type { PeerRow } from '../model/peer-rows.ts'

function sizeWords(sizeBytes: number): string {
  const units = ['B', 'kB', 'MB', 'GB'] as const
  const step = Math.min(units.length - 1, Math.floor(Math.log10(Math.max(1, sizeBytes)) / 3))
  return `${(sizeBytes / 1000 ** step).toFixed(step === 0 ? 0 : 1)} ${units[step]}`
}

export function PeersTable({ rows }: { readonly rows: readonly PeerRow[] }) {
  if (rows.length === 0)
    return <p class="peers-none">No other peer is in sight. Open this page in another tab, or start a node peer.</p>
  return (
    // Roles are said, because narrow pages lay rows out as paragraphs, which would lose them.
    <table role="table">
      <caption>Peers this page talks to</caption>
      <thead role="rowgroup">
        <tr role="row">
          <th scope="col" role="columnheader">
            Peer
          </th>
          <th scope="col" role="columnheader">
            Path
          </th>
          <th scope="col" role="columnheader">
            Round trip
          </th>
          <th scope="col" role="columnheader">
            In / out
          </th>
        </tr>
      </thead>
      <tbody role="rowgroup">
        {rows.map((row) => (
          <Row key={row.key} row={row} />
        ))}
      </tbody>
    </table>
  )
}

function Row({ row }: { readonly row: PeerRow }) {
  const { name, id, keeps, path, state, aside, isTrouble, roundTripMs, bytes } = row
  return (
    <tr role="row">
      <th scope="row" role="rowheader">
        {name}
        {keeps && <span class="badge">keeps copies</span>}
        {id !== '' && <code class="peers-id">{id}</code>}
      </th>
      <td role="cell">
        {path}
        {state !== '' && `, ${state}`}
        {aside !== '' && <span class={isTrouble ? 'peers-why' : 'peers-aside'}>{aside}</span>}
      </td>
      <td role="cell" data-label="Round trip">
        {roundTripMs === null ? '' : `${Math.round(roundTripMs)} ms`}
      </td>
      <td role="cell" data-label="In / out">
        {bytes === null ? '' : `${sizeWords(bytes.in)} / ${sizeWords(bytes.out)}`}
      </td>
    </tr>
  )
}
