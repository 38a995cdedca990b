/**
 * Digests of documents that are not in memory, as they were when they left it: with their names they are all that a peer
 * remembers of the many it keeps and nobody uses. Eight characters each, because a small array costs two hundred bytes.
 */
import { digestFrom, type Digest, type DocumentName } from '../ids.ts'
import { limits } from '../limits.ts'

export class ColdDigests {
  /** Oldest first. */
  readonly #texts = new Map<DocumentName, string>()

  get(name: DocumentName): Digest | null {
    const text = this.#texts.get(name)
    return text === undefined ? null : digestFrom(Uint8Array.from(text, (character) => character.charCodeAt(0)))
  }

  set(name: DocumentName, digest: Digest): void {
    this.#texts.delete(name)
    this.#texts.set(name, String.fromCharCode(...digest))
    const oldest = this.#texts.keys().next()
    if (this.#texts.size > limits.digestsRememberedMax && !oldest.done) this.#texts.delete(oldest.value)
  }
}
