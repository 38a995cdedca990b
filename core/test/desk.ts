/** One document-sync machine on a bench: a real replica and presence, a storage that answers when the test says so. */
import * as Y from 'yjs'
import { linkId, type Digest, type LinkId } from '../src/ids.ts'
import { Presence } from '../src/presence/presence.ts'
import { compactUpdates } from '../src/replica/compaction.ts'
import { digestOf, haveOf } from '../src/replica/digest.ts'
import { Replica } from '../src/replica/replica.ts'
import { DocumentSync } from '../src/sync/document-sync.ts'
import type { Traits } from '../src/sync/neighbour.ts'
import type { SyncEffect, SyncEvent } from '../src/sync/sync-events.ts'
import type { DocumentMessage, Have } from '../src/wire/message.ts'
import { docOf } from './replicas.ts'
import { peerTraits } from './traits.ts'

export interface DeskOptions {
  readonly clientId?: number
  /** What the log holds from before. */
  readonly stored?: readonly Uint8Array[]
  /** The storage answers at once; default true. */
  readonly isPrompt?: boolean
  readonly doc?: Y.Doc
}

type StorageWork = Extract<SyncEffect, { type: 'load' | 'append' | 'compact' }>

export const [link1, link2, link3] = [linkId(1), linkId(2), linkId(3)]

/** What a document of nothing holds. */
export const nothing: Have = haveOf(new Y.Doc())

export class Desk {
  readonly machine: DocumentSync
  readonly presence: Presence
  /** What the storage holds, durably. */
  log: Uint8Array[]
  readonly setAside: Uint8Array[] = []
  /** What the storage was asked for and has not answered. */
  readonly work: StorageWork[] = []
  /** Everything the machine wanted done. */
  readonly history: SyncEffect[] = []
  readonly faults: string[] = []
  isPrompt: boolean
  now = 1_000
  #lastRequest = 0
  #clients: number

  constructor(options: DeskOptions = {}) {
    const { clientId = 1, stored = [], isPrompt = true, doc } = options
    this.log = [...stored]
    this.isPrompt = isPrompt
    this.#clients = clientId
    const faulted = (thrown: unknown, where: string): void => void this.faults.push(`${where}: ${String(thrown)}`)
    const fresh = (): number => this.#clients++
    this.presence = new Presence({ clientID: 900_000 + clientId }, { changed: () => undefined, faulted })
    const replica = { origin: this, freshClientId: fresh, faulted, changed: () => undefined }
    this.machine = new DocumentSync({ presence: this.presence, newReplica: () => new Replica(replica, doc) })
  }

  /** With an app that has it open, and its log read. */
  static ready(options: DeskOptions = {}): Desk {
    const desk = new Desk({ ...options, isPrompt: true })
    desk.handle({ type: 'appOpened' })
    desk.isPrompt = options.isPrompt ?? true
    return desk
  }

  get doc(): Y.Doc {
    const { replica } = this.machine
    if (replica === null) throw new Error('the document is not in memory')
    return replica.doc
  }

  /** The document as its log alone would give it. */
  get logged(): Y.Doc {
    return docOf(999_999, ...this.log)
  }

  get text(): string {
    return this.doc.getText('t').toString()
  }

  /** Returns what the machine wants done because of this event. */
  handle(event: SyncEvent): readonly SyncEffect[] {
    const effects = [...this.machine.handle(event, this.now)]
    this.history.push(...effects)
    for (const effect of effects) {
      if (effect.type === 'load' || effect.type === 'append' || effect.type === 'compact') this.work.push(effect)
    }
    if (this.isPrompt) effects.push(...this.store())
    return effects
  }

  /** The storage does all that it was asked for. */
  store(): readonly SyncEffect[] {
    const effects: SyncEffect[] = []
    for (let work = this.work.shift(); work !== undefined; work = this.work.shift()) effects.push(...this.#do(work))
    return effects
  }

  #do(work: StorageWork): readonly SyncEffect[] {
    switch (work.type) {
      case 'load':
        return this.handle({ type: 'loaded', updates: [...this.log], unreadable: 0 })
      case 'append':
        this.log.push(...work.updates)
        return this.handle({ type: 'appended' })
      case 'compact': {
        const { snapshot, damaged } = compactUpdates(this.log)
        this.log = [snapshot]
        this.setAside.push(...damaged)
        return this.handle({ type: 'compacted', snapshotBytes: snapshot.byteLength })
      }
    }
  }

