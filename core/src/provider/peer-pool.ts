/**
 * The peers behind the providers of one program: those with the same options share one, so that a page with twenty
 * documents has one socket. The last provider that goes closes its peer; one that comes in the same tick, as a component
 * does that is mounted twice, takes it over.
 */
import type { Peer } from '../engine/api.ts'
import type { Doc } from '../replica/replica.ts'
import { messageOf } from '../result.ts'
import type { ConnectionTrouble } from './provider-events.ts'

/** A provider's share in a peer. */
export interface Lease {
  readonly peer: Promise<Peer>
  /** Whether this provider wants the addresses of its options to be dialled. Resolves with those that are none. */
  setOnline(isOnline: boolean): Promise<readonly ConnectionTrouble[]>
  /** Resolves when nothing is left that was opened for this provider alone. */
  release(): Promise<void>
}

/** A share in a peer that is somebody else's to close. */
export function lent(peer: Peer | Promise<Peer>): Lease {
  return { peer: Promise.resolve(peer), setOnline: async () => [], release: async () => undefined }
}

/** The document that a lease is for. */
export interface Wanted {
  readonly room: string
  readonly doc: Doc
}

export interface PeerPoolOptions<Options> {
  /** Providers with the same key share a peer. */
  readonly keyOf: (options: Options) => string
  /** Addresses the peer is to be linked to while some provider is online; `open` leaves them alone. */
  readonly addressesOf: (options: Options) => readonly string[]
  /** `isSpare`: there is an open peer with these options already; this one is for a second Y.Doc of one room. */
  readonly open: (options: Options, isSpare: boolean) => Promise<Peer>
}

interface Share {
  readonly wanted: Wanted | null
}

interface SharedPeer {
  readonly key: string
  readonly opening: Promise<Peer>
  readonly addresses: readonly string[]
  readonly leases: Set<Share>
  readonly online: Set<Share>
  /** Ends the links to the addresses; null while they are not wanted. */
  unlink: (() => void) | null
  troubles: readonly ConnectionTrouble[]
  closing: Promise<void> | null
}

export class PeerPool<Options> {
  readonly #options: PeerPoolOptions<Options>
  readonly #peers = new Set<SharedPeer>()

  constructor(options: PeerPoolOptions<Options>) {
    this.#options = options
  }

  /** How many peers are open, or still closing. */
  get size(): number {
    return this.#peers.size
  }

  /** A share in the peer with these options. `wanted` null: whoever opens documents there sees to it that they are free. */
  lease(options: Options, wanted: Wanted | null): Lease {
    const shared = this.#find(this.#options.keyOf(options), wanted) ?? this.#open(options)
    const lease: Share = { wanted }
    shared.leases.add(lease)
    let released: Promise<void> | null = null
    return {
      peer: shared.opening,
      setOnline: (isOnline) => this.#setOnline(shared, lease, isOnline && released === null),
      release: () => (released ??= this.#release(shared, lease)),
    }
  }

  /** A peer has a room open with one Y.Doc at a time. */
  #find(key: string, wanted: Wanted | null): SharedPeer | undefined {
    const isFree = ({ leases }: SharedPeer): boolean =>
      [...leases].every((lease) => lease.wanted?.room !== wanted?.room || lease.wanted?.doc === wanted?.doc)
    return [...this.#peers].find((shared) => shared.key === key && shared.closing === null && isFree(shared))
  }

  #open(options: Options): SharedPeer {
    const key = this.#options.keyOf(options)
    const alike = [...this.#peers].filter((shared) => shared.key === key)
    const isSpare = alike.some(({ closing }) => closing === null)
    const addresses = this.#options.addressesOf(options)
    // Where a peer locks its data, the one before has to be gone.
    const before = Promise.all(alike.flatMap(({ closing }) => (closing === null ? [] : [closing])))
    const opening = before.then(() => this.#options.open(options, isSpare))
    const shared: SharedPeer = {
      key,
      opening,
      addresses,
      leases: new Set(),
      online: new Set(),
      unlink: null,
      troubles: [],
      closing: null,
    }
    this.#peers.add(shared)
    // Nobody else can use what could not be opened; whoever waits for it hears why.
    opening.catch(() => this.#peers.delete(shared))
    return shared
  }

  async #setOnline(shared: SharedPeer, lease: Share, isOnline: boolean): Promise<readonly ConnectionTrouble[]> {
    if (isOnline) shared.online.add(lease)
    else shared.online.delete(lease)
    try {
      this.#link(shared, await shared.opening)
    } catch {
      // Whoever waits for the peer hears that it could not be opened.
    }
    return shared.troubles
  }

  #link(shared: SharedPeer, peer: Peer): void {
    const isWanted = shared.online.size > 0 && shared.closing === null
    if (isWanted === (shared.unlink !== null)) return
    if (isWanted) {
      const dials = shared.addresses.map((address) => dial(peer, address))
      shared.troubles = dials.flatMap(({ trouble }) => (trouble === null ? [] : [trouble]))
      shared.unlink = () => {
        for (const { stop } of dials) stop()
      }
    } else {
      shared.unlink?.()
      shared.unlink = null
    }
  }

  async #release(shared: SharedPeer, lease: Share): Promise<void> {
    shared.leases.delete(lease)
    // A component that is mounted twice comes back before this tick is over.
    await Promise.resolve()
    // The last one leaves the links to its peer, which sends what is unsent before it ends them.
    if (shared.leases.size > 0) return void (await this.#setOnline(shared, lease, false))
    shared.closing ??= this.#close(shared)
    await shared.closing
  }

  async #close(shared: SharedPeer): Promise<void> {
    try {
      const peer = await shared.opening
      await peer.close()
    } catch {
      // It was never open, or said why it could not write when that happened: the status of its documents.
    } finally {
      this.#peers.delete(shared)
    }
  }
}

function dial(peer: Peer, address: string): { readonly stop: () => void; readonly trouble: ConnectionTrouble | null } {
  try {
    return { stop: peer.connect(address), trouble: null }
  } catch (thrown) {
    return { stop: () => undefined, trouble: { address, reason: messageOf(thrown), code: null } }
  }
}
