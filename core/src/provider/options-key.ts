/** A text that is the same for options that are alike: functions count as alike when they are the same one. */
export class OptionsKeys {
  readonly #numbers = new WeakMap<object, number>()
  #last = 0

  keyOf(options: object): string {
    const sorted = Object.entries(options).toSorted(([a], [b]) => (a < b ? -1 : 1))
    return JSON.stringify(sorted, (_key, value: unknown) =>
      typeof value === 'function' ? `function ${this.#numberOf(value)}` : value,
    )
  }

  #numberOf(value: object): number {
    const known = this.#numbers.get(value)
    if (known !== undefined) return known
    this.#numbers.set(value, ++this.#last)
    return this.#last
  }
}
