/** What an app that embeds a peer can have a say in. Names are those of Hocuspocus' hooks, where these mean the same. */
import type { IncomingHttpHeaders } from 'node:http'

/** What somebody may do with a document. */
export type Permission = 'read-write' | 'readonly' | 'refused'

/** Somebody who wants in: a client of another wire, for one document, or a request over HTTP. */
export interface Visit {
  readonly wire: 'yjs' | 'hocuspocus' | 'rest'
  /** Null for a request that is about this peer, not about one document. */
  readonly documentName: string | null
  /** From the Authorization header, the query, or Hocuspocus' message; null when none came. */
  readonly token: string | null
  readonly requestHeaders: IncomingHttpHeaders
  readonly requestParameters: URLSearchParams
  /** Where it comes from; behind a proxy, that proxy's. */
  readonly address: string
}

export interface LoadedDocument {
  readonly documentName: string
  /** Whether nothing of it is stored here. */
  readonly isNew: boolean
}

export interface ChangedDocument {
  readonly documentName: string
  /** Yjs updates (v1), each as it was made; they are stored. */
  readonly updates: readonly Uint8Array[]
}

export interface StoredDocument {
  readonly documentName: string
  /** The whole document as one Yjs update (v1). */
  readonly update: Uint8Array
}

export interface StatelessMessage {
  readonly documentName: string
  readonly payload: string
  /** To all Hocuspocus clients that have the document open at this peer. */
  readonly broadcastStateless: (payload: string) => void
}

type Answer<Value> = Value | Promise<Value>

export interface Hooks {
  /**
   * Decides for each document what somebody may do; asked for every way in but `/peer`, where peers prove that they
   * share the token of the network. Who throws, or answers too late, refuses.
   */
  readonly onAuthenticate?: (visit: Visit) => Answer<Permission>
  /** Somebody has come in, or has gone. */
  readonly onConnect?: (visit: Visit) => Answer<void>
  readonly onDisconnect?: (visit: Visit) => Answer<void>
  /**
   * A document is read from the storage, which waits for the answer: a Yjs update (v1) that belongs in it, or nothing. The
   * update is stored like any other; give the same one every time, or give it only when the document is new.
   */
  readonly onLoadDocument?: (document: LoadedDocument) => Answer<Uint8Array | undefined>
  /** Something was stored in a document. */
  readonly onChange?: (document: ChangedDocument) => Answer<void>
  /**
   * A document has come to rest for a moment: time to keep it elsewhere, too. One call at a time for each document; who
   * throws is called again.
   */
  readonly onStoreDocument?: (document: StoredDocument) => Answer<void>
  /** A Hocuspocus client has sent a stateless message. */
  readonly onStateless?: (message: StatelessMessage) => Answer<void>
}
