/**
 * Which coded symbols a fingerprint is part of: the first, and symbol i with a chance of 1/(1 + i/2). Such a density
 * makes any number of symbols from the start a good code for about two thirds as many differences ("Practical Rateless
 * Set Reconciliation", Yang, Gilad and Alizadeh, 2024). Both sides walk the same way: the fingerprint is the seed.
 */

/** What is multiplied with to make output of the state (xoroshiro64*). */
const star = 0x9e3779bb

export class SymbolWalk {
  #index = 0
  #a: number
  #b: number

  constructor(fingerprint: bigint) {
    this.#a = Number(fingerprint & 0xffffffffn)
    this.#b = Number(fingerprint >> 32n)
    // The one state that a xorshift never leaves.
    if (this.#a === 0 && this.#b === 0) this.#a = 1
  }

  /** The symbol it stands at; the first at the beginning. */
  get index(): number {
    return this.#index
  }

  /** On to the next symbol: the gap is drawn at once, so that rare symbols cost nothing for those between. */
  advance(): void {
    const share = (this.#random() + 1) / 2 ** 32
    const gap = Math.ceil((this.#index + 1.5) * (1 / Math.sqrt(share) - 1))
    this.#index += Math.max(1, gap)
  }

  /** 32 bits (xoroshiro64*). */
  #random(): number {
    const output = Math.imul(this.#a, star) >>> 0
    const mixed = this.#b ^ this.#a
    this.#a = ((this.#a << 26) | (this.#a >>> 6)) ^ mixed ^ (mixed << 9)
    this.#b = (mixed << 13) | (mixed >>> 19)
    return output
  }
}
