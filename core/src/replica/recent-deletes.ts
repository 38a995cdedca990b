/**
 * What was deleted lately, and since when. In a long-lived text the deletes are most of what two replicas would have to
 * tell each other, and a state vector says nothing of them. But whoever was level before and comes back names his deletes
 * by their digest: if that was once the digest here, he lacks only what has been deleted since.
 */
import { equalBytes } from '../bytes.ts'
import type { Digest } from '../ids.ts'
import { limits } from '../limits.ts'
import { DeletedRanges } from './deleted-ranges.ts'

interface Mark {
  /** Of all deletes there were then. */
  readonly digest: Digest
  /** How many ranges had been noted before. */
  readonly count: number
}

export class RecentDeletes {
  /** Client, from, to, ... in the order in which they were deleted. */
  #bounds: number[] = []
  /** Ranges that were noted before these, and forgotten. */
  #forgotten = 0
  #marks: Mark[] = []

  /** Whether anybody can ask: before the first mark nothing has to be noted. */
  get isKept(): boolean {
    return this.#marks.length > 0
  }

  get #count(): number {
    return this.#forgotten + this.#bounds.length / 3
  }

  add(client: number, from: number, to: number): void {
    const last = this.#marks.at(-1)
    if (last === undefined) return
    const bounds = this.#bounds
    const at = bounds.length - 3
    const isNeighbour = this.#count > last.count && bounds[at] === client
    // One who deletes backwards, and one who deletes forwards.
    if (isNeighbour && bounds[at + 1] === to) bounds[at + 1] = from
    else if (isNeighbour && bounds[at + 2] === from) bounds[at + 2] = to
    else bounds.push(client, from, to)
    if (bounds.length > limits.recentDeletesMax * 3) this.#forgetHalf()
  }

  /** All deletes there are now have this digest. */
  mark(digest: Digest): void {
    const last = this.#marks.at(-1)
    if (last !== undefined && equalBytes(last.digest, digest)) return
    this.#marks.push({ digest, count: this.#count })
    if (this.#marks.length > limits.deleteMarksMax) this.#marks.shift()
  }

  /** What has been deleted since all deletes had that digest; null when that is not known. */
  since(digest: Digest): DeletedRanges | null {
    const mark = this.#marks.findLast((one) => equalBytes(one.digest, digest))
    if (mark === undefined) return null
    const ranges = new DeletedRanges()
    for (let at = (mark.count - this.#forgotten) * 3; at < this.#bounds.length; at += 3) {
      ranges.add(this.#bounds[at] ?? 0, this.#bounds[at + 1] ?? 0, this.#bounds[at + 2] ?? 0)
    }
    return ranges
  }

  /** More has changed than was noted. */
  forget(): void {
    this.#bounds = []
    this.#marks = []
    this.#forgotten = 0
  }

  #forgetHalf(): void {
    const half = Math.floor(this.#bounds.length / 6)
    this.#bounds = this.#bounds.slice(half * 3)
    this.#forgotten += half
    this.#marks = this.#marks.filter(({ count }) => count >= this.#forgotten)
  }
}
