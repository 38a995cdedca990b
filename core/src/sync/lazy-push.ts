/**
 * Big updates in a mesh (PROTOCOL.md [BR7]). Small ones flood: what comes by a second way costs as little as a word
 * about it. An update above `pushBytesMax` that came by a second way makes us ask its sender for ids first from then
 * on; so the links that bring big updates become a tree, and the others mend it. These are the eager and the lazy push
 * of "Epidemic Broadcast Trees" (Leitão, Pereira, Rodrigues, 2007), one tree for each pair of neighbours that needs it.
 */
import type { LinkId, Millis } from '../ids.ts'
import { limits } from '../limits.ts'
import type { Inspection } from '../replica/gate.ts'
import { isActive, raise, type Neighbour } from './neighbour.ts'
import type { Outbox } from './outbox.ts'
import type { SyncEffect } from './sync-events.ts'

export interface LazyPushOptions {
  readonly neighbours: { values(): Iterable<Neighbour> }
  readonly outbox: Outbox
  /** The clock after the last struct of a client that is here. */
  readonly clockOf: (client: number) => number
  /** Compares states: the neighbour sees that we are level. */
  readonly tellDigest: (neighbour: Neighbour) => void
  readonly effect: (effect: SyncEffect) => void
}

export class LazyPush {
  readonly #options: LazyPushOptions

  constructor(options: LazyPushOptions) {
    this.#options = options
  }

  /** It sent an update that was here already. */
  noteKnown(neighbour: Neighbour, update: Uint8Array): void {
    if (update.byteLength <= limits.pushBytesMax || neighbour.pruned || neighbour.traits.kind !== 'peer') return
    if (!this.#hasOther(neighbour)) return
    neighbour.pruned = true
    this.#options.effect({ type: 'send', link: neighbour.link, message: { type: 'prune' } })
  }

  /** Whether big updates come from somebody else, too. */
  #hasOther(neighbour: Neighbour): boolean {
    for (const other of this.#options.neighbours.values()) {
      if (other !== neighbour && isActive(other) && other.traits.kind === 'peer' && !other.pruned) return true
    }
    return false
  }

  /** Announces a relayed update to those that asked for ids; true when there are any. */
  announce(update: Uint8Array, inspection: Inspection, options: { mark: number; from: LinkId | null }): boolean {
    const { mark, from } = options
    // Deletes alone have no ids; what is made here is nowhere else.
    if (from === null || update.byteLength <= limits.pushBytesMax || inspection.to.size === 0) return false
    let hasLazy = false
    for (const { lazy, link } of this.#options.neighbours.values()) if (lazy && link !== from) hasLazy = true
    if (hasLazy) this.#options.outbox.push({ type: 'announceIds', mark, ids: inspection.to, except: from })
    return hasLazy
  }

  /** It holds these: they are on their way to us by another link, or else it is asked for them. */
  hear(neighbour: Neighbour, ids: ReadonlyMap<number, number>, now: Millis): void {
    raise(neighbour.said, ids)
    raise(neighbour.vector, ids)
    if (!this.#lacks(neighbour)) return this.#options.tellDigest(neighbour)
    neighbour.weHaveTheirs = false
    neighbour.lackingSince ??= now
    neighbour.graftAt ??= now + limits.graftMs
  }

  /** After something was merged: who announced it sees that it came. */
  settle(): void {
    for (const neighbour of this.#options.neighbours.values()) {
      if (neighbour.graftAt === null || this.#lacks(neighbour)) continue
      neighbour.graftAt = null
      neighbour.lackingSince = null
      this.#options.tellDigest(neighbour)
    }
  }

  #lacks(neighbour: Neighbour): boolean {
    for (const [client, clock] of neighbour.said) if (clock > this.#options.clockOf(client)) return true
    return false
  }
}
