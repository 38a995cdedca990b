/**
 * Documents are named once on a link and numbered afterwards (PROTOCOL.md [WI7]). Each side numbers on its own, from
 * 1; a number is never used again for another name while the link lasts.
 */
import type { DocumentName } from '../ids.ts'
import { limits } from '../limits.ts'

export class DocumentNumbers {
  readonly #own = new Map<DocumentName, number>()
  readonly #ownNames = new Map<number, DocumentName>()
  readonly #theirs = new Map<number, DocumentName>()
  readonly #theirNumbers = new Map<DocumentName, number>()
  #last = 0

  /** Our number for a name, given now if need be; null at the limit. */
  give(name: DocumentName): number | null {
    const given = this.#own.get(name)
    if (given !== undefined) return given
    if (this.#own.size >= limits.documentsPerLinkMax) return null
    const number = ++this.#last
    this.#own.set(name, number)
    this.#ownNames.set(number, name)
    return number
  }

  own(name: DocumentName): number | undefined {
    return this.#own.get(name)
  }

  ownName(number: number): DocumentName | undefined {
    return this.#ownNames.get(number)
  }

  /** Takes our number back after a close; the number stays burnt. */
  take(name: DocumentName): void {
    const number = this.#own.get(name)
    if (number === undefined) return
    this.#own.delete(name)
    this.#ownNames.delete(number)
  }

  /** Notes what the other side calls a document; false at the limit, and for a number that means another one. */
  learn(number: number, name: DocumentName): boolean {
    const known = this.#theirs.get(number)
    if (known === undefined ? this.#theirs.size >= limits.documentsPerLinkMax : known !== name) return false
    const before = this.#theirNumbers.get(name)
    if (before !== undefined) this.#theirs.delete(before)
    this.#theirs.set(number, name)
    this.#theirNumbers.set(name, number)
    return true
  }

  their(number: number): DocumentName | undefined {
    return this.#theirs.get(number)
  }

  /** What the other side calls a document. */
  theirNumber(name: DocumentName): number | undefined {
    return this.#theirNumbers.get(name)
  }

  forget(number: number): void {
    const name = this.#theirs.get(number)
    this.#theirs.delete(number)
    // The late close of an old number must not take the new one with it.
    if (name !== undefined && this.#theirNumbers.get(name) === number) this.#theirNumbers.delete(name)
  }
}
