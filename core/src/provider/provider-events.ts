/** What a provider tells an app, under the names that Yjs apps listen for. */
import type { DocumentStatus } from '../engine/status.ts'

export type ConnectionStatus = 'connecting' | 'connected' | 'disconnected'

/** A link that ended, or could not be made. */
export interface ConnectionTrouble {
  /** The address that was dialled; empty when this peer itself could not be opened. */
  readonly address: string
  readonly reason: string
  /** The code by which the other side refused us for good (44xx); null for anything that will be tried again soon. */
  readonly code: number | null
}

/** Peers this page is linked to, by the way that leads to them. */
export interface LinkedPeers {
  readonly webrtcPeers: readonly string[]
  /** Other tabs of this browser. */
  readonly bcPeers: readonly string[]
  /** By a WebSocket, at an address. */
  readonly addressedPeers: readonly string[]
}

export interface PeersEvent extends LinkedPeers {
  readonly added: readonly string[]
  readonly removed: readonly string[]
}

export interface ProviderEvents<Provider> {
  /** `status` as y-websocket says it, `connected` as y-webrtc does. */
  status: (event: { readonly status: ConnectionStatus; readonly connected: boolean }) => void
  /** True: a neighbour was found to hold the same document. False: none is there any more. */
  sync: (isSynced: boolean) => void
  /** The same once more; y-webrtc's `{ synced }` comes second. */
  synced: (isSynced: boolean, event: { readonly synced: boolean }) => void
  peers: (event: PeersEvent) => void
  /** What is known of the document: where it is, what is pending, who has it. */
  'sync-status': (status: DocumentStatus) => void
  /** Null: this provider was disconnected or destroyed. */
  'connection-close': (event: ConnectionTrouble | null, provider: Provider) => void
  'connection-error': (event: ConnectionTrouble, provider: Provider) => void
  /** The other side refused this peer: a wrong token, say. */
  closed: (event: { readonly code: number; readonly reason: string }, provider: Provider) => void
}
