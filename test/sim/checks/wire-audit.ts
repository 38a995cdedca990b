/**
 * Reads every frame a peer hands to a link, at that moment, and compares it with that peer's disk: nothing may speak of
 * a change that its own log does not hold (R4), no `stored` may cover an update that is not there, and no frame about
 * one document may carry text of another.
 */
import { limits } from '@knotwork/core'
import * as Y from 'yjs'
import { decodeMessage } from '../../../core/src/wire/codec.ts'
import type { DocumentMessage, LinkMessage } from '../../../core/src/wire/message.ts'
import { Reassembly } from '../../../core/src/wire/parts.ts'
import { decodeYjs } from '../../../core/src/wire/yjs-wire.ts'
import type { LinkEnd } from '../ports/link-end.ts'
import type { SimDisk } from '../ports/sim-disk.ts'
import type { Violations } from '../world/violation.ts'
import { contentOf, holds, type Content } from './update-content.ts'

export interface WireAuditOptions {
  readonly violations: Violations
  readonly documents: readonly string[]
  /** The machine at this end, unless it is a stock client. */
  machineAt(end: LinkEnd): { readonly index: number; readonly disk: SimDisk } | null
  /** The document of a connection that speaks y-websocket's wire; null on links between peers. */
  stockDocument(end: LinkEnd): string | null
}

/** What one end has said so far. */
interface Said {
  readonly names: Map<number, string>
  readonly parts: Reassembly
  /** For each document: what its numbered messages brought, oldest first, until it is acknowledged. */
  readonly brought: Map<string, { readonly sequence: number; readonly contents: readonly Content[] }[]>
  readonly lastSequence: Map<string, number>
  overLimitBytes: number
}

export class WireAudit {
  readonly #options: WireAuditOptions
  readonly #said = new WeakMap<LinkEnd, Said>()
  /** Content by the bytes of the update: most frames are sent to several neighbours. */
  readonly #contents = new Map<string, Content>()

  constructor(options: WireAuditOptions) {
    this.#options = options
  }

  sending(frame: Uint8Array, from: LinkEnd): readonly Uint8Array[] {
    const machine = this.#options.machineAt(from)
    if (machine === null) return [frame]
    const said = this.#saidBy(from)
    this.#watchQueue(from, said, frame)
    const stock = this.#options.stockDocument(from)
    if (stock !== null) this.#readStock(frame, stock, machine)
    else this.#read(frame, said, from, machine)
    return [frame]
  }

