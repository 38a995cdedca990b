import type {
  Log,
  MergeOutcome,
  Neighbour,
  Peer,
  PeerId,
  SharedDocument,
  Versions,
  Watched,
  Storage,
} from '@knotwork/core'
import type { Bridge } from './bridge/bridge.ts'
import { Bridges, type BridgeOptions } from './bridge/bridges.ts'
import type { DocumentHooks } from './hooks/document-hooks.ts'
import type { HistorySweep } from './history-sweep.ts'
import type { Lan } from './lan/lan.ts'
import type { PeerServer } from './server/peer-server.ts'
import type { Webhooks } from './webhooks/webhooks.ts'
import { dialledAddress } from './transport/address.ts'

export interface NodePeerParts {
  readonly server: PeerServer | null
  readonly data: string | null
  readonly durability: Storage['durability']
  readonly lan: Lan | null
  readonly sweep: HistorySweep
  readonly documentHooks: DocumentHooks
  readonly webhooks: Webhooks
  readonly log: Log
  readonly whyNotDirect: string | null
}

/** A peer together with the server it is reached by. */
export class NodePeer implements Peer {
  /** Where people open the page; null for a peer that does not listen. */
  readonly url: string | null
  /** The directory with identity and documents; null for a peer in memory. */
  readonly data: string | null
  /** When an edit counts as stored here: on the disk, handed to the system (`os`), or only in memory. */
  readonly durability: Storage['durability']
  /** Why this peer takes no direct links; null when it does. */
  readonly whyNotDirect: string | null
  readonly #peer: Peer
  readonly #server: PeerServer | null
  readonly #bridges: Bridges
  readonly #lan: Lan | null
  readonly #sweep: HistorySweep
  readonly #documentHooks: DocumentHooks
  readonly #webhooks: Webhooks
  #closing: Promise<void> | null = null

  constructor(
    peer: Peer,
    { server, data, durability, lan, sweep, log, whyNotDirect, documentHooks, webhooks }: NodePeerParts,
  ) {
    this.#peer = peer
    this.#server = server
    this.url = server?.url ?? null
    this.data = data
    this.durability = durability
    this.whyNotDirect = whyNotDirect
    this.#lan = lan
    this.#sweep = sweep
    this.#documentHooks = documentHooks
    this.#webhooks = webhooks
    this.#bridges = new Bridges({ peer, ownSignalling: server?.ownSignalling ?? null, log })
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

  get documentsInMemory(): number {
    return this.#peer.documentsInMemory
  }

  documents(): AsyncIterable<string> {
    return this.#peer.documents()
  }

  versions(name: string): Versions {
    return this.#peer.versions(name)
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

  /**
   * Joins a y-webrtc room as a peer of it, so that stock y-webrtc apps share the document of that name: stored here, passed on by
   * every transport. It needs the optional package node-datachannel; without it the status says so.
   *
   * @throws KnotworkError `bad-name`, `closed`, `in-use` when the room is bridged already, `bad-address` when this peer
   * neither listens nor was given a signalling server.
   *
   * @example
   * const bridge = peer.bridge({ room: 'notes/today', password: 'of the room' })
   * bridge.status.subscribe((status) => console.log(status))
   */
  bridge(options: BridgeOptions): Bridge {
    return this.#bridges.open(options)
  }

  /**
   * Asks the hook `onAuthenticate` again for everybody who is in. Who may not be any more is disconnected with 4403, who may
   * do something else with 4503, and comes back to that.
   */
  async reauthenticate(): Promise<void> {
    await this.#server?.visitors.reauthenticate()
  }

  close(): Promise<void> {
    this.#closing ??= this.#leave()
    return this.#closing
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  async #leave(): Promise<void> {
    // First, while there is signalling and the people behind this peer can be taken back from the rooms.
    this.#sweep.stop()
    await Promise.all([this.#bridges.close(), this.#lan?.close()])
    this.#server?.stopListening()
    await this.#documentHooks.finish()
    try {
      await this.#peer.close()
    } finally {
      await this.#server?.close()
      // Last: what was stored on the way out is told after the next start.
      await this.#webhooks.close()
    }
  }
}
