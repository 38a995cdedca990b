/** A document's status in words. Each says what is known, and no more. */
import type { DocumentStatus, SavedHere, Whereabouts } from '@knotwork/web-peer'

export type Tone = 'live' | 'busy' | 'waiting' | 'away' | 'bad'

export interface StatusWords {
  readonly tone: Tone
  /** For the pill. */
  readonly short: string
  /** For the line beside it; empty when there is nothing to add. */
  readonly more: string
}

export function statusWords(status: DocumentStatus): StatusWords {
  switch (status.type) {
    case 'loading':
      return { tone: 'busy', short: 'Opening', more: '' }
    case 'offline':
      return { tone: 'away', short: `Offline · ${savedWords[status.saved]}`, more: whereaboutsWords(status) }
    case 'looking':
      return {
        tone: 'waiting',
        short: 'Looking for peers',
        more: joined(whereaboutsWords(status), savedAside(status.saved)),
      }
    case 'syncing':
      return {
        tone: 'busy',
        short: status.behind > 0 ? `Syncing with ${peers(status.behind)}` : 'Syncing',
        more: joined(whereaboutsWords(status), savedAside(status.saved)),
      }
    case 'live':
      return {
        tone: 'live',
        short: `Live: ${peers(status.neighbours)}`,
        more: joined(whereaboutsWords(status), savedAside(status.saved)),
      }
    case 'failed':
      // Why is said at the text, where there is room for it.
      return { tone: 'bad', short: 'Not saved', more: 'Trying again' }
  }
}

const savedWords: Readonly<Record<SavedHere, string>> = {
  disk: 'saved on this device',
  os: 'saved on this device',
  memory: 'kept in this tab only',
  writing: 'saving…',
}

function peers(count: number): string {
  return count === 1 ? '1 peer' : `${count} peers`
}

/** The replica line: where the last edit is. Not "only here": it may well be elsewhere, but nobody has said so. */
function whereaboutsWords({ pending, storedOn, keptOn }: Whereabouts): string {
  if (pending > 0) return `${pending === 1 ? '1 edit' : `${pending} edits`} not confirmed elsewhere`
  if (storedOn === 0) return ''
  const others = storedOn === 1 ? '1 other peer' : `${storedOn} other peers`
  if (keptOn === 0) return `Your last edit is on ${others}`
  return `Your last edit is on ${others}, ${storedOn === 1 ? '' : `${keptOn} `}always on`
}

/** The usual case needs no words. */
function savedAside(saved: SavedHere): string {
  return saved === 'memory' ? 'nothing is kept on this device' : ''
}

/** Several remarks on one line. */
export function joined(...parts: readonly string[]): string {
  return parts.filter((part) => part !== '').join(' · ')
}
