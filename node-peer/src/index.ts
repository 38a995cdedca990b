/** @knotwork/node-peer: the Knotwork engine on Node, with LevelDB, WebSocket, and a server for apps and pages. */
/** The routes below /v1, for the typed client of `hono/client`: `hc<RestApi>(url)`. */
export type { RestApi } from './rest/api.ts'
export { openPeer, type ListenOptions, type OpenPeerOptions } from './open-peer.ts'
export { KnotworkProvider, type KnotworkProviderOptions } from './provider/knotwork-provider.ts'
export type { ConnectionStatus, ConnectionTrouble, LinkedPeers, PeersEvent } from '@knotwork/core'
export { purgeDocument, type PurgeOptions, type PurgeReport } from './purge.ts'
export { NodePeer } from './node-peer.ts'
export type { Bridge, BridgeStatus } from './bridge/bridge.ts'
export type { BridgeOptions } from './bridge/bridges.ts'
export type { IceServer } from './bridge/bridge-messages.ts'
export { LevelStorage, type LevelStorageOptions } from './storage/level-storage.ts'
export type { DamageEvent, StorageEvent, StorageNotice } from './storage/storage-notice.ts'
export { WebSocketTransport, type WebSocketTransportOptions } from './transport/web-socket-transport.ts'
export type {
  ChangedDocument,
  Hooks,
  LoadedDocument,
  Permission,
  StatelessMessage,
  StoredDocument,
  Visit,
} from './hooks/hooks.ts'
export type { WebhookEndpoint } from './webhooks/webhooks.ts'
