/**
 * Who is here, with what name, colour and carets: the awareness protocol (PROTOCOL.md, PR), without timers or a clock.
 *
 * Towards an app it is y-protocols' Awareness: bindings read `states`, set the local state and listen to `change` and
 * `update`. Towards the engine it is a table with a path for each entry: a state is believed gone when its owner says
 * so (a higher clock), when the very link it came by says so or breaks, or when it was not renewed for 30 s. So a cut
 * link clears the ghosts behind it at once, while a state that has another way here stays.
 */
import { utf8 } from '../bytes.ts'
import type { LinkId, Millis } from '../ids.ts'
import { limits } from '../limits.ts'
import { Absentees } from './absentees.ts'
import { encodePresence, parseState, type PresenceEntry, type PresenceState } from './presence-codec.ts'

export interface PresenceChange {
  readonly added: number[]
  readonly updated: number[]
  readonly removed: number[]
}

type PresenceListener = (change: PresenceChange, origin: unknown) => void
export type PresenceEvent = 'change' | 'update'

interface Heard {
  readonly clock: number
  readonly json: string
  /** The link it came by; null for our own. */
  readonly via: LinkId | null
  readonly at: Millis
}

/** What comes of one message. */
interface Receipt {
  readonly change: PresenceChange
  readonly unchanged: number[]
  readonly answers: PresenceEntry[]
}

interface Outgoing extends PresenceEntry {
  readonly except: LinkId | null
  /** That link has told it to others, too. */
  readonly isFlooded: boolean
}

/** How a message came. `isEdge`: from a client that may speak for itself only; `isFlooded`: its sender told others, too. */
interface Arrival {
  readonly now: Millis
  readonly isEdge: boolean
  readonly isFlooded?: boolean
}

/** What is to be told to all but one link, and where `isFlooded` also not to those that link reaches. */
export interface OutgoingPresence {
  readonly states: Uint8Array
  readonly except: LinkId | null
  readonly isFlooded: boolean
}

/** Whose presence the own state is: a Y.Doc, or a stand-in while no app has the document open. */
export interface Speaker {
  readonly clientID: number
}

export interface PresenceOptions {
  /** The local state changed and wants to be sent. Must not throw. */
  readonly changed: () => void
  readonly faulted: (thrown: unknown, where: string) => void
}

export class Presence {
  /** All states known, the own one included. */
  readonly states = new Map<number, PresenceState>()
  /** As in y-protocols: clock and time of the last news. */
  readonly meta = new Map<number, { readonly clock: number; readonly lastUpdated: Millis }>()
  #doc: Speaker
  #clientId: number
  readonly #options: PresenceOptions
  readonly #listeners: Record<PresenceEvent, Set<PresenceListener>> = { change: new Set(), update: new Set() }
  readonly #heard = new Map<number, Heard>()
  readonly #absentees = new Absentees()
  /** Whom each client of another wire speaks for: its own id, null when it named none alone. */
  readonly #guests = new Map<LinkId, number | null>()
  #outgoing = new Map<number, Outgoing>()
  #sentAt: Millis | null = null

  constructor(doc: Speaker, options: PresenceOptions) {
    this.#doc = doc
    this.#clientId = doc.clientID
    this.#options = options
  }

  /** The document this presence is about; bindings read `doc.clientID`. */
  get doc(): Speaker {
    return this.#doc
  }

  /** Under which the own state is shown: the document's client id when the app opened it. */
  get clientID(): number {
    return this.#clientId
  }

  // --- what apps and bindings use ------------------------------------------------------------------------------

  on(event: PresenceEvent, listener: PresenceListener): void {
    this.#listeners[event].add(listener)
  }

  off(event: PresenceEvent, listener: PresenceListener): void {
    this.#listeners[event].delete(listener)
  }

  getStates(): Map<number, PresenceState> {
    return this.states
  }

