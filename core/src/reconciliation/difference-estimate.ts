/**
 * About how many fingerprints two sets differ in, long before they can be told: each difference pulls the count of a
 * symbol it is part of up or down by one, so the counts wander as far from zero as there are differences. Saves asking
 * for symbols again and again: what is missing is asked for at once.
 */

/** Symbols looked at: more would make it little better. */
const samplesMax = 1_024

export class DifferenceEstimate {
  readonly #surplus: number
  #sum = 0
  #samples = 0

  /** `surplus`: by how much the other set is greater. */
  constructor(surplus: number) {
    this.#surplus = surplus
  }

  /** `count`: of symbol `index` of the other set, less that of ours. */
  add(index: number, count: number): void {
    // The first holds everything: its count is the surplus.
    if (index === 0 || this.#samples >= samplesMax) return
    const chance = 1 / (1 + index / 2)
    this.#sum += (count ** 2 - (chance * this.#surplus) ** 2) / (chance * (1 - chance))
    this.#samples++
  }

  get value(): number {
    const least = Math.max(1, Math.abs(this.#surplus))
    return this.#samples === 0 ? least : Math.max(least, Math.round(this.#sum / this.#samples))
  }
}
