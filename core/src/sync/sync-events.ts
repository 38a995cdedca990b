/** What the document-sync machine hears, and what it wants done. */
import type { Digest, LinkId } from '../ids.ts'
import type { StoredNote } from '../ports/storage.ts'
import type { LogLevel } from '../ports/log.ts'
import type { Merged } from '../replica/merged.ts'
import type { DeclineReason, DocumentMessage, Have } from '../wire/message.ts'
import type { Traits } from './neighbour.ts'

/** What only somebody who has the document in memory can answer. */
export type StateMessage = Exclude<DocumentMessage, { type: 'presence' | 'presenceQuery' | 'reach' }>

export function isAboutState(message: DocumentMessage): message is StateMessage {
  return message.type !== 'presence' && message.type !== 'presenceQuery' && message.type !== 'reach'
}

export type SyncEvent =
  /** An app holds the document from now on (once per open), or one of them let go. */
  | { readonly type: 'appOpened' }
  | { readonly type: 'appClosed' }
  /** Take part towards this link: tell it what we hold. */
  | { readonly type: 'invited'; readonly link: LinkId; readonly traits: Traits }
  /** That link takes part and holds this. */
  | { readonly type: 'joined'; readonly link: LinkId; readonly traits: Traits; readonly have: Have }
  /** That link keeps the document, has not opened it, and holds the state with this digest. */
  | { readonly type: 'found'; readonly link: LinkId; readonly traits: Traits; readonly digest: Digest }
  /** What it was brought into memory for is done. */
  | { readonly type: 'rested' }
  /** That link takes no part (any more): it broke, it closed the document, or it declined to open it. */
  | { readonly type: 'left'; readonly link: LinkId; readonly how: 'lost' | 'closed' | 'declined' }
  /** That link never heard our `open`. */
  | { readonly type: 'unheard'; readonly link: LinkId }
  | { readonly type: 'received'; readonly link: LinkId; readonly message: DocumentMessage }
  /** An update from outside that wants a decision; answered by the effect `settle` with the same `request`. */
  | { readonly type: 'offered'; readonly request: number; readonly update: Uint8Array }
  /** Somebody wants the whole document; answered by the effect `settle`. */
  | { readonly type: 'asked'; readonly request: number }
  | {
      readonly type: 'loaded'
      readonly updates: readonly Uint8Array[]
      readonly unreadable: number
      readonly note?: StoredNote | null
    }
  | { readonly type: 'loadFailed'; readonly why: string }
  | { readonly type: 'appended' }
  | { readonly type: 'appendFailed'; readonly why: string }
  /** `snapshotBytes` null: the log is as it was. */
  | { readonly type: 'compacted'; readonly snapshotBytes: number | null }
  /** Something for this link was dropped because it reads too slowly; later: its queue has drained. */
  | { readonly type: 'dropped'; readonly link: LinkId }
  | { readonly type: 'drained'; readonly link: LinkId }
  /** The peer is leaving: what is to be written is written now. */
  | { readonly type: 'leaving' }
  /** The replica or the presence has changed, or it is time. */
  | { readonly type: 'woke' }

/** The answer to a request: what became of an update, the whole document, or why neither can be told. */
export type Settled =
  | { readonly type: 'merged'; readonly merged: Merged }
  | { readonly type: 'snapshot'; readonly update: Uint8Array | null }
  | { readonly type: 'failed'; readonly why: string }

export type SyncEffect =
  | { readonly type: 'load' }
  | { readonly type: 'append'; readonly updates: readonly Uint8Array[] }
  /** Keeps this beside the updates; nobody waits for it. */
  | { readonly type: 'note'; readonly bytes: Uint8Array }
  | { readonly type: 'compact' }
  /** Tell that link that we take part. */
  | { readonly type: 'open'; readonly link: LinkId; readonly have: Have }
  | { readonly type: 'decline'; readonly link: LinkId; readonly reason: DeclineReason }
  /** Tell that link that we did not hear its `open`. */
  | { readonly type: 'unknown'; readonly link: LinkId }
  | { readonly type: 'send'; readonly link: LinkId; readonly message: DocumentMessage }
  | { readonly type: 'closeLink'; readonly link: LinkId; readonly code: number; readonly reason: string }
  | { readonly type: 'settle'; readonly request: number; readonly settled: Settled }
  /** The replica has left memory. */
  | { readonly type: 'unloaded' }
  | {
      readonly type: 'log'
      readonly level: LogLevel
      readonly event: string
      readonly details: Readonly<Record<string, unknown>>
    }

/** What is known of a document at one moment, from which its status is told; see `engine/status.ts`. */
export interface SyncSummary {
  readonly isLoading: boolean
  /** Why the own storage does not work. */
  readonly fault: string | null
  /** Everything is in the own log. */
  readonly isSettled: boolean
  /** Records of the own log that were found altered or gone when it was read. */
  readonly damaged: number
  /** Neighbours that take part; of those, the ones that hold the same as we. */
  readonly taking: number
  readonly level: number
  /** Own edits that no other peer is known to have on disk. */
  readonly pending: number
  /** Peers known to have the last own edit, on disk or in memory. */
  readonly receivedOn: number
  /** Peers known to have the last own edit on disk; of those, the ones that keep every document. */
  readonly storedOn: number
  readonly keptOn: number
}