  getLocalState(): PresenceState | null {
    return this.states.get(this.clientID) ?? null
  }

  /** Shows this to everybody; null takes the own entry away. A state above 4 KiB of JSON throws. */
  setLocalState(state: PresenceState | null): void {
    const json = JSON.stringify(state)
    const sizeBytes = utf8(json).byteLength
    if (sizeBytes > limits.presenceStateBytesMax) {
      throw new RangeError(
        `a presence state has at most ${limits.presenceStateBytesMax} bytes of JSON, this one has ${sizeBytes}`,
      )
    }
    const before = this.#heard.get(this.clientID)
    const isSame = before?.json === json
    const clock = Math.max(this.meta.get(this.clientID)?.clock ?? 0, this.#absentees.clockOf(this.clientID)) + 1
    const had = this.states.has(this.clientID)
    this.#putOwn(clock, json, state)
    this.#options.changed()
    const { clientID } = this
    const change: PresenceChange = {
      added: state !== null && !had ? [clientID] : [],
      updated: state !== null && had ? [clientID] : [],
      removed: state === null && had ? [clientID] : [],
    }
    this.#emit(change, 'local', isSame ? [clientID] : [])
  }

  setLocalStateField(field: string, value: unknown): void {
    const state = this.getLocalState() ?? {}
    // An own property whatever the field is called.
    this.setLocalState(Object.fromEntries([...Object.entries(state), [field, value]]))
  }

  /** For bindings that destroy what they were given: takes the own entry away. */
  destroy(): void {
    if (this.getLocalState() !== null) this.setLocalState(null)
    this.#listeners.change.clear()
    this.#listeners.update.clear()
  }

  /** An app opened the document: the own state is that of its client from now on. */
  speakFor(doc: Speaker): void {
    if (this.getLocalState() !== null) this.setLocalState(null)
    const own = this.#heard.get(this.clientID)
    if (own !== undefined) this.#absentees.noteLeft(this.clientID, own.clock)
    this.#heard.delete(this.clientID)
    this.meta.delete(this.clientID)
    this.#doc = doc
    this.#clientId = doc.clientID
  }

  // --- what the engine uses --------------------------------------------------------------------------------------

  /**
   * Merges what came by a link (PROTOCOL.md [PR1] to [PR4]); returns what to answer there at once.
   */
  receive(entries: readonly PresenceEntry[], via: LinkId, context: Arrival): readonly PresenceEntry[] {
    const receipt: Receipt = { change: { added: [], updated: [], removed: [] }, unchanged: [], answers: [] }
    if (context.isEdge) this.#noteGuest(entries, via)
    for (const entry of entries) this.#receiveOne(entry, via, { ...context, ...receipt })
    this.#emit(receipt.change, via, receipt.unchanged)
    return receipt.answers
  }

  /** The first word of a client of another wire is about itself; later it also repeats what it heard. */
  #noteGuest([first, ...others]: readonly PresenceEntry[], via: LinkId): void {
    if (first === undefined || this.#guests.has(via)) return
    this.#guests.set(via, others.length === 0 ? first.client : null)
  }

  #receiveOne(entry: PresenceEntry, via: LinkId, context: Receipt & Arrival): void {
    const { client, clock, json } = entry
    const { now, isEdge, change, unchanged } = context
    const state = parseState(json)
    if (state === undefined) return
    if (client === this.clientID) return this.#answerForOwn(entry)
    const known = this.#heard.get(client)
    if (known === undefined) {
      if (state !== null) return this.#show(entry, state, via, context)
      // It overtook the state it ends, or that is out of sight; with this very clock it may still come back.
      return this.#absentees.noteLeft(client, clock - 1)
    }
    // A guest that was cut off and is back: what is known of it by way of others is from before.
    const isBack = clock > known.clock && this.#guests.get(via) === client
    if (isEdge && known.via !== via && !isBack) return
    if (clock > known.clock) {
      if (state === null) this.#remove(client, clock, via, change)
      else {
        if (json === known.json) unchanged.push(client)
        this.#put(entry, { state, via, at: now, isFlooded: context.isFlooded === true })
        change.updated.push(client)
      }
    } else if (clock === known.clock && state === null) {
      if (known.via === via) this.#forget(client, via, change)
      // It has another way to us: whoever lost sight of it may have it from here.
      else this.#send({ client, clock: known.clock, json: known.json }, known.via)
    }
  }

