/**
 * A client as y-websocket's provider is one: y-protocols on a connection to one peer, reconnecting when it ends. It
 * has no storage and no acknowledgements; what it made while offline it keeps in memory.
 */
import * as decoding from 'lib0/decoding'
import * as encoding from 'lib0/encoding'
import { applyAwarenessUpdate, Awareness, encodeAwarenessUpdate, removeAwarenessStates } from 'y-protocols/awareness'
import { readSyncMessage, writeSyncStep1, writeUpdate } from 'y-protocols/sync'
import * as Y from 'yjs'
import type { LinkReceiver } from '@knotwork/core'
import type { Ledger } from '../checks/ledger.ts'
import { Witness } from '../checks/witness.ts'
import type { Host } from '../ports/link-end.ts'
import type { Network } from '../ports/network.ts'
import type { PipeEnd } from '../ports/pipe.ts'
import { connect } from '../ports/sim-transport.ts'
import { Life } from '../world/life.ts'
import type { Rng } from '../world/random.ts'
import type { Violations } from '../world/violation.ts'
import { drawEdit, edit } from './document-edit.ts'
import { Scribe } from './scribe.ts'

const channel = { sync: 0, awareness: 1, queryAwareness: 3 } as const
const awarenessCheckMs = 3_000
const awarenessRenewMs = 15_000
const awarenessGoneMs = 30_000

export interface StockClientOptions {
  readonly label: string
  readonly document: string
  readonly documentIndex: number
  readonly network: Network
  readonly host: Host
  /** Where it connects, and who answers there for this wire at the moment. */
  readonly server: Host
  readonly serverIndex: number
  readonly answer: () => Host['listener']
  readonly ledger: Ledger
  readonly violations: Violations
  readonly ids: Rng
  readonly rng: Rng
}

export class StockClient {
  readonly life: Life
  readonly doc = new Y.Doc()
  readonly awareness: Awareness
  readonly #options: StockClientOptions
  readonly #heardAt = new Map<number, number>()
  #end: PipeEnd | null = null
  #renewedAt = 0
  #attempt = 0

  constructor(options: StockClientOptions) {
    this.#options = options
    const { network, ids, ledger, violations, document, label } = options
    this.life = new Life(network.scheduler)
    this.doc.clientID = ids.uint32()
    this.awareness = new Awareness(this.doc)
    // It looks at the wall clock; here time is virtual.
    clearInterval(this.awareness._checkInterval as NodeJS.Timeout)
    this.doc.on('update', (update: Uint8Array, origin: unknown) => this.#edited(update, origin))
    this.awareness.on('update', (change: Change) => this.#presenceChanged(change))
    void new Witness(this.doc, { label, document, violations, mayWait: () => this.life.isOver })
    void new Scribe(this.doc, { ledger, document, author: label, life: this.life, mergeOrigin: this })
    this.awareness.setLocalState({ who: label })
    this.#checkPresence()
    this.#connect()
  }

  get documentName(): string {
    return this.#options.document
  }

  /** Index of the machine it connects to. */
  get server(): number {
    return this.#options.serverIndex
  }

  get host(): Host {
    return this.#options.host
  }

  get label(): string {
    return this.#options.label
  }

  act(rng: Rng): void {
    if (rng.chance(0.15)) return this.awareness.setLocalState({ who: this.label, caret: rng.whole(0, 99) })
    const token = this.#options.ledger.token(this.#options.documentIndex)
    edit(drawEdit(rng), { doc: this.doc, rng, token })
  }

  leave(): void {
    this.awareness.destroy()
    this.life.end()
    this.#end = null
  }

  #connect(): void {
    const { network, host, server, answer } = this.#options
    const attempt = ++this.#attempt
    const retry = (): void => {
      if (attempt === this.#attempt) this.#retryAfter(this.#options.rng.between(100, 2_000))
    }
    const accept = (link: unknown): LinkReceiver => this.#opened(link as PipeEnd, retry)
    const caller = { network, life: this.life, host }
    const abort = connect(caller, server, { accept, failed: retry, isAlwaysStream: true, answer: answer() })
    this.life.after(3_000, () => {
      if (attempt !== this.#attempt || this.#end !== null) return
      abort()
      retry()
    })
  }

  #retryAfter(delayMs: number): void {
    this.#attempt++
    this.life.after(delayMs, () => this.#connect())
  }

  #opened(end: PipeEnd, retry: () => void): LinkReceiver {
    this.#end = end
    this.#send(channel.sync, (encoder) => writeSyncStep1(encoder, this.doc))
    this.#sendPresence([this.doc.clientID])
    return {
      received: (frame) => this.#received(frame),
      closed: () => {
        if (this.#end !== end) return
        this.#end = null
        const others = [...this.awareness.getStates().keys()].filter((client) => client !== this.doc.clientID)
        removeAwarenessStates(this.awareness, others, this)
        retry()
      },
    }
  }

  #send(kind: number, write: (encoder: encoding.Encoder) => void): void {
    const encoder = encoding.createEncoder()
    encoding.writeVarUint(encoder, kind)
    write(encoder)
    this.#end?.send(encoding.toUint8Array(encoder))
  }

  #sendPresence(clients: number[]): void {
    const known = clients.filter((client) => this.awareness.meta.has(client))
    if (known.length === 0) return
    const update = encodeAwarenessUpdate(this.awareness, known)
    this.#send(channel.awareness, (encoder) => encoding.writeVarUint8Array(encoder, update))
  }

  #received(frame: Uint8Array): void {
    const decoder = decoding.createDecoder(frame)
    switch (decoding.readVarUint(decoder)) {
      case channel.sync: {
        const answer = encoding.createEncoder()
        encoding.writeVarUint(answer, channel.sync)
        readSyncMessage(decoder, answer, this.doc, this)
        if (encoding.length(answer) > 1) this.#end?.send(encoding.toUint8Array(answer))
        return
      }
      case channel.awareness:
        return applyAwarenessUpdate(this.awareness, decoding.readVarUint8Array(decoder), this)
      case channel.queryAwareness:
        return this.#sendPresence([...this.awareness.getStates().keys()])
      default:
    }
  }

  #edited(update: Uint8Array, origin: unknown): void {
    if (origin !== this) this.#send(channel.sync, (encoder) => writeUpdate(encoder, update))
  }

  #presenceChanged({ added, updated, removed }: Change): void {
    const now = this.life.scheduler.now
    for (const client of [...added, ...updated]) this.#heardAt.set(client, now)
    for (const client of removed) this.#heardAt.delete(client)
    // The stock provider echoes what it heard, too.
    this.#sendPresence([...added, ...updated, ...removed])
  }

  #checkPresence(): void {
    const now = this.life.scheduler.now
    if (now - this.#renewedAt >= awarenessRenewMs) {
      this.#renewedAt = now
      this.awareness.setLocalState(this.awareness.getLocalState())
    }
    const gone = [...this.#heardAt].filter(
      ([client, at]) => client !== this.doc.clientID && now - at >= awarenessGoneMs,
    )
    if (gone.length > 0) {
      const clients = gone.map(([client]) => client)
      removeAwarenessStates(this.awareness, clients, 'timeout')
    }
    this.life.after(awarenessCheckMs, () => this.#checkPresence())
  }
}

interface Change {
  readonly added: number[]
  readonly updated: number[]
  readonly removed: number[]
}
