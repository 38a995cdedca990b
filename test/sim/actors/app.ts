/** What a person or a program does with one peer during one run of its process. */
import type { Peer, SharedDocument } from '@knotwork/core'
import * as Y from 'yjs'
import type { AcknowledgementCheck } from '../checks/acknowledgement-check.ts'
import type { Ledger } from '../checks/ledger.ts'
import type { StatusCheck } from '../checks/status-check.ts'
import { Witness } from '../checks/witness.ts'
import { contentOf } from '../checks/update-content.ts'
import type { MachinePlan, Plan } from '../plan/plan.ts'
import type { Life } from '../world/life.ts'
import type { Rng } from '../world/random.ts'
import type { Violations } from '../world/violation.ts'
import { drawEdit, edit, note, roots } from './document-edit.ts'
import { OpenedDocument } from './opened-document.ts'
import { Scribe } from './scribe.ts'

export interface AppOptions {
  readonly peer: Peer
  readonly life: Life
  readonly plan: Plan
  readonly machine: MachinePlan
  readonly ledger: Ledger
  readonly ids: Rng
  readonly rng: Rng
  readonly acknowledgements: AcknowledgementCheck
  readonly statuses: StatusCheck
  readonly violations: Violations
  /** Whether the own log of that document was damaged. */
  readonly mayWait: (document: string) => boolean
}

export class App {
  readonly #options: AppOptions
  readonly #open = new Map<string, OpenedDocument>()
  /** Docs that have a scribe: a document opened again is often the same Y.Doc. */
  readonly #watched = new WeakSet<Y.Doc>()
  /** Docs of the app's own, by the name of the document: it may come back with the same one. */
  readonly #own = new Map<string, Y.Doc>()

  #isLeaving = false

  constructor(options: AppOptions) {
    this.#options = options
  }

  /** Its peer is being closed: it does nothing more. */
  leave(): void {
    this.#isLeaving = true
  }

