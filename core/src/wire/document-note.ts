/**
 * What a peer keeps beside a document's updates (PROTOCOL.md [ST9]), so that after a restart it still knows what it
 * knew: how many edits made here nobody else had, who had all of it, and the digest of the state that this is about.
 */
import * as decoding from 'lib0/decoding'
import * as encoding from 'lib0/encoding'
import { digestFrom, peerId, publicKeyOf, type Digest, type PeerId } from '../ids.ts'
import { limits } from '../limits.ts'

/** A peer that had everything on its disk. */
export interface Holder {
  readonly peer: PeerId
  readonly keeps: boolean
}

export interface DocumentNote {
  /** Of the state that is stored. */
  readonly digest: Digest
  /** Edits made here that no other peer was known to have on disk. */
  readonly pending: number
  /** Who had everything; nobody while something is pending. */
  readonly holders: readonly Holder[]
}

const version = 1
const digestBytes = 8
const keyBytes = 32

export function encodeNote(note: DocumentNote): Uint8Array {
  return encoding.encode((encoder) => {
    encoding.writeVarUint(encoder, version)
    encoding.writeUint8Array(encoder, note.digest)
    encoding.writeVarUint(encoder, note.pending)
    encoding.writeVarUint(encoder, note.holders.length)
    for (const { peer, keeps } of note.holders) {
      encoding.writeUint8Array(encoder, publicKeyOf(peer))
      encoding.writeUint8(encoder, keeps ? 1 : 0)
    }
  })
}

/** Null for what another version wrote, or a broken disk: then nothing is known. Bytes after the last field are ignored. */
export function decodeNote(bytes: Uint8Array): DocumentNote | null {
  try {
    const decoder = decoding.createDecoder(bytes)
    if (decoding.readVarUint(decoder) !== version) return null
    const digest = digestFrom(decoding.readUint8Array(decoder, digestBytes).slice())
    const pending = decoding.readVarUint(decoder)
    const count = decoding.readVarUint(decoder)
    if (count > limits.witnessesMax) return null
    const holders: Holder[] = []
    for (let i = 0; i < count; i++) {
      const peer = peerId(decoding.readUint8Array(decoder, keyBytes))
      holders.push({ peer, keeps: decoding.readUint8(decoder) === 1 })
    }
    return { digest, pending, holders }
  } catch {
    return null
  }
}
