/**
 * Presence as y-codemirror.next should see it. The binding puts colours into style attributes and follows cursors as
 * they come; both are written by strangers, so here only plain colours and well-formed positions in our text pass.
 */
import type { SharedDocument } from '@knotwork/web-peer'
import * as Y from 'yjs'
import { personOf } from '../model/people.ts'

type Presence = SharedDocument['presence']
type Fields = Readonly<Record<string, unknown>>

/** More carets than anybody can tell apart only cost time. */
const caretsMax = 50

export class CarefulPresence {
  readonly #presence: Presence
  readonly #root: string
  readonly #careful = new WeakMap<Fields, Fields>()

  /** `root`: the name of the text in which positions are shown. */
  constructor(presence: Presence, root: string) {
    this.#presence = presence
    this.#root = root
  }

  get doc(): { readonly clientID: number } {
    return { clientID: this.#presence.clientID }
  }

  getStates(): Map<number, Fields> {
    const states = new Map<number, Fields>()
    for (const [client, state] of this.#presence.getStates()) {
      if (states.size >= caretsMax) break
      if (client !== this.#presence.clientID) states.set(client, this.#carefulState(client, state))
    }
    return states
  }

  getLocalState(): Fields | null {
    return this.#presence.getLocalState()
  }

  setLocalStateField(field: string, value: unknown): void {
    this.#presence.setLocalStateField(field, value)
  }

  on(event: 'change', listener: Parameters<Presence['on']>[1]): void {
    this.#presence.on(event, listener)
  }

  off(event: 'change', listener: Parameters<Presence['off']>[1]): void {
    this.#presence.off(event, listener)
  }

  #carefulState(client: number, state: Fields): Fields {
    const known = this.#careful.get(state)
    if (known !== undefined) return known
    const person = personOf(client, state)
    const cursor = cursorIn(this.#root, state['cursor'])
    const careful =
      person === null || cursor === null
        ? {}
        : { user: { name: person.name, color: person.color, colorLight: `${person.color}33` }, cursor }
    this.#careful.set(state, careful)
    return careful
  }
}

function cursorIn(root: string, cursor: unknown): Fields | null {
  if (!isFields(cursor)) return null
  const [anchor, head] = [positionIn(root, cursor['anchor']), positionIn(root, cursor['head'])]
  return anchor === null || head === null ? null : { anchor, head }
}

function positionIn(root: string, position: unknown): Y.RelativePosition | null {
  if (!isFields(position)) return null
  const { tname, item, assoc } = position
  if (tname !== root) return null
  const id = isFields(item) ? idOf(item) : null
  // Without an item it is the end of the text.
  if (id === null && item !== null && item !== undefined) return null
  return new Y.RelativePosition(null, root, id, typeof assoc === 'number' && assoc < 0 ? -1 : 0)
}

function idOf({ client, clock }: Fields): Y.ID | null {
  const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && Number(value) >= 0
  return isCount(client) && isCount(clock) ? Y.createID(client, clock) : null
}

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null
}
