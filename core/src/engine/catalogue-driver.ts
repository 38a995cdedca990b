/**
 * Drives the catalogue: fingerprints what is stored when a link to another keeping peer begins, compares them with its
 * own, and opens what differs, a few at a time (PROTOCOL.md, CA).
 */
import { digestFrom, type Digest, type DocumentName, type LinkId } from '../ids.ts'
import { limits } from '../limits.ts'
import type { Clock } from '../ports/clock.ts'
import type { Random } from '../ports/random.ts'
import type { Storage, StoredNote } from '../ports/storage.ts'
import { compareBytes, fingerprintKey, fingerprintOf } from '../reconciliation/fingerprint.ts'
import { Reconciliation, type ReconciliationEvent } from '../reconciliation/reconciliation.ts'
import { unreachable } from '../result.ts'
import { CatchUp } from '../sync/catch-up.ts'
import { decodeNote } from '../wire/document-note.ts'
import type { ReconciliationMessage } from '../wire/message.ts'
import { Alarm } from './alarm.ts'
import type { LinkDriver } from './link-driver.ts'

/** How often documents under way are looked at. */
const pollMs = 100

export interface CatalogueDriverOptions {
  readonly clock: Clock
  readonly random: Random
  readonly storage: Storage
  /** This peer's key and instance. */
  readonly own: Uint8Array
  readonly digestOf: (name: DocumentName) => Digest | null
  readonly isDone: (name: DocumentName, link: LinkId) => boolean
  readonly open: (name: DocumentName, link: LinkId) => void
  readonly rest: (name: DocumentName) => void
  /** The comparison over a link is over, or takes too long to wait for. */
  readonly compared: (link: LinkDriver, outcome: Outcome) => void
  readonly failed: (thrown: unknown) => void
}

/** Of all that was compared: the digest where both hold the same, null where they do not. */
export type Outcome = ReadonlyMap<DocumentName, Digest | null>

interface Comparison {
  readonly machine: Reconciliation<DocumentName>
  readonly alarm: Alarm
  /** What was compared, until it is known how it came out. */
  digests: Map<DocumentName, Digest | null>
}

/** What is stored, as it was when a link began. */
interface Holdings {
  readonly own: ReadonlyMap<bigint, DocumentName>
  readonly digests: Map<DocumentName, Digest | null>
}

/** A comparison that waits for the list of what is stored. */
interface Listing {
  /** What they said meanwhile: the last word will do. */
  early: ReconciliationMessage | null
  /** Stops the wait for another try. */
  cancel: () => void
}

export class CatalogueDriver {
  readonly #options: CatalogueDriverOptions
  readonly #catchUp: CatchUp
  readonly #comparisons = new Map<LinkDriver, Comparison>()
  readonly #listing = new Map<LinkDriver, Listing>()
  #cancel: (() => void) | null = null

  constructor(options: CatalogueDriverOptions) {
    this.#options = options
    this.#catchUp = new CatchUp({ isDone: options.isDone, rest: options.rest })
  }

  /** A keeping neighbour: what we keep is compared with what it keeps. */
  linked(link: LinkDriver): void {
    this.#listing.set(link, { early: null, cancel: () => undefined })
    this.#list(link)
  }

  heard(link: LinkDriver, message: ReconciliationMessage): void {
    const listing = this.#listing.get(link)
    if (listing === undefined) this.#run(link, { type: 'heard', message })
    else listing.early = message
  }

  lost(link: LinkDriver): void {
    this.#listing.get(link)?.cancel()
    this.#listing.delete(link)
    this.#comparisons.get(link)?.alarm.stop()
    this.#comparisons.delete(link)
    this.#catchUp.lost(link.id)
  }

  stop(): void {
    this.#cancel?.()
    this.#cancel = null
    for (const { alarm } of this.#comparisons.values()) alarm.stop()
    for (const { cancel } of this.#listing.values()) cancel()
    this.#comparisons.clear()
    this.#listing.clear()
  }

  // --- comparing -----------------------------------------------------------------------------------------------------

  #list(link: LinkDriver): void {
    this.#begin(link).catch((thrown: unknown) => {
      this.#options.failed(thrown)
      const listing = this.#listing.get(link)
      if (listing === undefined) return
      listing.cancel = this.#options.clock.setTimer(limits.storageRetryMaxMs, () => this.#list(link))
    })
  }

  async #begin(link: LinkDriver): Promise<void> {
    const { address, nonces } = link
    if (address === null || nonces === null) return
    const key = fingerprintKey(nonces)
    const { own, digests } = await this.#holdings(key)
    // Meanwhile the link may have ended.
    const early = this.#listing.get(link)?.early
    if (early === undefined) return
    this.#listing.delete(link)
    const begins = compareBytes(this.#options.own, address) < 0
    const machine = new Reconciliation({ key, own, begins })
    const alarm = new Alarm(this.#options.clock, () => this.#run(link, { type: 'woke' }))
    this.#comparisons.set(link, { machine, alarm, digests })
    this.#run(link, { type: 'begun' })
    if (early !== null) this.#run(link, { type: 'heard', message: early })
  }

  /** [CA5] A document whose digest is not known differs from all others. */
  async #holdings(key: Uint8Array): Promise<Holdings> {
    const { storage, digestOf, random } = this.#options
    const own = new Map<bigint, DocumentName>()
    const digests = new Map<DocumentName, Digest | null>()
    for await (const { name, note } of storage.list()) {
      if (own.size >= limits.catalogueItemsMax) break
      const digest = digestOf(name) ?? notedDigest(note)
      own.set(fingerprintOf(key, name, digest ?? digestFrom(random.bytes(8))), name)
      digests.set(name, digest)
    }
    return { own, digests }
  }

  #run(link: LinkDriver, event: ReconciliationEvent): void {
    const comparison = this.#comparisons.get(link)
    if (comparison === undefined) return
    const { machine, alarm } = comparison
    for (const effect of machine.handle(event, this.#options.clock.now())) {
      switch (effect.type) {
        case 'send':
          link.send(effect.message)
          break
        case 'differ':
          for (const name of effect.items) comparison.digests.set(name, null)
          this.#options.compared(link, comparison.digests)
          comparison.digests = new Map()
          this.#catchUp.add(link.id, effect.items)
          this.#advance()
          break
        case 'overdue':
          this.#options.compared(link, new Map())
          break
        default:
          unreachable(effect)
      }
    }
    alarm.set(machine.deadline())
  }

  // --- opening -------------------------------------------------------------------------------------------------------

  #advance(): void {
    for (const { name, link } of this.#catchUp.next(this.#options.clock.now())) this.#options.open(name, link)
    if (this.#cancel !== null || !this.#catchUp.isBusy) return
    this.#cancel = this.#options.clock.setTimer(pollMs, () => {
      this.#cancel = null
      this.#advance()
    })
  }
}

/** The digest of what is stored, where it was noted when that was written. */
function notedDigest(note: StoredNote | null): Digest | null {
  return note?.isCurrent === true ? (decodeNote(note.bytes)?.digest ?? null) : null
}
