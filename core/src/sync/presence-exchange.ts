/** Presence on its way between the table of states and the neighbours of one document (PROTOCOL.md, PR). */
import type { LinkId, Millis } from '../ids.ts'
import { decodePresence, encodePresence } from '../presence/presence-codec.ts'
import type { Presence } from '../presence/presence.ts'
import { closeCode } from '../wire/close-code.ts'
import type { DocumentMessage } from '../wire/message.ts'
import { isActive, type Neighbour } from './neighbour.ts'
import { isReachedBy, reachOf } from './reach.ts'
import type { SyncEffect } from './sync-events.ts'

interface Neighbours {
  get(link: LinkId): Neighbour | undefined
  values(): Iterable<Neighbour>
}

export class PresenceExchange {
  readonly #presence: Presence
  readonly #effect: (effect: SyncEffect) => void

  constructor(presence: Presence, effect: (effect: SyncEffect) => void) {
    this.#presence = presence
    this.#effect = effect
  }

  receive(neighbour: Neighbour, message: Extract<DocumentMessage, { type: 'presence' }>, now: Millis): void {
    const decoded = decodePresence(message.states)
    const { link, traits } = neighbour
    if (!decoded.ok) {
      return this.#effect({ type: 'closeLink', link, code: closeCode.garbage, reason: decoded.error })
    }
    const { entries, tooBig } = decoded.value
    if (tooBig > 0) this.#effect({ type: 'log', level: 'warn', event: 'presence too big', details: { count: tooBig } })
    const isFlooded = message.reach === neighbour.talk.told.version
    const answers = this.#presence.receive(entries, link, { now, isEdge: traits.kind === 'edge', isFlooded })
    if (answers.length === 0) return
    this.#effect({ type: 'send', link, message: { type: 'presence', states: encodePresence(answers) } })
  }

  /** All that is known, for somebody who joined or asked. */
  sendAll(link: LinkId): void {
    const states = this.#presence.encodeAll()
    if (states !== null) this.#effect({ type: 'send', link, message: { type: 'presence', states } })
  }

  /** Everything to whoever has just begun to take part, and what has changed to everybody but where it came from. */
  flush(neighbours: Neighbours, now: Millis): void {
    for (const neighbour of neighbours.values()) {
      if (!isActive(neighbour) || neighbour.greeted) continue
      neighbour.greeted = true
      this.sendAll(neighbour.link)
    }
    const changes = this.#presence.takeOutgoing(now)
    if (changes.length === 0) return
    const audience = [...neighbours.values()].filter((neighbour) => isActive(neighbour) && !neighbour.behind)
    for (const { states, except, isFlooded } of changes) {
      // [BR8] Those whom the one it came from has told itself are left out.
      const from = isFlooded && except !== null ? neighbours.get(except) : undefined
      for (const neighbour of audience) {
        const { link } = neighbour
        if (link === except || isReachedBy(neighbour, from, from?.talk.told.version)) continue
        this.#effect({ type: 'send', link, message: { type: 'presence', states, ...reachOf(neighbour) } })
      }
    }
  }
}
