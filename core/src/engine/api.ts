/** What an app sees of the engine; `peer.ts` and `document.ts` are behind it. */
import type { PeerId } from '../ids.ts'
import type { AcceptLink, Link, LinkReceiver, Transport } from '../ports/transport.ts'
import type { Clock } from '../ports/clock.ts'
import type { Crypto, Identity } from '../ports/crypto.ts'
import type { Log } from '../ports/log.ts'
import type { Random } from '../ports/random.ts'
import type { Storage } from '../ports/storage.ts'
import type { Presence } from '../presence/presence.ts'
import type { Doc } from '../replica/replica.ts'
import type { DocumentStatus } from './status.ts'
import type { Versions } from './versions-api.ts'
import type { Watched } from './watched.ts'

/** Everything a peer needs of its platform. */
export interface Platform {
  readonly clock: Clock
  readonly random: Random
  readonly crypto: Crypto
  readonly identity: Identity
  readonly storage: Storage
  readonly transports: readonly Transport[]
  readonly log: Log
  /** Calls `run` whenever the network seems to be back, until the returned function is called. Not every platform knows. */
  readonly whenOnline?: (run: () => void) => () => void
  /** Why this platform has no transport for direct links, told to people. */
  readonly whyNotDirect?: string
}

export interface PeerOptions {
  /** Addresses to keep a link to, dialled again with back-off whenever it is lost. */
  readonly connect?: readonly string[]
  /** A shared secret: links without proof of it are refused, and it is proven to whoever we link to. */
  readonly token?: string
  /** Keep, store and pass on every document a neighbour opens (node peers do). Default false. */
  readonly keeps?: boolean
  /** Dial other members of a document for direct links; a peer that keeps never does. Default true. */
  readonly dialsMembers?: boolean
  /** Client ids for documents; for simulators. Default: 32 random bits. */
  readonly freshClientId?: () => number
}

/** A peer we hold a link to, or an address we try to reach. */
export interface Neighbour {
  /** Null until it has proven its identity. */
  readonly id: PeerId | null
  /** The address dialled, or what the transport tells of an incoming link. */
  readonly address: string
  readonly transport: string
  /** Nobody else is on the way: a WebRTC link, or another tab. False also while there is no link. */
  readonly isDirect: boolean
  /** Why there is no direct link to it; null where there is one, and where an address was dialled in vain. */
  readonly whyNotDirect: string | null
  readonly state: 'dialling' | 'greeting' | 'linked' | 'waiting'
  /** Why the last link to it ended, or why it could not be opened; null when there is nothing to say. */
  readonly why: string | null
  /** The close code by which the other side refused us, a wrong token say; absent where it did not. */
  readonly refusedWith?: number
  readonly keeps: boolean
  /** Round trip in milliseconds; null before the first measurement. */
  readonly roundTripMs: number | null
  readonly bytesIn: number
  readonly bytesOut: number
}

/** An update offered from outside, once it is decided and, where it was news, in this peer's log. */
export type MergeOutcome =
  | { readonly type: 'known' }
  | { readonly type: 'stored' }
  /** Builds on something this peer lacks; nothing was applied. */
  | { readonly type: 'waiting' }
  /** No update, or above a limit; nothing was applied. */
  | { readonly type: 'refused'; readonly why: string }

/** The part of the platform's AbortSignal that is used here. */
export interface Signal {
  readonly aborted: boolean
  readonly reason: unknown
  addEventListener(type: 'abort', listener: () => void): void
  removeEventListener(type: 'abort', listener: () => void): void
}

export interface SyncedOptions {
  /** How many peers must hold every edit made here. Default 1. */
  readonly peers?: number
  /** They must hold it on disk, and need not be linked any more. Default false: in a neighbour's memory is enough. */
  readonly stored?: boolean
  readonly signal?: Signal
}

/** One document, open in this app. */
export interface SharedDocument extends Disposable {
  readonly name: string
  readonly doc: Doc
  /** Who is here: has the interface of y-protocols' Awareness, for bindings. */
  readonly presence: Presence
  readonly status: Watched<DocumentStatus>
  /**
   * Resolves when the own storage has been read; waits for no network. While it cannot be read it is tried again, and
   * the status says why. Rejects with `closed` when the peer is closed before.
   */
  readonly loaded: Promise<void>
  /**
   * Resolves when it is true that so many peers hold every edit made here until now.
   *
   * @throws KnotworkError `aborted` when the signal is, `closed` when the peer is closed before, `storage` when the own storage
   * fails: it is tried again, and so may be this.
   */
  synced(options?: SyncedOptions): Promise<void>
  /**
   * Resolves when every edit made here until now is in the own log.
   *
   * @throws KnotworkError `storage` when it does not take them (it is tried again), `closed` when the peer is closed before.
   */
  stored(): Promise<void>
  /** What the document was before; a restored version is an edit of this app, which its undo takes back. */
  readonly versions: Versions
  /**
   * Takes the document off all links, for this handle: it is edited and stored as before, and shared with nobody. Another
   * handle of this peer that is connected goes on sharing it.
   */
  disconnect(): void
  /** Shares it again, after `disconnect`. */
  connect(): void
  /** Lets go of the document; it stays stored, and a Y.Doc that was brought is left alone. Calling it again does nothing. */
  close(): void
}

export interface YjsClientOptions {
  /** Called when so many of the updates that it has sent, from the first on, are in the own log. */
  readonly stored?: (updates: number) => void
  /** It hears everything, and what it writes is dropped. Default false. */
  readonly isReadOnly?: boolean
}

export interface Peer extends AsyncDisposable {
  readonly id: PeerId
  readonly neighbours: Watched<readonly Neighbour[]>
  /** Addresses others can dial, once `ready`. */
  readonly addresses: readonly string[]
  /**
   * Opens a document; at once, whether or not it exists anywhere. `doc` brings an app's own Y.Doc, and what is in it.
   *
   * @throws KnotworkError `bad-name`, `closed`, or `in-use` when the document is open here with another Y.Doc.
   */
  open(name: string, options?: { readonly doc?: Doc }): SharedDocument
  /** Keeps a link to an address until the returned function is called. */
  connect(address: string): () => void
  /** How many documents are in memory at the moment, whoever uses them. */
  readonly documentsInMemory: number
  /** Names of all documents in the own storage; those that only hold the named versions of others are left out. */
  documents(): AsyncIterable<string>
  /** The history of a document, whether or not an app has it open. */
  versions(name: string): Versions
  /** The whole document as one Yjs update (v1); null when it is not stored here. */
  read(name: string): Promise<Uint8Array | null>
  /** Merges a Yjs update (v1); resolves when it is decided and stored. */
  merge(name: string, update: Uint8Array): Promise<MergeOutcome>
  /** Joins a client that speaks y-websocket's wire to a document; feed the returned receiver with its frames. */
  attachYjs(name: string, link: Link, options?: YjsClientOptions): LinkReceiver
  /** Takes an incoming link that some server accepted for this peer. */
  readonly accept: AcceptLink
  /** Stops taking links, writes what is unwritten, leaves cleanly. */
  close(): Promise<void>
}
