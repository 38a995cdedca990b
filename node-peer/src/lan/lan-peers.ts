/** Whom the local network named, and who of them is dialled. Without IO: `found`, `neighbours` and `looked` tell it, it answers whom to dial. */
import type { PeerId } from '@knotwork/core'
import { lanLimits } from './lan-limits.ts'
import type { LanPeer } from './lan-records.ts'

export type LanEffect =
  | { readonly type: 'dial'; readonly id: PeerId; readonly address: string }
  | { readonly type: 'hangUp'; readonly id: PeerId }

interface Seen {
  readonly address: string
  readonly heardAt: number
}

export class LanPeers {
  readonly #own: PeerId
  readonly #seen = new Map<PeerId, Seen>()
  readonly #dialled = new Map<PeerId, string>()
  #linked: ReadonlySet<PeerId> = new Set()

  constructor(own: PeerId) {
    this.#own = own
  }

  /** `address`: where it is, by the packet that named it. A packet names no other machine than its own. */
  found({ id, isLeaving }: LanPeer, address: string, now: number): readonly LanEffect[] {
    if (id === this.#own) return []
    // Anybody can say that another leaves: a link that works stays.
    if (isLeaving) return this.#linked.has(id) ? [] : this.#forget(id)
    if (!this.#seen.has(id) && this.#seen.size >= lanLimits.seenMax) return []
    this.#seen.set(id, { address, heardAt: now })
    const dialled = this.#dialled.get(id)
    const hasMoved = dialled !== undefined && dialled !== address && !this.#linked.has(id)
    return [...(hasMoved ? this.#hangUp(id) : []), ...this.#fill()]
  }

  /** Those a link is held to, however it came about. */
  neighbours(linked: ReadonlySet<PeerId>): readonly LanEffect[] {
    this.#linked = linked
    return this.#fill()
  }

  /** Some time has passed. */
  looked(now: number): readonly LanEffect[] {
    const gone = [...this.#seen].filter(
      ([id, { heardAt }]) => now - heardAt >= lanLimits.goneMs && !this.#linked.has(id),
    )
    return [...gone.flatMap(([id]) => this.#forget(id)), ...this.#fill()]
  }

  #fill(): readonly LanEffect[] {
    const effects: LanEffect[] = []
    for (const [id, { address }] of this.#seen) {
      if (this.#dialled.size >= lanLimits.dialledMax) break
      if (this.#dialled.has(id) || this.#linked.has(id)) continue
      this.#dialled.set(id, address)
      effects.push({ type: 'dial', id, address })
    }
    return effects
  }

  #forget(id: PeerId): readonly LanEffect[] {
    this.#seen.delete(id)
    return this.#hangUp(id)
  }

  #hangUp(id: PeerId): readonly LanEffect[] {
    return this.#dialled.delete(id) ? [{ type: 'hangUp', id }] : []
  }
}
