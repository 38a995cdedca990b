/**
 * Which clocks of which clients are deleted: ranges in order that neither overlap nor touch, as Yjs reads them out of a
 * document, so that both have the same bytes for the same deletes.
 */
import * as encoding from 'lib0/encoding'

export class DeletedRanges {
  /** Of each client: from, to, from, to, ... */
  readonly #clients = new Map<number, number[]>()

  /** Whether any of it was not deleted before. */
  add(client: number, from: number, to: number): boolean {
    const bounds = this.#clients.get(client)
    if (bounds === undefined) {
      this.#clients.set(client, [from, to])
      return true
    }
    // As they stand in an update: each behind the one before.
    if (from > (bounds.at(-1) ?? 0)) {
      bounds.push(from, to)
      return true
    }
    const first = firstEndingAtOrAfter(bounds, from)
    let last = first
    while (last < bounds.length && (bounds[last] ?? 0) <= to) last += 2
    // Ranges first to last touch the new one: together they become one.
    const start = Math.min(from, bounds[first] ?? from)
    const end = Math.max(to, bounds[last - 1] ?? to)
    if (last === first) bounds.splice(first, 0, from, to)
    else if (last === first + 2 && start === bounds[first] && end === bounds[first + 1]) return false
    else if (last === first + 2) {
      bounds[first] = start
      bounds[first + 1] = end
    } else bounds.splice(first, last - first, start, end)
    return true
  }

  /** Whether all of it is deleted. */
  has(client: number, from: number, to: number): boolean {
    const bounds = this.#clients.get(client)
    if (bounds === undefined) return false
    const at = firstEndingAtOrAfter(bounds, to)
    return (bounds[at] ?? Infinity) <= from
  }

  /** As at the end of an update (v1). */
  write(encoder: encoding.Encoder): void {
    const clients = [...this.#clients].toSorted(([a], [b]) => b - a)
    encoding.writeVarUint(encoder, clients.length)
    for (const [client, bounds] of clients) {
      encoding.writeVarUint(encoder, client)
      encoding.writeVarUint(encoder, bounds.length / 2)
      for (let at = 0; at < bounds.length; at += 2) {
        const from = bounds[at] ?? 0
        encoding.writeVarUint(encoder, from)
        encoding.writeVarUint(encoder, (bounds[at + 1] ?? 0) - from)
      }
    }
  }
}

/** Where the first range begins that ends at `clock` or after it. */
function firstEndingAtOrAfter(bounds: readonly number[], clock: number): number {
  let low = 0
  let high = bounds.length / 2
  while (low < high) {
    const middle = (low + high) >>> 1
    if ((bounds[middle * 2 + 1] ?? 0) < clock) low = middle + 1
    else high = middle
  }
  return low * 2
}
