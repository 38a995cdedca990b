/**
 * Two peers that keep everything catch up on documents nobody has open (PROTOCOL.md [CA1] to [CA3]): each tells the
 * other the names and digests of what it keeps, and whatever differs is opened, a few at a time, until it is level.
 */
import { equalBytes } from '../bytes.ts'
import type { DocumentName, LinkId, Millis } from '../ids.ts'
import { limits } from '../limits.ts'
import type { CatalogueEntry } from '../wire/message.ts'

export interface CatalogueView {
  /** Digest of what we hold of a document, where it is known without loading it. */
  digestOf(name: DocumentName): CatalogueEntry['digest']
  /** Whether the document needs no more attention towards that link: it is level, or the link has left. */
  isDone(name: DocumentName, link: LinkId): boolean
}

interface Task {
  readonly link: LinkId
  readonly name: DocumentName
}

export class Catalogue {
  readonly #view: CatalogueView
  readonly #queue: Task[] = []
  readonly #underway = new Map<string, Task & { readonly since: Millis }>()

  constructor(view: CatalogueView) {
    this.#view = view
  }

  get isBusy(): boolean {
    return this.#underway.size > 0
  }

  /** A page of a neighbour's catalogue: what differs is to be opened. */
  heard(
    link: LinkId,
    entries: readonly { readonly name: DocumentName; readonly digest: CatalogueEntry['digest'] }[],
  ): void {
    for (const { name, digest } of entries) {
      if (this.#queue.length >= limits.documentsPerLinkMax) return
      const own = this.#view.digestOf(name)
      if (own !== null && digest !== null && equalBytes(own, digest)) continue
      this.#queue.push({ link, name })
    }
  }

  lost(link: LinkId): void {
    const kept = this.#queue.filter((task) => task.link !== link)
    this.#queue.splice(0, this.#queue.length, ...kept)
    for (const [key, task] of this.#underway) if (task.link === link) this.#underway.delete(key)
  }

  /** What to open now; call it again while `isBusy`. */
  next(now: Millis): readonly Task[] {
    for (const [key, task] of this.#underway) {
      const isOver = now - task.since > limits.catalogueDocumentMs || this.#view.isDone(task.name, task.link)
      if (isOver) this.#underway.delete(key)
    }
    const begun: Task[] = []
    while (this.#underway.size < limits.catalogueOpenAtOnceMax) {
      const task = this.#queue.shift()
      if (task === undefined) break
      const key = `${task.link} ${task.name}`
      if (this.#underway.has(key)) continue
      this.#underway.set(key, { ...task, since: now })
      begun.push(task)
    }
    return begun
  }
}

/** A list of names and digests as pages of a size that fits a message. */
export function* pagesOf(entries: readonly CatalogueEntry[]): Generator<readonly CatalogueEntry[]> {
  for (let at = 0; at < entries.length; at += limits.cataloguePageMax)
    yield entries.slice(at, at + limits.cataloguePageMax)
}
