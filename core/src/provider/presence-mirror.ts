/**
 * Keeps an awareness object of y-protocols and the presence of a document in step: what bindings show of themselves goes
 * out, what is heard of others comes in. Who is gone is the engine's to say ([PR2] to [PR5]).
 */
import type { Presence, PresenceChange } from '../presence/presence.ts'

/** What is used of y-protocols' Awareness. */
export interface AwarenessObject {
  readonly clientID: number
  readonly states: Map<number, Record<string, unknown>>
  readonly meta: Map<number, { clock: number; lastUpdated: number }>
  getLocalState(): Record<string, unknown> | null
  on(event: string, listener: (...parameters: never[]) => void): void
  off(event: string, listener: (...parameters: never[]) => void): void
  emit(event: string, parameters: readonly unknown[]): void
  destroy(): void
}

export interface PresenceMirrorOptions {
  readonly presence: Presence
  readonly awareness: AwarenessObject
  /** Origin of what comes from others. */
  readonly origin: unknown
  /** Milliseconds of the calendar, as y-protocols counts them. */
  readonly unixTime: () => number
  /** Hears of an own state that cannot be shown: it is too big. */
  readonly report: (thrown: unknown) => void
}

export class PresenceMirror {
  readonly #options: PresenceMirrorOptions
  /** Whom the awareness object has from here. */
  readonly #shown = new Set<number>()

  constructor(options: PresenceMirrorOptions) {
    this.#options = options
    const { presence, awareness } = options
    awareness.on('update', this.#onOwn)
    presence.on('change', this.#onChange)
    presence.on('update', this.#onUpdate)
    this.#sayOwn()
    this.#onChange({ added: [...presence.states.keys()], updated: [], removed: [] })
  }

  /** The others vanish from the awareness object; it stays usable. */
  detach(): void {
    const { presence, awareness } = this.#options
    awareness.off('update', this.#onOwn)
    presence.off('change', this.#onChange)
    presence.off('update', this.#onUpdate)
    this.#tell({ added: [], updated: [], removed: [...this.#shown] }, ['change', 'update'])
  }

  readonly #onOwn = ({ added, updated, removed }: PresenceChange): void => {
    const { clientID } = this.#options.awareness
    if ([...added, ...updated, ...removed].includes(clientID)) this.#sayOwn()
  }

  #sayOwn(): void {
    const { presence, awareness, report } = this.#options
    const state = awareness.getLocalState()
    if (state === null && presence.getLocalState() === null) return
    try {
      presence.setLocalState(state)
    } catch (thrown) {
      report(thrown)
    }
  }

  readonly #onChange = (change: PresenceChange): void => this.#tell(change, ['change'])

  readonly #onUpdate = (change: PresenceChange): void => this.#tell(change, ['update'])

  #tell(change: PresenceChange, events: readonly string[]): void {
    const { awareness, origin } = this.#options
    const others = {
      added: this.#foreign(change.added),
      updated: this.#foreign(change.updated),
      removed: this.#foreign(change.removed),
    }
    for (const client of [...others.added, ...others.updated]) this.#show(client)
    for (const client of others.removed) this.#hide(client)
    if (others.added.length + others.updated.length + others.removed.length === 0) return
    for (const event of events) awareness.emit(event, [others, origin])
  }

  #foreign(clients: readonly number[]): number[] {
    const { presence, awareness } = this.#options
    return clients.filter((client) => client !== awareness.clientID && client !== presence.clientID)
  }

  #show(client: number): void {
    const { presence, awareness, unixTime } = this.#options
    const state = presence.states.get(client)
    if (state === undefined) return
    this.#shown.add(client)
    awareness.states.set(client, state)
    awareness.meta.set(client, { clock: presence.meta.get(client)?.clock ?? 0, lastUpdated: unixTime() })
  }

  #hide(client: number): void {
    this.#shown.delete(client)
    this.#options.awareness.states.delete(client)
    this.#options.awareness.meta.delete(client)
  }
}
