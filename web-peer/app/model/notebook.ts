/**
 * The list of notes: itself a shared document, with a map from each note's document name to what the list knows of it.
 * Others write there as well, so whatever is read is checked.
 */
import { computed, signal, type ReadonlySignal } from '@preact/signals'
import * as Y from 'yjs'
import { shortened } from './note-title.ts'
import type { OpenDocument } from './open-document.ts'

export const notebookName = 'notebook'

export interface NoteEntry {
  /** The name of the note's document. */
  readonly name: string
  readonly title: string
  readonly created: number
}

/** What was removed, so that it can be put back. */
export type RemovedNote = Readonly<Record<string, unknown>>

const field = {
  /** The first line as it was last typed; the title as long as nobody gives one. */
  firstLine: 'firstLine',
  /** A title given by hand. */
  title: 'title',
  /** Milliseconds since 1970 at whoever made the note: for the order of the list only. */
  created: 'created',
} as const

export class Notebook {
  readonly open: OpenDocument
  readonly notes: ReadonlySignal<readonly NoteEntry[]>
  readonly #map: Y.Map<unknown>

  constructor(open: OpenDocument) {
    this.open = open
    this.#map = open.document.doc.getMap('notes')
    const edition = signal(0)
    this.#map.observeDeep(() => {
      edition.value++
    })
    this.notes = computed(() => {
      void edition.value
      return this.#read()
    })
  }

  /** Puts a note on top of the list; one that is there stays as it is. */
  add(name: string, firstLine = ''): void {
    if (this.#entry(name) !== null) return
    this.#map.set(
      name,
      new Y.Map<unknown>([
        [field.created, Date.now()],
        [field.firstLine, firstLine],
      ]),
    )
  }

  /** Gives a title by hand; an empty one lets it follow the first line again. */
  rename(name: string, title: string): void {
    const entry = this.#entry(name)
    if (entry === null) return
    if (title === '') entry.delete(field.title)
    else if (entry.get(field.title) !== title) entry.set(field.title, title)
  }

  /** Takes note of how a note begins now. */
  follow(name: string, firstLine: string): void {
    const entry = this.#entry(name)
    if (entry !== null && entry.get(field.firstLine) !== firstLine) entry.set(field.firstLine, firstLine)
  }

  remove(name: string): RemovedNote | null {
    const removed = this.#entry(name)?.toJSON() ?? null
    this.#map.delete(name)
    return removed
  }

  restore(name: string, removed: RemovedNote): void {
    if (this.#entry(name) === null) this.#map.set(name, new Y.Map<unknown>(Object.entries(removed)))
  }

  #entry(name: string): Y.Map<unknown> | null {
    const entry = this.#map.get(name)
    return entry instanceof Y.Map ? entry : null
  }

  #read(): readonly NoteEntry[] {
    const notes: NoteEntry[] = []
    for (const [name, entry] of this.#map.entries()) {
      if (!(entry instanceof Y.Map)) continue
      const [title, firstLine, created] = [field.title, field.firstLine, field.created].map(
        (key) => entry.get(key) as unknown,
      )
      const shown = [title, firstLine].map((text) => (typeof text === 'string' ? shortened(text) : ''))
      notes.push({
        name,
        title: shown.find((text) => text !== '') ?? '',
        created: typeof created === 'number' && Number.isFinite(created) ? created : 0,
      })
    }
    return notes.toSorted((a, b) => b.created - a.created || (a.name < b.name ? -1 : 1))
  }
}

/** A document name no other note has. */
export function freshNoteName(): string {
  const letters = '0123456789abcdefghjkmnpqrstvwxyz'
  return `notes/${Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => letters[byte % 32]).join('')}`
}
