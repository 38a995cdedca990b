/**
 * Tells from another set's coded symbols what is only there and what is only here. Our own set is taken away from each
 * symbol; one in which a single difference is left names it, and taking that away frees others. When the first symbol,
 * which holds everything, is empty, nothing is hidden any more.
 */
import type { CodedSymbol } from '../wire/message.ts'
import { DifferenceEstimate } from './difference-estimate.ts'
import { type Cell, type SymbolEncoder, Walker } from './symbol-encoder.ts'

export interface SetDifference {
  readonly onlyTheirs: readonly bigint[]
  readonly onlyOwn: readonly bigint[]
}

export interface SymbolDecoderOptions {
  readonly own: ReadonlyMap<bigint, unknown>
  readonly encoder: SymbolEncoder
  readonly checkOf: (fingerprint: bigint) => number
  /** How many fingerprints the other set has. */
  readonly theirSize: number
}

export class SymbolDecoder {
  readonly #options: SymbolDecoderOptions
  readonly #estimate: DifferenceEstimate
  readonly #cells: Cell[] = []
  readonly #found: { readonly walker: Walker; readonly sign: number }[] = []

  constructor(options: SymbolDecoderOptions) {
    this.#options = options
    this.#estimate = new DifferenceEstimate(options.theirSize - options.own.size)
  }

  /** How many symbols it has. */
  get length(): number {
    return this.#cells.length
  }

  /** About how many fingerprints differ. */
  get estimate(): number {
    return this.#estimate.value
  }

  /**
   * Takes the next symbols. Null while there are too few of them; `nonsense` when they are no symbols of any set: an
   * honest side's never are.
   */
  add(symbols: readonly CodedSymbol[]): SetDifference | 'nonsense' | null {
    const start = this.#cells.length
    const own = this.#options.encoder.symbols(start, symbols.length)
    for (const [at, { sum, check, count }] of symbols.entries()) {
      const less = own[at]
      if (less === undefined) continue
      this.#estimate.add(start + at, count - less.count)
      this.#cells.push({ sum: sum ^ less.sum, check: (check ^ less.check) >>> 0, count: count - less.count })
    }
    for (const { walker, sign } of this.#found) walker.apply(this.#cells, -sign)
    if (!this.#peel(start)) return 'nonsense'
    const [first] = this.#cells
    const isWhole = first !== undefined && first.sum === 0n && first.check === 0 && first.count === 0
    return isWhole ? this.#difference() : null
  }

  /** False when more came out than symbols went in. */
  #peel(start: number): boolean {
    const { checkOf } = this.#options
    const candidates = this.#cells.slice(start).map((_, at) => start + at)
    for (let at = candidates.pop(); at !== undefined; at = candidates.pop()) {
      const cell = this.#cells[at]
      if (cell === undefined || Math.abs(cell.count) !== 1 || checkOf(cell.sum) !== cell.check) continue
      const found = { walker: new Walker(cell.sum, cell.check), sign: cell.count }
      this.#found.push(found)
      if (this.#found.length > this.#cells.length) return false
      candidates.push(...found.walker.apply(this.#cells, -found.sign))
    }
    return true
  }

  #difference(): SetDifference | 'nonsense' {
    const { own } = this.#options
    const onlyTheirs = new Set<bigint>()
    const onlyOwn = new Set<bigint>()
    for (const { walker, sign } of this.#found) {
      const isOwn = own.has(walker.fingerprint)
      if (isOwn !== (sign === -1)) return 'nonsense'
      if (isOwn) onlyOwn.add(walker.fingerprint)
      else onlyTheirs.add(walker.fingerprint)
    }
    return { onlyTheirs: [...onlyTheirs], onlyOwn: [...onlyOwn] }
  }
}
