/**
 * Nothing leaves a peer that its own log does not hold yet (PROTOCOL.md [ST2]): whatever wants out waits here, in
 * order, behind the mark of the newest change it may speak of. A peer that sent first and crashed would leave every
 * replica with updates whose predecessors nobody has.
 */
import type { Digest, LinkId, Millis } from '../ids.ts'
import { limits } from '../limits.ts'
import { joined } from '../replica/joining.ts'
import type { Have } from '../wire/message.ts'
import { leaveTo } from './doubt.ts'
import { isActive, noteSent, noteSkipped, raise, type Neighbour, type Vector } from './neighbour.ts'
import { isReachedBy, reachOf } from './reach.ts'
import type { Settled, SyncEffect } from './sync-events.ts'

/** An update for everybody but its sender, as it came. */
export interface Broadcast {
  readonly type: 'broadcast'
  readonly mark: number
  readonly update: Uint8Array
  readonly except: LinkId | null
  /** Version of the list of those whom that link reaches itself; none where it named none that we know [BR8]. */
  readonly reach?: number
  /** First clock and clock after the last struct, per client. */
  readonly from: Vector
  readonly to: Vector
  readonly hasDeletes: boolean
  /** Number of the last own edit made before or with it. */
  readonly edits: number
  /** Clients of other wires cannot fetch: they get big updates too, which peers only hear of (`announce`). */
  readonly audience: 'all' | 'edges'
  /** An `announceIds` follows for those that asked for ids first. */
  readonly isAnnounced: boolean
}

export type OutboxEntry =
  | Broadcast
  /** Something big is new here: peers hear what we hold and fetch it, once (PROTOCOL.md [BR3]). */
  | { readonly type: 'announce'; readonly mark: number; readonly have: Have; readonly except: LinkId | null }
  /** Those that asked for ids first hear of a big update (PROTOCOL.md [BR7]). */
  | { readonly type: 'announceIds'; readonly mark: number; readonly ids: Vector; readonly except: LinkId | null }
  /** For one link; `edits` where it is a `missing`: everything of ours up to that edit. */
  | {
      readonly type: 'tell'
      readonly mark: number
      readonly link: LinkId
      readonly say: Saying
      readonly edits: number
    }
  | { readonly type: 'settle'; readonly mark: number; readonly request: number; readonly settled: Settled }

/** What is told to one link; sequences are given when it leaves. */
export type Saying =
  | { readonly type: 'open'; readonly have: Have }
  | { readonly type: 'have'; readonly have: Have }
  | { readonly type: 'digest'; readonly digest: Digest; readonly answer: boolean }
  | { readonly type: 'missing'; readonly digest: Digest; readonly update: Uint8Array; readonly to: Vector }

interface Neighbours {
  get(link: LinkId): Neighbour | undefined
  values(): Iterable<Neighbour>
}

export class Outbox {
  #entries: OutboxEntry[] = []
  /** Edits made here lately: in the log or on their way into it, and sent together with those that follow at once. */
  #held: Broadcast[] = []
  #heldUntil: Millis = 0

  get isEmpty(): boolean {
    return this.#entries.length === 0 && this.#held.length === 0
  }

  push(entry: OutboxEntry): void {
    // What is told of our state speaks of the edits that are held, too.
    if (entry.type === 'tell' || entry.type === 'announce') this.#letGo()
    this.#entries.push(entry.type === 'broadcast' ? this.#withoutHeld(entry) : entry)
  }

  /** [BR6] An edit made here: the first after a pause leaves at once, the others of one burst leave together. */
  hold(edit: Broadcast): void {
    this.#held.push(edit)
  }

  /** When to release what is held; null when nothing is. */
  deadline(): Millis | null {
    return this.#held.length === 0 ? null : this.#heldUntil
  }

  /** What overtakes held edits is no word about them: its acknowledgement must not cover them. */
  #withoutHeld(entry: Broadcast): Broadcast {
    const [held] = this.#held
    return held === undefined ? entry : { ...entry, edits: Math.min(entry.edits, held.edits - 1) }
  }

  #letGo(): void {
    this.#entries.push(...this.#held)
    this.#held = []
  }

  /** Lets everything out whose mark is durable. */
  release(durable: number, neighbours: Neighbours, now: Millis): SyncEffect[] {
    if (this.#held.length > 0 && (now >= this.#heldUntil || !hasReaders(neighbours))) {
      this.#letGo()
      this.#heldUntil = now + limits.editsTogetherMs
    }
    const effects: SyncEffect[] = []
    let count = 0
    let batch: Broadcast[] = []
    const sendBatch = (): void => {
      if (batch.length > 0) effects.push(...broadcast(batch, neighbours, now))
      batch = []
    }
    for (const entry of this.#entries) {
      if (entry.mark > durable) break
      count++
      if (entry.type === 'broadcast') {
        batch.push(entry)
        continue
      }
      sendBatch()
      effects.push(...perform(entry, neighbours, now))
    }
    sendBatch()
    if (count > 0) this.#entries = this.#entries.slice(count)
    return effects
  }
}

function hasReaders(neighbours: Neighbours): boolean {
  for (const neighbour of neighbours.values()) if (isActive(neighbour)) return true
  return false
}

