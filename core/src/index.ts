/** @knotwork/core: the engine without a platform. Node and browsers add theirs: see @knotwork/node-peer, @knotwork/web-peer. */
export { createPeer } from './engine/peer.ts'
export { compactInSlices } from './engine/slices.ts'
export { MemoryDisk, MemoryStorage } from './engine/memory-storage.ts'
export type * from './engine/api.ts'
export type * from './engine/versions-api.ts'
export type { DocumentDifference, RootDifference, TextChange } from './history/comparison.ts'
export type { DocumentStatus, SavedHere, Whereabouts } from './engine/status.ts'
export { Watchable, type Watched } from './engine/watched.ts'
export { KnotworkError, type KnotworkErrorCode } from './errors.ts'
export {
  addressBytes,
  documentName,
  peerAddress,
  peerId,
  publicKeyOf,
  type DocumentName,
  type Millis,
  type PeerAddress,
  type PeerId,
} from './ids.ts'
export { limits } from './limits.ts'
export type { Clock } from './ports/clock.ts'
export type { Crypto, Identity } from './ports/crypto.ts'
export { bytesOf, isOverdue } from './history/outline.ts'
export { documentBehind, isVersionsName, versionsNameOf } from './history/named-versions.ts'
export { silent, type Log, type LogLevel } from './ports/log.ts'
export type { Rtc, RtcConnection, RtcEvents } from './ports/rtc.ts'
export type { SignalReceiver, Signals } from './ports/signals.ts'
export { fingerprintsOf } from './direct/fingerprints.ts'
export { DirectTransport, type DirectTransportOptions } from './direct/direct-transport.ts'
export type { Random } from './ports/random.ts'
export type {
  DatedRecord,
  HistoryOutline,
  HistoryStorage,
  KeptSegment,
  NewSegment,
  Past,
  Retention,
  Seconds,
  StoredSegment,
} from './ports/history-storage.ts'
export type { Compacted, ListedDocument, Merge, Storage, StoredDocument, StoredNote } from './ports/storage.ts'
export type { AcceptLink, Link, LinkReceiver, Transport } from './ports/transport.ts'
export { Presence } from './presence/presence.ts'
export { DocumentProvider, type DocumentProviderOptions } from './provider/document-provider.ts'
export { OptionsKeys } from './provider/options-key.ts'
export { ownAwareness } from './provider/own-awareness.ts'
export { lent, PeerPool, type Lease, type PeerPoolOptions, type Wanted } from './provider/peer-pool.ts'
export type { AwarenessObject } from './provider/presence-mirror.ts'
export type * from './provider/provider-events.ts'
export { compactUpdates } from './replica/compaction.ts'
export { importRoots, type ImportOptions } from './replica/import-roots.ts'
export { plainValue, renderJson, renderText, type Json } from './replica/rendering.ts'
export { differenceFrom, holdsUpdate, isUpdate, ResumePoint, stateTag } from './replica/resume-point.ts'
export { isDeleted, tombstoneFor, type TombstoneOptions } from './replica/tombstone.ts'
export { messageOf, type Result } from './result.ts'
export { closeCode, isRefusal } from './wire/close-code.ts'
export type { AddressBytes } from './wire/message.ts'
export { decodeNote, type DocumentNote } from './wire/document-note.ts'
export { decodeYjs, encodeYjs, yjsKeepAlive, type YjsMessage } from './wire/yjs-wire.ts'
