/** One edit on its way through a mesh: who has it, after how many hops, and when. */
export interface Reader {
  text(): string
}

interface Arrival {
  readonly hops: number
  readonly afterMs: number
}

export class Spread<Member extends Reader = Reader> {
  readonly #token: string
  readonly #now: () => number
  readonly #startedAt: number
  readonly #arrivals = new Map<Member, Arrival>()

  /** `token`: words of the edit that no other edit has. */
  constructor(writer: Member, token: string, now: () => number) {
    this.#token = token
    this.#now = now
    this.#startedAt = now()
    this.#arrivals.set(writer, { hops: 0, afterMs: 0 })
  }

  /** A member was told something by another: perhaps the edit. */
  reached(member: Member, by: Member): void {
    const before = this.#arrivals.get(by)
    if (before === undefined || this.#arrivals.has(member) || !member.text().includes(this.#token)) return
    this.#arrivals.set(member, { hops: before.hops + 1, afterMs: this.#now() - this.#startedAt })
  }

  has(member: Member): boolean {
    return this.#arrivals.has(member)
  }

  get arrivals(): readonly Arrival[] {
    return [...this.#arrivals.values()]
  }
}
