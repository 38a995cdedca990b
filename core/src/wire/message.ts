/**
 * Everything two peers say to one another on a link (PROTOCOL.md, WI and DS). One frame holds one message.
 *
 * `number` is how the sender of the message calls a document on this link: it was given in an `open`.
 * Where a message answers to a number of the other side it is called `yours`.
 */
import type { Digest } from '../ids.ts'

/** What a peer holds of a document, and durably so: a state vector as Yjs encodes it, and a digest of the delete set. */
export interface Have {
  readonly stateVector: Uint8Array
  readonly deletes: Digest
}

/** First message on a link, from both sides at once. */
export interface Hello {
  readonly type: 'hello'
  readonly version: number
  /** Ed25519, 32 bytes: the PeerId. */
  readonly publicKey: Uint8Array
  /** 32 fresh random bytes; what the other side signs. */
  readonly nonce: Uint8Array
  /** 8 random bytes of this process or tab: two tabs of one browser are one PeerId and two instances. */
  readonly instance: Uint8Array
  /** What this peer is and can: see `feature`. Unknown ones are ignored. */
  readonly features: readonly string[]
}

/** Second message from both sides: a signature over both hellos, and proof of the shared token where there is one. */
export interface Prove {
  readonly type: 'prove'
  readonly signature: Uint8Array
  readonly tokenProof: Uint8Array
}

export type DeclineReason = 'absent' | 'limit' | 'failed'

/** About one document; what the document-sync machine speaks. Links add the number and the sequence. */
export type DocumentMessage =
  /** What I hold. Whoever holds more answers with `missing`; whoever holds less answers with `have`. */
  | { readonly type: 'have'; readonly have: Have }
  /** Cheap comparison: eight bytes over state vector and delete set; all I sent through `sequence` is in them. */
  | { readonly type: 'digest'; readonly sequence: number; readonly digest: Digest; readonly answer: boolean }
  /** All that your `have` lacked, as one Yjs update; `digest` is of my whole state with it. */
  | { readonly type: 'missing'; readonly sequence: number; readonly digest: Digest; readonly update: Uint8Array }
  /** Edits as they were made, each a Yjs update. `isWhole`, of clients of other wires: all they have that is not here. */
  | {
      readonly type: 'updates'
      readonly sequence: number
      readonly updates: readonly Uint8Array[]
      readonly isWhole?: boolean
      /** All that my list of this version names are sent them, too; none where no list holds. */
      readonly reach?: number
    }
  /** Everything through `sequence` of yours is in my log. */
  | { readonly type: 'stored'; readonly sequence: number }
  /** Big updates of yours reach me by another neighbour, too: announce them from now on. */
  | { readonly type: 'prune' }
  /** I hold these by now: clock after the last struct per client of an update you were not sent. */
  | { readonly type: 'announce'; readonly ids: ReadonlyMap<number, number> }
  /** Whom else I send to at once what I send you; of your own lists I know those through `known`. */
  | {
      readonly type: 'reach'
      readonly version: number
      readonly known: number
      readonly names: readonly ReachName[]
    }
  /** An awareness update as in y-protocols. */
  | { readonly type: 'presence'; readonly states: Uint8Array; readonly reach?: number }
  /** Please send all presence you know. */
  | { readonly type: 'presenceQuery' }

/** What a running peer is called in a list of whom somebody reaches: eight bytes of SHA-256 over its address. */
export type ReachName = bigint

/** One coded symbol of a set of fingerprints: see `reconciliation`. */
export interface CodedSymbol {
  /** Of the fingerprints in it, by XOR. */
  readonly sum: bigint
  /** Of 32 bits that belong to each of them, by XOR. */
  readonly check: number
  readonly count: number
}

/** What two peers that keep everything say to find out in which documents they differ: see `reconciliation`. */
export type ReconciliationMessage =
  /** Fingerprints of all that I keep. */
  | { readonly type: 'catalogue'; readonly fingerprints: readonly bigint[] }
  /** Coded symbols of the `size` fingerprints of all that I keep, from symbol `start`. */
  | {
      readonly type: 'symbols'
      readonly size: number
      readonly start: number
      readonly symbols: readonly CodedSymbol[]
    }
  /** Not enough: so many more, from symbol `start`. */
  | { readonly type: 'more'; readonly start: number; readonly count: number }
  /** These are only with you: open them. I open what is only here. */
  | { readonly type: 'differ'; readonly fingerprints: readonly bigint[] }

export type LinkMessage =
  | Hello
  | Prove
  | { readonly type: 'ping'; readonly stamp: number }
  | { readonly type: 'pong'; readonly stamp: number }
  /** A piece of a message that is too big for a frame. */
  | {
      readonly type: 'part'
      readonly message: number
      readonly index: number
      readonly count: number
      readonly bytes: Uint8Array
    }
  /** I take part in this document from now on, call it `number`, and hold this. */
  | { readonly type: 'open'; readonly number: number; readonly name: string; readonly have: Have }
  /** I do not take part in the document you opened. */
  | { readonly type: 'decline'; readonly yours: number; readonly reason: DeclineReason }
  /** I do not take part any more. */
  | { readonly type: 'close'; readonly number: number }
  /** I never heard of that number of yours: open it again. */
  | { readonly type: 'unknown'; readonly yours: number }
  | { readonly type: 'document'; readonly number: number; readonly message: DocumentMessage }
  | Signal
  /** Nobody here can carry that signal of yours any further. */
  | { readonly type: 'unreachable'; readonly id: Uint8Array; readonly to: AddressBytes }
  /** Others who take part in the document that you call `yours`, and who take direct links. */
  | { readonly type: 'members'; readonly yours: number; readonly members: readonly AddressBytes[] }
  /** I know these; who else takes part? */
  | { readonly type: 'membersQuery'; readonly number: number; readonly members: readonly AddressBytes[] }
  | ReconciliationMessage

/**
 * How a running peer is called where its public key alone would not do: key (32 bytes) and instance (8 bytes).
 * Two tabs of one browser share the key.
 */
export type AddressBytes = Uint8Array

/** What two peers without a link need to say to one another to open one; opaque to whoever carries it. */
export interface Signal {
  readonly type: 'signal'
  /** 8 random bytes: one that came by two ways is carried once. */
  readonly id: Uint8Array
  readonly to: AddressBytes
  readonly from: AddressBytes
  /** How many more peers may carry it on. */
  readonly hops: number
  readonly payload: Uint8Array
}

/** The wire version of this code; another one is refused with 4426 (PROTOCOL.md [WI2]). */
export const protocolVersion = 1

/** Features a hello can list. */
export const feature = {
  /** Keeps every document a neighbour opens, and passes it on: what node peers do. */
  keeps: 'keeps',
  /** What it acknowledges as stored is on disk. */
  disk: 'disk',
  /** Takes direct links (WebRTC), opened by signals over any other link. */
  direct: 'direct',
} as const
