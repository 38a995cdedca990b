/**
 * Peers that stored what we hold and are not linked now (PROTOCOL.md [DS13]): what is on their disk stays there. What
 * is known of linked ones is in `neighbour.ts`.
 */
import type { PeerId } from '../ids.ts'
import { limits } from '../limits.ts'
import type { Holder } from '../wire/document-note.ts'

interface Witness {
  /** Number of the last own edit that it has on disk. */
  readonly edits: number
  /** The newest mark of the log when it had everything; null when it never had. */
  readonly whole: number | null
  /** It keeps every document: somebody will find it there. */
  readonly keeps: boolean
}

export class Witnesses {
  readonly #known = new Map<PeerId, Witness>()

  note(peer: PeerId, witness: Witness): void {
    this.#known.delete(peer)
    this.#known.set(peer, witness)
    if (this.#known.size <= limits.witnessesMax) return
    const [oldest] = this.#known.keys()
    if (oldest !== undefined) this.#known.delete(oldest)
  }

  /** It came back without something that we hold: whatever it had is not sure any more. */
  forget(peer: PeerId): void {
    this.#known.delete(peer)
  }

  /** Those that hold every own edit through `edits`. */
  holding(edits: number): readonly Holder[] {
    return [...this.#known].filter(([, one]) => one.edits >= edits).map(([peer, { keeps }]) => ({ peer, keeps }))
  }

  /** Those that hold everything in the log through `mark`. */
  whole(mark: number): readonly Holder[] {
    return [...this.#known].filter(([, one]) => one.whole === mark).map(([peer, { keeps }]) => ({ peer, keeps }))
  }

  /** Number of the last own edit that one of them has. */
  get edits(): number {
    let edits = 0
    for (const witness of this.#known.values()) edits = Math.max(edits, witness.edits)
    return edits
  }
}
