import type { MergeOutcome, Neighbour, Peer, PeerId, SharedDocument, Watched } from '@knotwork/core'
import type { PeerServer } from './server/peer-server.ts'
import { dialledAddress } from './transport/address.ts'

export interface NodePeerParts {
  readonly server: PeerServer | null
  readonly data: string | null
}

/** A peer together with the server it is reached by. */
export class NodePeer implements Peer {
  /** Where people open the page; null for a peer that does not listen. */
  readonly url: string | null
  /** The directory with identity and documents; null for a peer in memory. */
  readonly data: string | null
  readonly #peer: Peer
  readonly #server: PeerServer | null
  #closing: Promise<void> | null = null

  constructor(peer: Peer, { server, data }: NodePeerParts) {
    this.#peer = peer
    this.#server = server
    this.url = server?.url ?? null
    this.data = data
  }

  get id(): PeerId {
    return this.#peer.id
  }

  get neighbours(): Watched<readonly Neighbour[]> {
    return this.#peer.neighbours
  }

  get addresses(): readonly string[] {
    return this.#peer.addresses
  }

  get accept(): Peer['accept'] {
    return this.#peer.accept
  }

  open(...parameters: Parameters<Peer['open']>): SharedDocument {
    return this.#peer.open(...parameters)
  }

  connect(address: string): () => void {
    return this.#peer.connect(dialledAddress(address))
  }

  documents(): AsyncIterable<string> {
    return this.#peer.documents()
  }

  read(name: string): Promise<Uint8Array | null> {
    return this.#peer.read(name)
  }

  merge(name: string, update: Uint8Array): Promise<MergeOutcome> {
    return this.#peer.merge(name, update)
  }

  attachYjs(...parameters: Parameters<Peer['attachYjs']>): ReturnType<Peer['attachYjs']> {
    return this.#peer.attachYjs(...parameters)
  }

  close(): Promise<void> {
    this.#closing ??= this.#leave()
    return this.#closing
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  async #leave(): Promise<void> {
    this.#server?.stopListening()
    try {
      await this.#peer.close()
    } finally {
      await this.#server?.close()
    }
  }
}