  /** The storage fails what it was asked for last. */
  failAppend(why = 'disk full'): readonly SyncEffect[] {
    const work = this.work.shift()
    if (work?.type !== 'append') throw new Error(`the storage was asked for ${work?.type ?? 'nothing'}`)
    return this.handle({ type: 'appendFailed', why })
  }

  failLoad(why = 'no such disk'): readonly SyncEffect[] {
    const work = this.work.shift()
    if (work?.type !== 'load') throw new Error(`the storage was asked for ${work?.type ?? 'nothing'}`)
    return this.handle({ type: 'loadFailed', why })
  }

  edit(change: (doc: Y.Doc) => void): readonly SyncEffect[] {
    change(this.doc)
    return this.handle({ type: 'woke' })
  }

  /** Types at the end of the text `t`, as one edit. */
  type(text: string): readonly SyncEffect[] {
    return this.edit((doc) => doc.getText('t').insert(doc.getText('t').length, text))
  }

  /** A neighbour takes part and holds this; its number is that of its link. */
  join(link: LinkId, have: Have = nothing, traits: Traits = peerTraits(link)): readonly SyncEffect[] {
    return this.handle({ type: 'joined', link, traits, have })
  }

  hear(link: LinkId, message: DocumentMessage): readonly SyncEffect[] {
    return this.handle({ type: 'received', link, message })
  }

  /** A neighbour that holds what we hold has joined, and all has been said. */
  joinLevel(link: LinkId, traits: Traits = peerTraits(link)): void {
    this.handle({ type: 'invited', link, traits })
    this.join(link, this.machine.replica?.have() ?? nothing, traits)
  }

  request(update: Uint8Array | null): readonly SyncEffect[] {
    const request = ++this.#lastRequest
    return this.handle(update === null ? { type: 'asked', request } : { type: 'offered', request, update })
  }

  /** Time passes; the machine is woken whenever it wants to be. */
  pass(ms: number): readonly SyncEffect[] {
    const effects: SyncEffect[] = []
    const end = this.now + ms
    for (let wakings = 0; ; wakings++) {
      const due = this.machine.deadline()
      if (due === null || due > end) break
      if (wakings > ms) throw new Error(`it wants to be woken at ${due} again and again`)
      this.now = Math.max(this.now, due)
      effects.push(...this.handle({ type: 'woke' }))
    }
    this.now = end
    return effects
  }
}

/** Messages to one link, or to any. */
export function said(effects: readonly SyncEffect[], link?: LinkId): readonly DocumentMessage[] {
  return effects.flatMap((effect) =>
    effect.type === 'send' && (link === undefined || effect.link === link) ? [effect.message] : [],
  )
}

/** What leaves the peer: types of messages and of other words to a link, in order. */
export function leaving(effects: readonly SyncEffect[], link?: LinkId): readonly string[] {
  return effects.flatMap((effect) => {
    if (!('link' in effect) || (link !== undefined && effect.link !== link)) return []
    return [effect.type === 'send' ? effect.message.type : effect.type]
  })
}

export function haveOfDoc(doc: Y.Doc): Have {
  return haveOf(doc)
}

export function digestOfDoc(doc: Y.Doc): Digest {
  return digestOf(haveOf(doc))
}

/** `missing` as a neighbour with this document would say it. */
export function missingFrom(doc: Y.Doc, sequence: number): DocumentMessage {
  return { type: 'missing', sequence, digest: digestOfDoc(doc), update: Y.encodeStateAsUpdate(doc) }
}

export function digestFrom(doc: Y.Doc, sequence: number, answer: boolean): DocumentMessage {
  return { type: 'digest', sequence, digest: digestOfDoc(doc), answer }
}