  get opened(): readonly OpenedDocument[] {
    return [...this.#open.values()]
  }

  document(name: string): OpenedDocument | undefined {
    return this.#open.get(name)
  }

  open(index: number): void {
    const { peer, plan, rng, life } = this.#options
    const name = plan.documents[index]
    if (name === undefined || this.#open.has(name) || life.isOver || this.#isLeaving) return
    const own = plan.faults.has('own-document') && rng.chance(0.5) ? this.#ownDocument(index, name) : undefined
    const handle = own === undefined ? peer.open(name) : peer.open(name, { doc: own })
    this.#watch(handle.doc, name)
    const token = (): string => this.#options.ledger.token(index)
    const options = { handle, index, rng: rng.fork(`open ${name}`), faults: plan.faults, mergeOrigin: peer, token }
    this.#open.set(name, new OpenedDocument(options))
    this.#options.statuses.watch(this.#options, handle)
    if (rng.chance(0.7)) this.#showPresence(handle, rng)
  }

  /** The app made its document before it had a peer, and there is something in it. */
  #ownDocument(index: number, name: string): Y.Doc {
    const { ids, rng, ledger } = this.#options
    const before = this.#own.get(name)
    if (before !== undefined && rng.fork(`again ${ledger.count}`).chance(0.7)) return before
    const doc = new Y.Doc({ guid: name })
    doc.clientID = ids.uint32()
    this.#own.set(name, doc)
    this.#watch(doc, name)
    if (rng.chance(0.5)) edit('insert', { doc, rng, token: ledger.token(index) })
    return doc
  }

  #watch(doc: Y.Doc, document: string): void {
    if (this.#watched.has(doc)) return
    this.#watched.add(doc)
    const { ledger, life, machine, peer, violations, mayWait } = this.#options
    const label = `m${machine.index}`
    void new Witness(doc, { label, document, violations, mayWait: () => life.isOver || mayWait(document) })
    void new Scribe(doc, { ledger, document, author: label, life, mergeOrigin: peer })
  }

  /** Does something, drawn from `rng`. */
  act(rng: Rng): void {
    if (this.#options.life.isOver || this.#isLeaving) return
    const documents = this.opened
    if (documents.length === 0 || rng.chance(0.08)) return this.#actFromOutside(rng)
    const document = rng.pick(documents)
    if (rng.chance(0.12)) return this.#showPresence(document.handle, rng)
    if (this.#options.plan.faults.has('closing') && rng.chance(0.08)) return this.#close(document, rng)
    const count = rng.chance(0.2) ? rng.whole(2, 6) : 1
    for (let i = 0; i < count; i++) this.#edit(document, rng)
    this.#wantAcknowledgement(document, rng)
  }

  #edit({ handle, index }: OpenedDocument, rng: Rng): void {
    edit(drawEdit(rng), { doc: handle.doc, rng, token: this.#options.ledger.token(index) })
  }

  /** An edit at rest, so that its way can be watched. Returns its token. */
  probe(name: string): string | null {
    const document = this.#open.get(name)
    if (document === undefined) return null
    const token = this.#options.ledger.token(document.index)
    edit('insert', { doc: document.handle.doc, rng: this.#options.rng, token })
    return token
  }

  #showPresence({ presence }: SharedDocument, rng: Rng): void {
    const { index } = this.#options.machine
    try {
      presence.setLocalState(rng.chance(0.1) ? null : { who: `m${index}`, caret: rng.whole(0, 99) })
    } catch (thrown) {
      this.#options.violations.report('no-fault', `setLocalState threw: ${String(thrown)}`)
    }
  }

  #close(document: OpenedDocument, rng: Rng): void {
    this.#open.delete(document.name)
    document.handle.close()
    const { life, plan } = this.#options
    const left = Math.max(0, plan.workMs - life.scheduler.now)
    life.after(Math.min(left, rng.between(0, 6_000)), () => this.open(document.index))
  }

  #wantAcknowledgement({ handle }: OpenedDocument, rng: Rng): void {
    const { acknowledgements } = this.#options
    if (rng.chance(0.35)) acknowledgements.expectStored(this.#options, handle)
    if (rng.chance(0.4)) acknowledgements.expectSynced(this.#options, handle, { stored: rng.chance(0.6), peers: 1 })
    if (rng.chance(0.1)) acknowledgements.expectSynced(this.#options, handle, { stored: true, peers: 2 })
  }

  /** As the HTTP interface does: reads the whole document, or merges an update, without opening it. */
  #actFromOutside(rng: Rng): void {
    const { plan, machine } = this.#options
    // A page is not asked by others.
    if (!machine.keeps) return
    const index = rng.whole(0, plan.documents.length - 1)
    void this.#merge(index, rng)
  }

  async #merge(index: number, rng: Rng): Promise<void> {
    const { peer, plan, ids, ledger, life, machine, acknowledgements, violations } = this.#options
    const name = plan.documents[index] ?? ''
    const scratch = new Y.Doc({ guid: name })
    scratch.clientID = ids.uint32()
    try {
      const base = rng.chance(0.5) ? await peer.read(name) : null
      if (life.isOver) return
      if (base !== null) Y.applyUpdate(scratch, base)
      if (scratch.store.pendingStructs !== null) violations.report('nothing-pending', `read of ${name} is not whole`)
      const before = Y.encodeStateVector(scratch)
      const token = ledger.token(index)
      scratch.transact((transaction) => {
        note(transaction, { tokens: [token], erased: [] })
        scratch.getArray<string>(roots.kept).push([token])
      })
      const update = Y.encodeStateAsUpdate(scratch, before)
      const content = contentOf(update)
      const own = { to: new Map([[scratch.clientID, content.to.get(scratch.clientID) ?? 0]]), deleted: [] }
      const author = `m${machine.index} from outside`
      const made = { document: name, author, life: null, content: own, tokens: [token], erased: [] }
      const edited = ledger.record({ ...made, atMs: life.scheduler.now })
      const outcome = await peer.merge(name, update)
      if (!life.isOver) acknowledgements.merged(this.#options, edited, outcome)
    } catch (thrown) {
      // A storage that cannot be read says so, and so does a peer that leaves; nothing else may be thrown.
      if (!/EIO|peer was closed/.test(String(thrown))) violations.report('no-fault', `merge threw: ${String(thrown)}`)
    }
  }
}
