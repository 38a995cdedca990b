/** A status can only say true things: each one is compared with the links and the disks as it is announced. */
import type { DocumentStatus, SharedDocument } from '@knotwork/core'
import type { Life } from '../world/life.ts'
import type { Violations } from '../world/violation.ts'
import { describe, type AcknowledgementCheck, type Asker } from './acknowledgement-check.ts'
import type { Edit, Ledger } from './ledger.ts'

export interface StatusCheckOptions {
  readonly ledger: Ledger
  readonly violations: Violations
  readonly acknowledgements: AcknowledgementCheck
  /** Links of that process which are open at this moment. */
  openLinks(life: Life): number
}

export class StatusCheck {
  readonly #options: StatusCheckOptions
  /** For each process and document: what its log held when it was read. It counts among the edits made there. */
  readonly #baselines = new WeakMap<Life, Map<string, readonly Edit[]>>()

  constructor(options: StatusCheckOptions) {
    this.#options = options
  }

  loaded(life: Life, document: string, held: readonly Edit[]): void {
    const baselines = this.#baselines.get(life) ?? new Map<string, readonly Edit[]>()
    this.#baselines.set(life, baselines)
    baselines.set(document, [...(baselines.get(document) ?? []), ...held])
  }

  watch(asker: Asker, handle: SharedDocument): void {
    handle.status.subscribe((status) => {
      if (!asker.life.isOver) this.#check(asker, handle.name, status)
    })
  }

  #check(asker: Asker, document: string, status: DocumentStatus): void {
    if (status.type === 'live') {
      const links = this.#options.openLinks(asker.life)
      if (links < status.neighbours) {
        this.#report(asker, document, `live with ${status.neighbours} neighbours, but there are ${links} links`)
      }
      if (status.storedOn > 0) this.#demandHolders(asker, document, { least: status.storedOn, onDisk: true, status })
      if (status.receivedOn > 0)
        this.#demandHolders(asker, document, { least: status.receivedOn, onDisk: false, status })
    }
    if ('pending' in status && status.pending === 0) {
      this.#demandHolders(asker, document, { least: 1, onDisk: true, status })
    }
  }

  #demandHolders(
    asker: Asker,
    document: string,
    claim: { readonly least: number; readonly onDisk: boolean; readonly status: DocumentStatus },
  ): void {
    const { ledger, acknowledgements } = this.#options
    const baseline = this.#baselines.get(asker.life)?.get(document) ?? []
    for (const edit of [...baseline, ...ledger.by(asker.life, document)]) {
      const { least, onDisk } = claim
      const holders = acknowledgements.holdersElsewhere(asker.machine.index, edit, { least, onDisk })
      if (holders >= least) continue
      const claimed = `${JSON.stringify(claim.status)}, but ${describe(edit)} is ${onDisk ? 'on the disks of' : 'at'} ${holders} others`
      return this.#report(asker, document, claimed)
    }
  }

  #report({ machine }: Asker, document: string, what: string): void {
    this.#options.violations.report('status-true', `m${machine.index} ${document}: ${what}`)
  }
}
