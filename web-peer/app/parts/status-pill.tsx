import type { DocumentStatus, Neighbour } from '@knotwork/web-peer'
import { statusWords, whyUnlinked } from '../model/status-words.ts'
import { PeersTable } from './peers-table.tsx'

interface StatusPillProps {
  readonly status: DocumentStatus
  readonly neighbours: readonly Neighbour[]
}

/** How the document stands, in few and true words; a click shows the peers behind them. */
export function StatusPill({ status, neighbours }: StatusPillProps) {
  const { tone, short, more } = statusWords(status)
  const aside = more || (status.type === 'offline' ? whyUnlinked(neighbours) : '')
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
      <div id="peers" popover="auto" class="card peers" role="dialog" aria-label="Peers">
        <PeersTable neighbours={neighbours} />
      </div>
    </>
  )
}
