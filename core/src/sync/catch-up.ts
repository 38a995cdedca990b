/**
 * Documents that differ between us and a neighbour that keeps everything, too, whether or not anybody has them open: they
 * are opened, a few at a time, until they are level (PROTOCOL.md [CA2]).
 */
import type { DocumentName, LinkId, Millis } from '../ids.ts'
import { limits } from '../limits.ts'

export interface CatchUpView {
  /** Whether the document needs no more attention towards that link: it is level, or the link has left. */
  isDone(name: DocumentName, link: LinkId): boolean
  /** It is done, and not needed in memory any more. */
  rest(name: DocumentName): void
}

interface Task {
  readonly link: LinkId
  readonly name: DocumentName
}

export class CatchUp {
  readonly #view: CatchUpView
  #queue: Task[] = []
  /** Up to here the queue has been taken. */
  #taken = 0
  readonly #underway = new Map<string, Task & { readonly since: Millis }>()

  constructor(view: CatchUpView) {
    this.#view = view
  }

  get isBusy(): boolean {
    return this.#underway.size > 0
  }

  /** These of our documents are to be opened towards that link. */
  add(link: LinkId, names: Iterable<DocumentName>): void {
    for (const name of names) this.#queue.push({ link, name })
  }

  lost(link: LinkId): void {
    this.#queue = this.#queue.slice(this.#taken).filter((task) => task.link !== link)
    this.#taken = 0
    for (const [key, task] of this.#underway) if (task.link === link) this.#underway.delete(key)
  }

  /** What to open now; call it again while `isBusy`. */
  next(now: Millis): readonly Task[] {
    for (const [key, task] of this.#underway) {
      const isDone = this.#view.isDone(task.name, task.link)
      if (isDone || now - task.since > limits.catalogueDocumentMs) this.#underway.delete(key)
      if (isDone) this.#view.rest(task.name)
    }
    const begun: Task[] = []
    while (this.#underway.size < limits.catalogueOpenAtOnceMax) {
      const task = this.#take()
      if (task === undefined) break
      const key = `${task.link} ${task.name}`
      if (this.#underway.has(key)) continue
      this.#underway.set(key, { ...task, since: now })
      begun.push(task)
    }
    return begun
  }

  #take(): Task | undefined {
    const task = this.#queue[this.#taken]
    if (task !== undefined) this.#taken++
    if (this.#taken === this.#queue.length) {
      this.#queue = []
      this.#taken = 0
    }
    return task
  }
}
