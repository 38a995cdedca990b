import type { Log, Peer, Storage } from '@knotwork/core'
import type { Access } from '../server/access.ts'
import type { ServerEnvironment } from '../server/environment.ts'
import type { EventLog } from './event-log.ts'

/** What the routes below /v1 need of the peer they belong to. */
export interface RestOptions {
  readonly access: Access
  /** Null until there is one. */
  readonly peer: () => Peer | null
  readonly storage: Pick<Storage, 'list' | 'load' | 'durability'>
  readonly keeps: boolean
  readonly events: EventLog
  readonly log: Log
}

export interface RestEnvironment extends ServerEnvironment {
  readonly Variables: {
    readonly peer: Peer
    /** Of the document that the request names. */
    readonly name: string
  }
}
