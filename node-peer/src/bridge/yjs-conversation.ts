/**
 * The client's side of y-websocket's wire: keeps a Y.Doc and an Awareness in step with a document of the peer. It runs
 * in the process of the bridges.
 */
import * as decoding from 'lib0/decoding'
import * as encoding from 'lib0/encoding'
import {
  applyAwarenessUpdate,
  encodeAwarenessUpdate,
  removeAwarenessStates,
  type Awareness,
} from 'y-protocols/awareness'
import { messageYjsSyncStep1, readSyncMessage, writeSyncStep1, writeUpdate } from 'y-protocols/sync'
import type { Doc } from 'yjs'

const messageSync = 0
const messageAwareness = 1

interface AwarenessChange {
  readonly added: readonly number[]
  readonly updated: readonly number[]
  readonly removed: readonly number[]
}

export interface ConversationParts {
  readonly doc: Doc
  readonly awareness: Awareness
  readonly send: (frame: Uint8Array) => void
}

export class YjsConversation {
  readonly #parts: ConversationParts
  /** Who is shown only because the peer told us. */
  readonly #fromPeer = new Set<number>()

  constructor(parts: ConversationParts) {
    this.#parts = parts
    const { doc, awareness } = parts
    doc.on('update', this.#edited)
    awareness.on('update', this.#presenceChanged)
    this.#say(messageSync, (encoder) => writeSyncStep1(encoder, doc))
  }

  received(frame: Uint8Array): void {
    const { doc, awareness } = this.#parts
    const decoder = decoding.createDecoder(frame)
    const type = decoding.readVarUint(decoder)
    if (type === messageAwareness) {
      applyAwarenessUpdate(awareness, decoding.readVarUint8Array(decoder), this)
    } else if (type === messageSync) {
      const answer = encoding.createEncoder()
      encoding.writeVarUint(answer, messageSync)
      if (readSyncMessage(decoder, answer, doc, this) === messageYjsSyncStep1) {
        this.#parts.send(encoding.toUint8Array(answer))
      }
    }
  }

  /** Nobody tells of these any more. The rest of the room may see them still, and they may come back as they were. */
  lost(clients: readonly number[]): void {
    const { awareness } = this.#parts
    const known = clients.filter((client) => awareness.states.has(client))
    if (known.length === 0) return
    this.#say(messageAwareness, (encoder) => {
      encoding.writeVarUint8Array(encoder, encodeAwarenessUpdate(awareness, known, new Map()))
    })
    for (const client of known) {
      awareness.states.delete(client)
      awareness.meta.delete(client)
    }
  }

  /** Ends the conversation, and takes those away from the room who were there through it. */
  end(): void {
    const { doc, awareness } = this.#parts
    doc.off('update', this.#edited)
    awareness.off('update', this.#presenceChanged)
    removeAwarenessStates(awareness, [...this.#fromPeer], this)
  }

  readonly #edited = (update: Uint8Array, origin: unknown): void => {
    // What came from the peer does not go back to it.
    if (origin !== this) this.#say(messageSync, (encoder) => writeUpdate(encoder, update))
  }

  readonly #presenceChanged = ({ added, updated, removed }: AwarenessChange, origin: unknown): void => {
    const { awareness } = this.#parts
    if (origin === this) {
      for (const client of added) this.#fromPeer.add(client)
      for (const client of removed) this.#fromPeer.delete(client)
      return
    }
    const changed = [...added, ...updated, ...removed]
    this.#say(messageAwareness, (encoder) => {
      encoding.writeVarUint8Array(encoder, encodeAwarenessUpdate(awareness, changed))
    })
  }

  #say(type: number, write: (encoder: encoding.Encoder) => void): void {
    const encoder = encoding.createEncoder()
    encoding.writeVarUint(encoder, type)
    write(encoder)
    this.#parts.send(encoding.toUint8Array(encoder))
  }
}
