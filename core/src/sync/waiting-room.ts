/**
 * Updates that wait for what others are to bring, and those who sent them: once all that somebody sent is merged, it is
 * acknowledged (PROTOCOL.md [DS7]).
 */
import type { Millis } from '../ids.ts'
import { bulkLimits } from '../replica/gate.ts'
import type { Replica } from '../replica/replica.ts'
import { loseHeldBack, noteReceived, type Neighbour } from './neighbour.ts'
import type { Neighbourhood } from './neighbourhood.ts'
import type { Relay } from './relay.ts'
import { WaitingUpdates, type WaitingUpdate } from './waiting-updates.ts'

export interface WaitingRoomOptions {
  readonly replica: Replica
  readonly neighbours: Neighbourhood
  readonly relay: Relay
  /** Takes over what the replica has announced. */
  readonly collect: () => void
  readonly acknowledge: (neighbour: Neighbour, at: Millis) => void
}

export class WaitingRoom {
  readonly #options: WaitingRoomOptions
  readonly #updates = new WaitingUpdates()

  constructor(options: WaitingRoomOptions) {
    this.#options = options
    // What waited in a room before this one is gone with it.
    for (const neighbour of options.neighbours.values()) loseHeldBack(neighbour)
  }

  get isEmpty(): boolean {
    return this.#updates.count === 0
  }

  /** False when there is no room. */
  add(waiting: WaitingUpdate): boolean {
    return this.#updates.add(waiting)
  }

  /** Offers waiting updates again until no more of them fit. */
  retry(): void {
    const { replica, relay, neighbours, collect } = this.#options
    let hasNews = true
    while (hasNews && this.#updates.count > 0) {
      hasNews = false
      const taken = this.#updates.take()
      const results = replica.merge(
        taken.map((waiting) => waiting.update),
        bulkLimits,
      )
      collect()
      for (const [index, merged] of results.entries()) {
        const waiting = taken[index]
        if (waiting === undefined) continue
        if (merged.type === 'refused') loseHeldBack(neighbours.get(waiting.from))
        else if (merged.type === 'waiting') this.#updates.add(waiting)
        else if (merged.type === 'news') {
          hasNews = true
          relay.passOn(waiting.update, merged, { link: waiting.from })
        }
      }
    }
  }

  /** Whatever has waited has been merged: of those who sent it nothing is missing any more. */
  letGo(now: Millis): void {
    const { neighbours, acknowledge } = this.#options
    for (const neighbour of neighbours.values()) {
      const { heldBack, received, seen, link } = neighbour
      if (heldBack <= received || heldBack < seen || this.#updates.has(link)) continue
      noteReceived(neighbour, heldBack)
      acknowledge(neighbour, now)
    }
  }
}
