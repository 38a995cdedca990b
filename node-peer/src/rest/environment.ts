import type { DocumentName, Log, Peer } from '@knotwork/core'
import type { Visit } from '../hooks/hooks.ts'
import type { Granted, Visitors } from '../hooks/visitors.ts'
import type { Metrics } from '../metrics/metrics.ts'
import type { PurgeReport } from '../purge.ts'
import type { Access } from '../server/access.ts'
import type { ServerEnvironment } from '../server/environment.ts'
import type { WatchedStorage } from '../storage/watched-storage.ts'
import type { Webhooks } from '../webhooks/webhooks.ts'
import type { EventLog } from './event-log.ts'

/** What can be done with documents on disk, besides storing them. */
export interface DocumentFiles {
  /** Records of a document that were found altered and are set aside. */
  setAside(name: DocumentName): Promise<number>
  /** Takes what was deleted from a document, and its history, out of the files. */
  purge(name: DocumentName): Promise<PurgeReport>
}

/** What the routes below /v1 need of the peer they belong to. */
export interface RestOptions {
  readonly access: Access
  /** Null until there is one. */
  readonly peer: () => Peer | null
  readonly storage: Pick<WatchedStorage, 'list' | 'load' | 'peek' | 'durability' | 'history'>
  /** Null where documents are in memory only. */
  readonly files: DocumentFiles | null
  readonly keeps: boolean
  readonly events: EventLog
  readonly visitors: Visitors
  readonly webhooks: Pick<Webhooks, 'state' | 'revive'>
  readonly metrics: Pick<Metrics, 'told' | 'contentType'>
  /** How many y-webrtc apps are at the signalling. */
  readonly signalClients: () => number
  readonly log: Log
}

export interface RestEnvironment extends ServerEnvironment {
  readonly Variables: {
    readonly peer: Peer
    /** Of the document that the request names. */
    readonly name: DocumentName
    /** Who asks; and what the app lets them do, with the document that they name if they name one. */
    readonly visit: Visit
    readonly permission: Granted
  }
}
