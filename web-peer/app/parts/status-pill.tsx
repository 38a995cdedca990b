import type { DocumentStatus, Neighbour } from '@knotwork/web-peer'
import type { PeerRow } from '../model/peer-rows.ts'
import { reachWords } from '../model/reach-words.ts'
import { joined, statusWords } from '../model/status-words.ts'
import { PeersTable } from './peers-table.tsx'

interface StatusPillProps {
  readonly status: DocumentStatus
  readonly neighbours: readonly Neighbour[]
  readonly rows: readonly PeerRow[]
}

/** How the document stands, in few and true words; a click shows the peers behind them. */
export function StatusPill({ status, neighbours, rows }: StatusPillProps) {
  const { tone, short, more } = statusWords(status)
  const reach = reachWords(neighbours)
  const aside = joined(more, reach.short)
  return (
    <>
      <button type="button" class={`pill pill-${tone}`} popovertarget="peers" aria-haspopup="dialog">
        <span class="pill-dot" />
        <span class="pill-words" role="status">
          {short}
        </span>
      </button>
      <p class="replica-line" title={aside}>
        {aside}
      </p>
      <div id="peers" popover="auto" class="card peers" role="dialog" aria-label="Peers" tabIndex={0}>
        {reach.long !== '' && <p class="peers-reach">{reach.long}</p>}
        <PeersTable rows={rows} />
      </div>
    </>
  )
}