  /** Somebody comes (back) into sight, unless that is a ghost. */
  #show(
    entry: PresenceEntry,
    state: PresenceState,
    via: LinkId,
    { now, change, answers, isFlooded = false }: Receipt & Arrival,
  ): void {
    const at = this.#absentees.ageOf(entry, now)
    const answer = this.#absentees.answerTo(entry)
    if (answer !== null) answers.push(answer)
    if (at === null || this.states.size >= limits.presenceStatesMax) return
    this.#put(entry, { state, via, at, isFlooded })
    change.added.push(entry.client)
  }

  /** Somebody says we left, or shows another state of ours: say what it is. */
  #answerForOwn({ clock, json }: PresenceEntry): void {
    const own = this.#heard.get(this.clientID)
    const state = this.getLocalState()
    if (own === undefined || state === null || clock < own.clock) return
    // Our own words, come back around a ring: answering them would go around for ever.
    if (clock === own.clock && json === own.json) return
    this.#options.changed()
    this.#putOwn(clock + 1, own.json, state)
  }

  #putOwn(clock: number, json: string, state: PresenceState | null): void {
    const { clientID: client } = this
    const at = this.#heard.get(client)?.at ?? 0
    if (state === null) this.states.delete(client)
    else this.states.set(client, state)
    this.meta.set(client, { clock, lastUpdated: at })
    this.#heard.set(client, { clock, json, via: null, at })
    this.#send({ client, clock, json }, null)
  }

  #put(
    entry: PresenceEntry,
    { state, via, at, isFlooded }: { state: PresenceState; via: LinkId; at: Millis; isFlooded: boolean },
  ): void {
    const { client, clock, json } = entry
    this.states.set(client, state)
    this.meta.set(client, { clock, lastUpdated: at })
    this.#heard.set(client, { clock, json, via, at })
    this.#send(entry, via, isFlooded)
  }

  #send({ client, clock, json }: PresenceEntry, except: LinkId | null, isFlooded = false): void {
    this.#outgoing.set(client, { client, clock, json, except, isFlooded })
  }

  /** Its owner left: remembered, so that a late message does not bring it back. */
  #remove(client: number, clock: number, except: LinkId | null, change: PresenceChange): void {
    this.#drop(client, change)
    this.#absentees.noteLeft(client, clock)
    this.#send({ client, clock, json: 'null' }, except)
  }

  /** Out of sight, not known to be gone: it may come back with the clock it had. */
  #forget(client: number, except: LinkId | null, change: PresenceChange): void {
    const { clock, at } = this.#heard.get(client) ?? { clock: 0, at: 0 }
    this.#drop(client, change)
    this.#absentees.noteUnseen(client, clock, at)
    this.#send({ client, clock, json: 'null' }, except)
  }

  #drop(client: number, change: PresenceChange): void {
    this.states.delete(client)
    this.meta.delete(client)
    this.#heard.delete(client)
    change.removed.push(client)
  }

  /** A link broke: what was heard only through it is forgotten (PROTOCOL.md [PR3]). */
  linkLost(via: LinkId): void {
    this.#guests.delete(via)
    const change: PresenceChange = { added: [], updated: [], removed: [] }
    for (const [client, heard] of [...this.#heard]) if (heard.via === via) this.#forget(client, via, change)
    this.#emit(change, via, [])
  }

  /** Renews the own state and drops those not renewed (PROTOCOL.md [PR5]). */
  passTime(now: Millis): void {
    const change: PresenceChange = { added: [], updated: [], removed: [] }
    for (const [client, heard] of [...this.#heard]) {
      if (client === this.clientID) {
        if (this.#isToBeRenewed(heard) && now - heard.at >= limits.presenceRenewMs) {
          this.#putOwn(heard.clock + 1, heard.json, this.getLocalState())
        }
      } else if (now - heard.at >= limits.presenceGoneMs) {
        this.#drop(client, change)
        this.#absentees.noteLeft(client, heard.clock)
      }
    }
    this.#emit(change, 'timeout', [])
  }

  /** Not while it waits to be sent: that is its renewal, and being woken for another one would only repeat itself. */
  #isToBeRenewed(own: Heard): boolean {
    return this.getLocalState() !== null && own.at !== 0 && !this.#outgoing.has(this.clientID)
  }

  /** When `passTime` or `takeOutgoing` has something to do next; null for never. */
  deadline(): Millis | null {
    let due: Millis | null = this.#outgoing.size > 0 ? (this.#sentAt ?? 0) + limits.presenceEveryMs : null
    for (const [client, heard] of this.#heard) {
      if (client === this.clientID && !this.#isToBeRenewed(heard)) continue
      const at = heard.at + (client === this.clientID ? limits.presenceRenewMs : limits.presenceGoneMs)
      if (due === null || at < due) due = at
    }
    return due
  }

  /**
   * What changed since the last call, each part with the link it must not go back to; coalesced to one message in
   * `limits.presenceEveryMs` (PROTOCOL.md [PR6]).
   */
  takeOutgoing(now: Millis): readonly OutgoingPresence[] {
    if (this.#outgoing.size === 0) return []
    if (this.#sentAt !== null && now - this.#sentAt < limits.presenceEveryMs) return []
    this.#sentAt = now
    const groups = new Map<string, Outgoing[]>()
    for (const entry of this.#outgoing.values()) {
      const key = `${entry.except} ${entry.isFlooded}`
      const group = groups.get(key)
      if (group === undefined) groups.set(key, [entry])
      else group.push(entry)
      if (entry.client === this.clientID) this.#noteSent(entry, now)
    }
    this.#outgoing = new Map()
    return [...groups.values()].map((entries) => {
      const { except = null, isFlooded = false } = entries[0] ?? {}
      return { states: encodePresence(entries), except, isFlooded }
    })
  }

  #noteSent(entry: PresenceEntry, now: Millis): void {
    this.#heard.set(entry.client, { clock: entry.clock, json: entry.json, via: null, at: now })
    this.meta.set(entry.client, { clock: entry.clock, lastUpdated: now })
  }

  /** Whether every change has been told to whoever is there. */
  get isTold(): boolean {
    return this.#outgoing.size === 0
  }

  /** All states, for a newcomer; null when there are none. */
  encodeAll(): Uint8Array | null {
    const entries: PresenceEntry[] = []
    for (const [client, heard] of this.#heard) {
      if (heard.json !== 'null') entries.push({ client, clock: heard.clock, json: heard.json })
    }
    return entries.length === 0 ? null : encodePresence(entries)
  }

  #emit(change: PresenceChange, origin: unknown, unchanged: readonly number[]): void {
    const { added, updated, removed } = change
    const filtered = updated.filter((client) => !unchanged.includes(client))
    if (added.length + filtered.length + removed.length > 0)
      this.#call('change', { added, updated: filtered, removed }, origin)
    if (added.length + updated.length + removed.length > 0) this.#call('update', change, origin)
  }

  #call(event: PresenceEvent, change: PresenceChange, origin: unknown): void {
    for (const listener of [...this.#listeners[event]]) {
      try {
        listener(change, origin)
      } catch (thrown) {
        this.#options.faulted(thrown, `presence ${event}`)
      }
    }
  }
}
