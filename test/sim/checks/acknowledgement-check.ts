/**
 * An acknowledgement means what it says: at the moment it is given, the simulated disks are asked whether it is true.
 */
import type { MergeOutcome, SharedDocument } from '@knotwork/core'
import type { MachinePlan } from '../plan/plan.ts'
import type { Life } from '../world/life.ts'
import type { Violations } from '../world/violation.ts'
import type { Edit, Keeper, Ledger } from './ledger.ts'

/** Who asks. */
export interface Asker {
  readonly life: Life
  readonly machine: MachinePlan
}

export interface AcknowledgementOptions {
  readonly ledger: Ledger
  readonly violations: Violations
  /** Every machine by its index, also those that are down. */
  readonly keepers: readonly (Keeper & { readonly isVolatile: boolean })[]
}

export class AcknowledgementCheck {
  readonly #options: AcknowledgementOptions
  #given = 0

  constructor(options: AcknowledgementOptions) {
    this.#options = options
  }

  /** Acknowledgements that were given and looked at. */
  get given(): number {
    return this.#given
  }

  expectStored(asker: Asker, handle: SharedDocument): void {
    const claimed = this.#options.ledger.by(asker.life, handle.name)
    const check = (): void => {
      if (asker.life.isOver) return
      this.#given++
      this.#demandOwn(asker, claimed, 'stored()')
    }
    void handle.stored().then(check, () => undefined)
  }

  expectSynced(
    asker: Asker,
    handle: SharedDocument,
    level: { readonly stored: boolean; readonly peers: number },
  ): void {
    const claimed = this.#options.ledger.by(asker.life, handle.name)
    const check = (): void => {
      if (asker.life.isOver) return
      this.#given++
      const what = `synced(${JSON.stringify(level)})`
      for (const edit of claimed) {
        const holders = this.holdersElsewhere(asker.machine.index, edit, { least: level.peers, onDisk: level.stored })
        if (holders >= level.peers) continue
        const where = `${describe(edit)} is held by ${holders} others`
        this.#options.violations.report('acknowledged-truly', `m${asker.machine.index}: ${what} of ${where}`)
      }
    }
    void handle.synced(level).then(check, () => undefined)
  }

  merged(asker: Asker, edit: Edit, outcome: MergeOutcome): void {
    if (outcome.type === 'stored') {
      this.#given++
      return this.#demandOwn(asker, [edit], 'merge')
    }
    const why = 'why' in outcome ? outcome.why : ''
    this.#options.violations.report('no-fault', `merge of ${describe(edit)}: ${outcome.type} ${why}`)
  }

  /** How many other machines have, or ever had, an edit in their log; `least` is as far as anybody needs to count. */
  holdersElsewhere(index: number, edit: Edit, claim: { readonly least: number; readonly onDisk: boolean }): number {
    const { ledger, keepers } = this.#options
    const count = (): number => {
      let holders = 0
      for (const holder of edit.everHeldBy) {
        if (holder !== index && !(claim.onDisk && keepers[holder]?.isVolatile === true)) holders++
      }
      return holders
    }
    if (count() >= claim.least) return claim.least
    for (const keeper of keepers) if (!edit.everHeldBy.has(keeper.index)) ledger.lookAt(keeper, edit.document)
    return count()
  }

  #demandOwn(asker: Asker, claimed: readonly Edit[], what: string): void {
    const { ledger, keepers, violations } = this.#options
    const own = keepers[asker.machine.index]
    if (own === undefined) return
    ledger.look(own)
    for (const edit of claimed) {
      if (edit.heldBy.has(own.index)) continue
      violations.report('acknowledged-truly', `m${own.index}: ${what} of ${describe(edit)}, not in its own log`)
    }
  }
}

export function describe(edit: Edit): string {
  const what = [...edit.tokens, ...edit.erased.map((token) => `-${token}`)].join(' ') || 'an edit'
  return `${what} by ${edit.author} at ${edit.atMs.toFixed(0)} ms in ${edit.document}`
}
