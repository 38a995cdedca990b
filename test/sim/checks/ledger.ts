/**
 * Every edit of a run, with what it must look like in a document that holds it, and the disks that were seen to hold
 * it. The checks compare what the engine claims with what is written here.
 */
import type * as Y from 'yjs'
import type { SimDisk } from '../ports/sim-disk.ts'
import type { Life } from '../world/life.ts'
import { holds, type Content } from './update-content.ts'

export interface Edit {
  readonly document: string
  readonly author: string
  /** The run of the author's process; null for an update that was offered to a peer from outside. */
  readonly life: Life | null
  readonly content: Content
  /** Texts that this edit put into the list nothing is ever taken from, and those it took from the other list. */
  readonly tokens: readonly string[]
  readonly erased: readonly string[]
  readonly atMs: number
  /** Machines whose disk holds it: since then it was neither lost nor damaged. */
  readonly heldBy: Set<number>
  /** Machines whose disk or memory ever held it in its log. */
  readonly everHeldBy: Set<number>
}

/** A machine as far as the ledger needs to know it. */
export interface Keeper {
  readonly index: number
  readonly disk: SimDisk
}

export class Ledger {
  readonly #edits = new Map<string, Edit[]>()
  #count = 0
  #tokens = 0

  get count(): number {
    return this.#count
  }

  /** A text that occurs nowhere else; it names its document, so that it is known where it has no business. */
  token(document: number): string {
    return `[d${document}:${++this.#tokens}]`
  }

  record(edit: Omit<Edit, 'heldBy' | 'everHeldBy'>): Edit {
    const recorded: Edit = { ...edit, heldBy: new Set(), everHeldBy: new Set() }
    const list = this.#edits.get(edit.document) ?? []
    this.#edits.set(edit.document, list)
    list.push(recorded)
    this.#count++
    return recorded
  }

  of(document: string): readonly Edit[] {
    return this.#edits.get(document) ?? []
  }

  /** What a process did to a document in one run. */
  by(life: Life, document: string): readonly Edit[] {
    return this.of(document).filter((edit) => edit.life === life)
  }

  heldIn(doc: Y.Doc, document: string): readonly Edit[] {
    return this.of(document).filter((edit) => holds(doc, edit.content))
  }

  /** Notes what a disk holds now. */
  look(keeper: Keeper): void {
    for (const [document, edits] of this.#edits) this.#lookAt(keeper, document, edits)
  }

  lookAt(keeper: Keeper, document: string): void {
    this.#lookAt(keeper, document, this.of(document))
  }

  #lookAt({ index, disk }: Keeper, document: string, edits: readonly Edit[]): void {
    const unseen = edits.filter((edit) => !edit.heldBy.has(index))
    if (unseen.length === 0) return
    const doc = disk.shadow(document)
    for (const edit of unseen) {
      if (!holds(doc, edit.content)) continue
      edit.heldBy.add(index)
      edit.everHeldBy.add(index)
    }
  }

  /** The disk is about to be lost or damaged: what it holds is noted, and no longer expected of it. */
  release(keeper: Keeper): void {
    this.look(keeper)
    for (const edits of this.#edits.values()) for (const edit of edits) edit.heldBy.delete(keeper.index)
  }
}