  #saidBy(end: LinkEnd): Said {
    const known = this.#said.get(end)
    if (known !== undefined) return known
    const said: Said = {
      names: new Map(),
      parts: new Reassembly(),
      brought: new Map(),
      lastSequence: new Map(),
      overLimitBytes: 0,
    }
    this.#said.set(end, said)
    return said
  }

  /** P5: a link that holds more than the limit gets no more documents, only the little that keeps it alive. */
  #watchQueue(end: LinkEnd, said: Said, frame: Uint8Array): void {
    if (end.queuedBytes <= limits.queueBytesMax) said.overLimitBytes = 0
    else said.overLimitBytes += frame.byteLength
    if (said.overLimitBytes <= slackBytes) return
    this.#options.violations.report(
      'queues-bounded',
      `${end.host.label} sends on although ${end.queuedBytes} bytes wait`,
    )
  }

  #read(frame: Uint8Array, said: Said, from: LinkEnd, machine: Machine): void {
    const decoded = decodeMessage(frame)
    if (!decoded.ok) return this.#options.violations.report('no-fault', `a peer sent garbage: ${decoded.error}`)
    const message = decoded.value
    if (message.type === 'part') {
      const whole = said.parts.add(message, 0)
      if (whole.ok && whole.value !== null) this.#read(whole.value, said, from, machine)
      return
    }
    if (message.type !== 'skipped') this.#readMessage(message, said, from, machine)
  }

  #readMessage(message: LinkMessage, said: Said, from: LinkEnd, machine: Machine): void {
    if (message.type === 'open') {
      said.names.set(message.number, message.name)
      return this.#demandVector(message.have.stateVector, message.name, machine)
    }
    if (message.type !== 'document') return
    const name = said.names.get(message.number)
    if (name === undefined) return
    this.#readDocument(message.message, name, said, machine)
    if (message.message.type === 'stored') this.#demandStored(message.message.sequence, name, from, machine)
  }

  #readDocument(message: DocumentMessage, name: string, said: Said, machine: Machine): void {
    switch (message.type) {
      case 'have':
        return this.#demandVector(message.have.stateVector, name, machine)
      case 'updates':
        return this.#brought(said, name, message.sequence, this.#demandUpdates(message.updates, name, machine))
      case 'missing':
        return this.#brought(said, name, message.sequence, this.#demandUpdates([message.update], name, machine))
      default:
    }
  }

  #brought(said: Said, name: string, sequence: number, contents: readonly Content[]): void {
    const list = said.brought.get(name) ?? []
    said.brought.set(name, list)
    // Used twice, a number could be acknowledged for the wrong message.
    const last = said.lastSequence.get(name) ?? 0
    if (sequence <= last) {
      this.#options.violations.report('stored-truly', `number ${sequence} of ${name} is used again after ${last}`)
    }
    said.lastSequence.set(name, sequence)
    list.push({ sequence, contents })
  }

  #readStock(frame: Uint8Array, name: string, machine: Machine): void {
    const decoded = decodeYjs(frame)
    if (!decoded.ok) return this.#options.violations.report('no-fault', `a peer sent garbage: ${decoded.error}`)
    const message = decoded.value
    if (message.type === 'step1') this.#demandVector(message.stateVector, name, machine)
    if (message.type === 'step2' || message.type === 'update') this.#demandUpdates([message.update], name, machine)
  }

  // --- demands -------------------------------------------------------------------------------------------------------

  #demandVector(stateVector: Uint8Array, name: string, { index, disk }: Machine): void {
    const shadow = disk.shadow(name)
    for (const [client, clock] of Y.decodeStateVector(stateVector)) {
      const durable = Y.getState(shadow.store, client)
      if (clock <= durable) continue
      const what = `m${index} claims ${client}:${clock} of ${name}, its log ends at ${durable}`
      this.#options.violations.report('durable-first', what)
    }
  }

  #demandUpdates(updates: readonly Uint8Array[], name: string, { index, disk }: Machine): readonly Content[] {
    const shadow = disk.shadow(name)
    return updates.map((update) => {
      const content = this.#contentOf(update, name)
      if (!holds(shadow, content)) {
        this.#options.violations.report('durable-first', `m${index} sends of ${name} what its log does not hold`)
      }
      return content
    })
  }

  #contentOf(update: Uint8Array, name: string): Content {
    const text = Buffer.from(update.buffer, update.byteOffset, update.byteLength).toString('latin1')
    const key = `${name} ${text}`
    const known = this.#contents.get(key)
    if (known !== undefined) return known
    const content = contentOf(update)
    this.#contents.set(key, content)
    for (const [, document] of text.matchAll(/\[d(\d):\d+\]/g)) {
      if (this.#options.documents[Number(document)] === name) continue
      this.#options.violations.report('documents-apart', `text of document ${document} in a frame about ${name}`)
    }
    return content
  }

  /** All that the other side sent through that sequence must be in the log. */
  #demandStored(sequence: number, name: string, from: LinkEnd, { index, disk }: Machine): void {
    const brought = from.far === null ? undefined : this.#saidBy(from.far).brought.get(name)
    if (brought === undefined) return
    const shadow = disk.shadow(name)
    while ((brought[0]?.sequence ?? Infinity) <= sequence) {
      for (const content of brought.shift()?.contents ?? []) {
        if (holds(shadow, content)) continue
        const what = `m${index} acknowledges ${sequence} of ${name}, but its log does not hold all of it`
        this.#options.violations.report('stored-truly', what)
      }
    }
  }
}

type Machine = { readonly index: number; readonly disk: SimDisk }

/** Pings, acknowledgements and words about documents that may pass a full queue. */
const slackBytes = 64 * 1024