function perform(entry: Exclude<OutboxEntry, Broadcast>, neighbours: Neighbours, now: Millis): SyncEffect[] {
  switch (entry.type) {
    case 'settle':
      return [{ type: 'settle', request: entry.request, settled: entry.settled }]
    case 'announceIds': {
      const message = { type: 'announce', ids: entry.ids } as const
      return [...neighbours.values()]
        .filter((one) => isActive(one) && one.lazy && !one.behind && one.link !== entry.except && lacks(one, entry.ids))
        .map((one) => ({ type: 'send', link: one.link, message }))
    }
    case 'tell': {
      const neighbour = neighbours.get(entry.link)
      return neighbour === undefined ? [] : tell(neighbour, entry, now)
    }
    case 'announce': {
      const message = { type: 'have', have: entry.have } as const
      return [...neighbours.values()]
        .filter((one) => isActive(one) && one.traits.kind === 'peer' && one.link !== entry.except)
        .map((one) => ({ type: 'send', link: one.link, message }))
    }
  }
}

function tell(neighbour: Neighbour, entry: Extract<OutboxEntry, { type: 'tell' }>, now: Millis): SyncEffect[] {
  const { link } = neighbour
  const { say } = entry
  switch (say.type) {
    case 'open':
      neighbour.opened = true
      neighbour.openedAt = now
      return [{ type: 'open', link, have: say.have }]
    case 'have':
      return [{ type: 'send', link, message: { type: 'have', have: say.have } }]
    case 'digest': {
      const { digest, answer } = say
      return [{ type: 'send', link, message: { type: 'digest', sequence: neighbour.sent, digest: digest, answer } }]
    }
    case 'missing': {
      const sequence = noteSent(neighbour, entry.edits, { now, isComplete: true })
      neighbour.answered = true
      raise(neighbour.vector, say.to)
      neighbour.offered = { digest: say.digest, edits: entry.edits, left: neighbour.doubt.count }
      const { update } = say
      return [{ type: 'send', link, message: { type: 'missing', sequence, digest: say.digest, update } }]
    }
  }
}

/**
 * Sends a run of updates to every neighbour that takes part, less those it has (PROTOCOL.md [BR1], [BR2]). Neighbours
 * that get the same run share the very same array, so that it is encoded once.
 */
function broadcast(batch: readonly Broadcast[], neighbours: Neighbours, now: Millis): SyncEffect[] {
  const effects: SyncEffect[] = []
  const runs = new RunCache(batch)
  for (const neighbour of neighbours.values()) {
    const isReady = neighbour.traits.kind === 'peer' || neighbour.answered
    const isListening = isActive(neighbour) && isReady && !neighbour.behind
    // What it is not sent, or must fetch, it does not have: no later acknowledgement may cover that.
    if (!isListening || batch.some((entry) => isToBeFetched(neighbour, entry))) noteSkipped(neighbour)
    if (!isListening) continue
    const wanted = batch.filter((entry) => isNewsFor(neighbour, entry) && !isLeft(neighbour, entry, neighbours))
    if (wanted.length === 0) continue
    for (const { updates, edits } of runs.of(wanted)) {
      const sequence = noteSent(neighbour, edits, { now, isComplete: false })
      const message = { type: 'updates', sequence, updates, ...reachOf(neighbour) } as const
      effects.push({ type: 'send', link: neighbour.link, message })
    }
    for (const entry of wanted) raise(neighbour.vector, entry.to)
  }
  return effects
}

function isToBeFetched(neighbour: Neighbour, entry: Broadcast): boolean {
  if (entry.except === neighbour.link || neighbour.traits.kind !== 'peer') return false
  return entry.audience === 'edges' || (entry.isAnnounced && neighbour.lazy && lacks(neighbour, entry.to))
}

function isNewsFor(neighbour: Neighbour, entry: Broadcast): boolean {
  if (entry.except === neighbour.link) return false
  if (isToBeFetched(neighbour, entry)) return false
  return entry.hasDeletes || lacks(neighbour, entry.to)
}

/** [BR8] It is left to the one it came from. */
function isLeft(neighbour: Neighbour, { except, reach }: Broadcast, neighbours: Neighbours): boolean {
  if (except === null || !isReachedBy(neighbour, neighbours.get(except), reach)) return false
  leaveTo(neighbour.doubt, except)
  return true
}

function lacks(neighbour: Neighbour, ids: Vector): boolean {
  for (const [client, clock] of ids) if (clock > (neighbour.vector.get(client) ?? 0)) return true
  return false
}

/** One message with updates. */
interface Run {
  readonly updates: readonly Uint8Array[]
  /** Number of the last own edit in it: an acknowledgement of this message says nothing of the next one. */
  readonly edits: number
}

/** Cuts a list of updates into messages; the same list gives the same arrays again. */
class RunCache {
  readonly #all: readonly Broadcast[]
  #runsOfAll: readonly Run[] | null = null

  constructor(all: readonly Broadcast[]) {
    this.#all = all
  }

  of(wanted: readonly Broadcast[]): readonly Run[] {
    if (wanted.length !== this.#all.length) return cut(wanted)
    this.#runsOfAll ??= cut(wanted)
    return this.#runsOfAll
  }
}

function cut(entries: readonly Broadcast[]): readonly Run[] {
  const runs: Run[] = []
  let run: Broadcast[] = []
  let sizeBytes = 0
  const end = (): void => {
    if (run.length > 0) runs.push({ updates: joined(run), edits: run.at(-1)?.edits ?? 0 })
    run = []
    sizeBytes = 0
  }
  for (const entry of entries) {
    const { byteLength } = entry.update
    if (run.length >= limits.updatesPerMessageMax || sizeBytes + byteLength > limits.updatesBytesPerMessage) end()
    run.push(entry)
    sizeBytes += byteLength
  }
  end()
  return runs
}
