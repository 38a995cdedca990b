/** The two partial views of HyParView (Leitão, Pereira, Rodrigues 2007): who is linked, and who could be. */
import type { Millis, PeerAddress } from '../ids.ts'
import { limits } from '../limits.ts'

interface Candidate {
  failures: number
  /** Not to be dialled before. */
  restsUntil: Millis
}

/** Members known by name only; a random one goes when there are too many. */
export class PassiveView {
  readonly #members = new Map<PeerAddress, Candidate>()
  readonly #fraction: () => number

  constructor(fraction: () => number) {
    this.#fraction = fraction
  }

  get size(): number {
    return this.#members.size
  }

  /** False when it is there already. */
  add(member: PeerAddress): boolean {
    if (this.#members.has(member)) return false
    if (this.#members.size >= limits.passiveViewMax) {
      const [victim] = sample([...this.#members.keys()], 1, this.#fraction)
      if (victim !== undefined) this.#members.delete(victim)
    }
    this.#members.set(member, { failures: 0, restsUntil: 0 })
    return true
  }

  delete(member: PeerAddress): void {
    this.#members.delete(member)
  }

  /** Not to be dialled before; nobody's failure. */
  rest(member: PeerAddress, until: Millis): void {
    const candidate = this.#members.get(member)
    if (candidate !== undefined) candidate.restsUntil = until
  }

  /** It could not be reached: once more soon, then ever later, then it is forgotten (PROTOCOL.md [OV4]). */
  failed(member: PeerAddress, now: Millis): void {
    const candidate = this.#members.get(member)
    if (candidate === undefined) return
    candidate.failures++
    if (candidate.failures > limits.directFailuresMax) this.#members.delete(member)
    else candidate.restsUntil = now + limits.directRetryFirstMs * 4 ** (candidate.failures - 1)
  }

  /** A random one that may be dialled now. */
  pick(now: Millis, except: (member: PeerAddress) => boolean): PeerAddress | null {
    const ready = [...this.#members].filter(([member, { restsUntil }]) => restsUntil <= now && !except(member))
    const [picked] = sample(ready, 1, this.#fraction)
    return picked?.[0] ?? null
  }

  /** When the next one that rests may be dialled; null when none rests. */
  nextReady(now: Millis): Millis | null {
    let next: Millis | null = null
    for (const { restsUntil } of this.#members.values()) {
      if (restsUntil > now && (next === null || restsUntil < next)) next = restsUntil
    }
    return next
  }

  sample(count: number): readonly PeerAddress[] {
    return sample([...this.#members.keys()], count, this.#fraction)
  }
}

/** Some of a list, at random, none twice. */
export function sample<Item>(items: readonly Item[], count: number, fraction: () => number): Item[] {
  const rest = [...items]
  const picked: Item[] = []
  while (picked.length < count && rest.length > 0) {
    const [item] = rest.splice(Math.floor(fraction() * rest.length), 1)
    if (item !== undefined) picked.push(item)
  }
  return picked
}
