/** Drives the catalogue: reads the list of what is stored, sends it in pages, opens what differs, a few at a time. */
import { documentName, type Digest, type DocumentName, type LinkId } from '../ids.ts'
import type { Clock } from '../ports/clock.ts'
import type { Storage } from '../ports/storage.ts'
import { Catalogue, pagesOf } from '../sync/catalogue.ts'
import type { CatalogueEntry } from '../wire/message.ts'
import type { LinkDriver } from './link-driver.ts'

/** How often documents under way are looked at. */
const pollMs = 100

export interface CatalogueDriverOptions {
  readonly clock: Clock
  readonly storage: Storage
  readonly digestOf: (name: DocumentName) => Digest | null
  readonly isDone: (name: DocumentName, link: LinkId) => boolean
  readonly open: (name: DocumentName, link: LinkId) => void
  readonly failed: (thrown: unknown) => void
}

export class CatalogueDriver {
  readonly #options: CatalogueDriverOptions
  readonly #catalogue: Catalogue
  #cancel: (() => void) | null = null

  constructor(options: CatalogueDriverOptions) {
    this.#options = options
    this.#catalogue = new Catalogue({ digestOf: options.digestOf, isDone: options.isDone })
  }

  /** A keeping neighbour: tell it what we keep. */
  linked(link: LinkDriver): void {
    void this.#tell(link).catch((thrown: unknown) => this.#options.failed(thrown))
  }

  async #tell(link: LinkDriver): Promise<void> {
    const entries: CatalogueEntry[] = []
    for await (const { name } of this.#options.storage.list()) {
      const checked = documentName(name)
      if (checked.ok) entries.push({ name, digest: this.#options.digestOf(checked.value) })
    }
    for (const page of pagesOf(entries)) link.send({ type: 'catalogue', entries: page })
  }

  heard(link: LinkId, entries: readonly { readonly name: DocumentName; readonly digest: Digest | null }[]): void {
    this.#catalogue.heard(link, entries)
    this.#advance()
  }

  lost(link: LinkId): void {
    this.#catalogue.lost(link)
  }

  stop(): void {
    this.#cancel?.()
    this.#cancel = null
  }

  #advance(): void {
    for (const { name, link } of this.#catalogue.next(this.#options.clock.now())) this.#options.open(name, link)
    if (this.#cancel !== null || !this.#catalogue.isBusy) return
    this.#cancel = this.#options.clock.setTimer(pollMs, () => {
      this.#cancel = null
      this.#advance()
    })
  }
}
