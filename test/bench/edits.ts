/** Edits made before the clock starts: what is measured is the server, not Yjs in the writer. */
import * as Y from 'yjs'

export class Typist {
  readonly doc = new Y.Doc()
  readonly #text = this.doc.getText('text')
  #made: Uint8Array[] = []
  #lastMark = 0

  constructor() {
    this.doc.on('update', (update: Uint8Array) => void this.#made.push(update))
  }

  /** So many keystrokes at the end of the text; the last one is a mark that readers look for. */
  type(count: number): { readonly updates: readonly Uint8Array[]; readonly mark: string } {
    this.#made = []
    for (let index = 1; index < count; index++) this.#text.insert(this.#text.length, 'x')
    const mark = `[mark ${++this.#lastMark}]`
    this.#text.insert(this.#text.length, mark)
    return { updates: this.#made, mark }
  }

  get text(): string {
    return this.#text.toString()
  }
}
