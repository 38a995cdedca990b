/**
 * What a document holds, in a few bytes.
 *
 * A state vector does not tell which text was deleted (YJS.md, trap 3), so two replicas are only equal when their
 * delete sets are, too: `deletes` is a digest of the delete set, and the digest of a document is over both.
 * SHA-256 cut to eight bytes: long enough that two different states never meet by chance. Both inputs are canonical:
 * Yjs writes clients in descending order and joins neighbouring ranges.
 */
import * as encoding from 'lib0/encoding'
import { digest as sha256 } from 'lib0/hash/sha256'
import * as Y from 'yjs'
import { equalBytes } from '../bytes.ts'
import { digestFrom, type Digest } from '../ids.ts'
import type { AddressBytes, Have, ReachName } from '../wire/message.ts'
import type { Vector } from './gate.ts'

/** A state vector in Yjs' bytes, clients in descending order. */
export function encodeVector(vector: Vector): Uint8Array {
  return encoding.encode((encoder) => {
    encoding.writeVarUint(encoder, vector.size)
    for (const [client, clock] of [...vector].toSorted(([a], [b]) => b - a)) {
      encoding.writeVarUint(encoder, client)
      encoding.writeVarUint(encoder, clock)
    }
  })
}

/** The first eight bytes of SHA-256. */
export function cutDigest(bytes: Uint8Array): Digest {
  return digestFrom(sha256(bytes).slice(0, 8))
}

/** What the peer with an address is called in lists of whom somebody reaches (PROTOCOL.md [BR8]). */
export function reachName(address: AddressBytes): ReachName {
  return new DataView(cutDigest(address).buffer).getBigUint64(0)
}

/** The delete set of a document as at the end of an update (v1); costs a walk over its structs. */
export function encodeDeletes(doc: Y.Doc): Uint8Array {
  return encodeDeletesAlone(doc).slice(0, -1)
}

/** As a snapshot with an empty state vector, which is one byte. */
function encodeDeletesAlone(doc: Y.Doc): Uint8Array {
  return Y.encodeSnapshot(Y.createSnapshot(Y.createDeleteSetFromStructStore(doc.store), new Map()))
}

/** The state vector and the digest of the delete set of a document; costs a walk over its structs. */
export function haveOf(doc: Y.Doc): Have {
  return { stateVector: Y.encodeStateVector(doc), deletes: cutDigest(encodeDeletesAlone(doc)) }
}

/** Eight bytes over a whole `Have` (PROTOCOL.md [DS2]). */
export function digestOf(have: Have): Digest {
  return cutDigest(
    encoding.encode((encoder) => {
      encoding.writeVarUint8Array(encoder, have.stateVector)
      encoding.writeUint8Array(encoder, have.deletes)
    }),
  )
}

export function equalHaves(a: Have, b: Have): boolean {
  return equalBytes(a.stateVector, b.stateVector) && equalBytes(a.deletes, b.deletes)
}

/** Where nobody asks for a digest: it equals none. */
export const noDigest: Digest = digestFrom(new Uint8Array(0))

/** The digest of a document that holds nothing. */
export const digestOfNothing: Digest = digestOf(haveOf(new Y.Doc()))
