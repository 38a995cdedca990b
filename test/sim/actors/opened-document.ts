/** A document that an app has open: its listeners, good and bad, and the eyes of the checks on it. */
import type { SharedDocument } from '@knotwork/core'
import type * as Y from 'yjs'
import type { FaultClass } from '../plan/fault-class.ts'
import type { Rng } from '../world/random.ts'
import { ListenerFault, note, roots } from './document-edit.ts'

export interface OpenedOptions {
  readonly handle: SharedDocument
  readonly index: number
  readonly rng: Rng
  readonly faults: ReadonlySet<FaultClass>
  readonly mergeOrigin: unknown
  readonly token: () => string
}

export class OpenedDocument {
  readonly handle: SharedDocument
  readonly index: number

  constructor(options: OpenedOptions) {
    const { handle, index, rng, faults } = options
    this.handle = handle
    this.index = index
    if (faults.has('throwing-listener')) throwEverywhere(handle, rng.fork('throwing'))
    if (faults.has('editing-observer')) editWhileMerging(options)
  }

  get name(): string {
    return this.handle.name
  }
}

const brokenListener = new ListenerFault('a listener of the app')

/** An app full of mistakes. Each kind of listener is broken in some runs. */
function throwEverywhere({ doc, presence, status }: SharedDocument, rng: Rng): void {
  const fault = (): never => {
    throw brokenListener
  }
  if (rng.chance(0.6)) doc.on('update', fault)
  if (rng.chance(0.3)) doc.on('afterTransactionCleanup', fault)
  if (rng.chance(0.3)) doc.on('beforeTransaction', fault)
  if (rng.chance(0.3)) doc.getText(roots.text).observe(fault)
  if (rng.chance(0.3)) presence.on('change', fault)
  if (rng.chance(0.3)) status.subscribe(fault)
}

/** An app that answers what it sees with edits of its own, a few times: after the merge, or in the middle of it. */
function editWhileMerging({ handle, rng, mergeOrigin, token }: OpenedOptions): void {
  const { doc } = handle
  let left = rng.whole(1, 4)
  const isInTheMiddle = rng.chance(0.3)
  const answer = (transaction: Y.Transaction): void => {
    if (transaction.origin !== mergeOrigin || left === 0) return
    left--
    doc.transact((own) => {
      const made = token()
      note(own, { tokens: [made], erased: [] })
      doc.getArray<string>(roots.kept).push([made])
      doc.getMap(roots.map).set('answered', made)
    })
  }
  if (isInTheMiddle) doc.on('beforeTransaction', answer)
  else doc.getArray(roots.kept).observe((_event, transaction) => answer(transaction))
}
