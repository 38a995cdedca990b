/** The stream of coded symbols of one set of fingerprints: as many as somebody asks for, always the same ones. */
import type { CodedSymbol } from '../wire/message.ts'
import { SymbolWalk } from './symbol-walk.ts'

/** A coded symbol that is still being added up. */
export interface Cell {
  sum: bigint
  check: number
  count: number
}

/** Something that is part of some symbols, with its place in the walk over them. */
export class Walker {
  readonly fingerprint: bigint
  readonly check: number
  readonly #walk: SymbolWalk

  constructor(fingerprint: bigint, check: number) {
    this.fingerprint = fingerprint
    this.check = check
    this.#walk = new SymbolWalk(fingerprint)
  }

  /** Adds it (1) or takes it away (-1) in all its symbols that it has not come to yet; tells which they are. */
  apply(cells: readonly Cell[], sign: number): readonly number[] {
    const touched: number[] = []
    for (let cell = cells[this.#walk.index]; cell !== undefined; cell = cells[this.#walk.index]) {
      cell.sum ^= this.fingerprint
      cell.check = (cell.check ^ this.check) >>> 0
      cell.count += sign
      touched.push(this.#walk.index)
      this.#walk.advance()
    }
    return touched
  }
}

export class SymbolEncoder {
  readonly #walkers: readonly Walker[]
  readonly #cells: Cell[] = []

  constructor(fingerprints: Iterable<bigint>, checkOf: (fingerprint: bigint) => number) {
    this.#walkers = [...fingerprints].map((fingerprint) => new Walker(fingerprint, checkOf(fingerprint)))
  }

  symbols(start: number, count: number): readonly CodedSymbol[] {
    const missing = start + count - this.#cells.length
    if (missing > 0) {
      for (let more = 0; more < missing; more++) this.#cells.push({ sum: 0n, check: 0, count: 0 })
      for (const walker of this.#walkers) walker.apply(this.#cells, 1)
    }
    return this.#cells.slice(start, start + count)
  }
}
