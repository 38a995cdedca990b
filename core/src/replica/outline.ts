/**
 * What stands where in a document, without what it is: enough to tell exactly what a Y.Doc would count as deleted
 * after the same updates. Not all deletes are said in updates: whoever puts something into a type that is deleted, or
 * under a key that another has set, finds it deleted, too, and each replica works that out by itself (Item.integrate
 * and Item.delete of Yjs). Neighbouring structs in one place share an entry, so typed text costs next to nothing.
 */
import type { DeletedRange, Id, StructHeader } from './update-reader.ts'
import { contentKind } from './update-reader.ts'
import { DeletedRanges } from './deleted-ranges.ts'
import type { Vector } from './gate.ts'

/** A root or a type: a sequence, and values by key. */
class Node {
  isDeleted = false
  /** What was put into it, for the day it is deleted: client, from, to, ...; null where that day never comes. */
  children: number[] | null
  readonly #keys = new Map<string, Values>()

  constructor(isRoot: boolean) {
    this.children = isRoot ? null : []
  }

  values(key: string): Values {
    const known = this.#keys.get(key)
    if (known !== undefined) return known
    const values = new Values(this)
    this.#keys.set(key, values)
    return values
  }

  /** Whoever is deleted keeps no list: what comes into it later is deleted at once. */
  delete(): readonly number[] {
    const children = this.children ?? []
    this.isDeleted = true
    this.children = null
    return children
  }

  add(client: number, from: number, to: number): void {
    const { children } = this
    if (children === null) return
    if (children.at(-3) === client && children.at(-1) === from) children[children.length - 1] = to
    else children.push(client, from, to)
  }
}

/**
 * What was ever set under one key: a tree, each value below the one it replaced. The one that counts is found by always
 * taking the greatest client; all others are deleted. What is collected as garbage may hold several values, of which
 * each replaced the one before.
 */
class Values {
  readonly node: Node
  /** From the first value to the one that counts, as runs of clocks: client, from, to, ... */
  readonly #path: number[] = []

  constructor(node: Node) {
    this.node = node
  }

  /** Returns what another value has won against: these, or the one that counted before. */
  set(values: DeletedRange, replaced: Id | null): DeletedRange | null {
    const path = this.#path
    const at = replaced === null ? 0 : this.#indexOf(replaced)
    if (at < 0) return values
    const isInside = replaced !== null && replaced.clock + 1 < (path[at + 2] ?? 0)
    const next = replaced === null || isInside ? at : at + 3
    const rival = path[next]
    if (rival !== undefined && rival >= values.client) return values
    const [client, , to] = path.slice(-3)
    path.length = isInside ? at + 3 : next
    if (isInside) path[at + 2] = replaced.clock + 1
    const end = values.clock + values.length
    if (path.at(-3) === values.client && path.at(-1) === values.clock) path[path.length - 1] = end
    else path.push(values.client, values.clock, end)
    return client === undefined || to === undefined ? null : { client, clock: to - 1, length: 1 }
  }

  #indexOf({ client, clock }: Id): number {
    const path = this.#path
    for (let at = path.length - 3; at >= 0; at -= 3) {
      if (path[at] === client && (path[at + 1] ?? 0) <= clock && clock < (path[at + 2] ?? 0)) return at
    }
    return -1
  }
}

type Place = Node | Values

/** The structs of one client. */
class Line {
  clock = 0
  /** Where each run of structs in one place begins, and that place. */
  readonly starts: number[] = []
  readonly places: Place[] = []
  /** Clocks of the types, and these. */
  readonly types: number[] = []
  readonly nodes: Node[] = []

  placeAt(clock: number): Place | undefined {
    return clock < this.clock ? this.places[countUpTo(this.starts, clock) - 1] : undefined
  }

  nodeAt(clock: number): Node | undefined {
    const at = countUpTo(this.types, clock) - 1
    return this.types[at] === clock ? this.nodes[at] : undefined
  }
}

/** How many of the numbers, which are in order, are not above `most`. */
function countUpTo(numbers: readonly number[], most: number): number {
  let high = numbers.length
  if (high > 0 && (numbers[high - 1] ?? 0) <= most) return high
  let low = 0
  while (low < high) {
    const middle = (low + high) >>> 1
    if ((numbers[middle] ?? 0) <= most) low = middle + 1
    else high = middle
  }
  return low
}

/** Where garbage is: whatever is put beside it is garbage, too. */
const gone = new Node(false)
gone.delete()

export class Outline {
  readonly deletes = new DeletedRanges()
  readonly #lines = new Map<number, Line>()
  readonly #roots = new Map<string, Node>()
  /** Hears of each range in which something was not deleted before. */
  readonly #deleted: (client: number, from: number, to: number) => void

  constructor(deleted: (client: number, from: number, to: number) => void = () => undefined) {
    this.#deleted = deleted
  }

  /** The clock after the last struct of each client that is here. */
  vector(): Vector {
    const vector: Vector = new Map()
    for (const [client, { clock }] of this.#lines) vector.set(client, clock)
    return vector
  }

  get isEmpty(): boolean {
    return this.#lines.size === 0
  }

  clockOf(client: number): number {
    return this.#lines.get(client)?.clock ?? 0
  }

  /**
   * Takes in structs that begin where those of their clients end, each after what it builds on. Returns whether anything
   * was deleted that was not before; null for what no editor writes: then this is of no use any more, and only a
   * Y.Doc can tell.
   */
  apply(structs: readonly StructHeader[], deletes: readonly DeletedRange[]): boolean | null {
    let hasDeleted = false
    for (const struct of structs) {
      const place = this.#placeOf(struct)
      if (place === null) return null
      const { client, clock, length } = struct
      this.#put(struct, place)
      const { isDeleted } = place instanceof Values ? place.node : place
      const isGone = isDeleted || struct.content === contentKind.deleted
      if (isGone && this.#delete(client, clock, clock + length)) hasDeleted = true
      const lost = place instanceof Values ? place.set(struct, struct.origin) : null
      if (lost !== null && this.#delete(lost.client, lost.clock, lost.clock + lost.length)) hasDeleted = true
    }
    for (const { client, clock, length } of deletes) {
      if (this.#delete(client, clock, clock + length)) hasDeleted = true
    }
    // Values under one key are put together in one struct only when they are deleted.
    const isOdd = structs.some((struct) => struct.length > 1 && this.#isValue(struct) && !this.#isDeleted(struct))
    return isOdd ? null : hasDeleted
  }

  #put({ client, clock, length, content }: StructHeader, place: Place): void {
    let line = this.#lines.get(client)
    if (line === undefined) this.#lines.set(client, (line = new Line()))
    if (line.places.at(-1) !== place) {
      line.starts.push(clock)
      line.places.push(place)
    }
    line.clock = clock + length
    if (content === contentKind.type) {
      line.types.push(clock)
      line.nodes.push(new Node(false))
    }
    const node = place instanceof Values ? place.node : place
    node.add(client, clock, clock + length)
  }

  #placeOf(struct: StructHeader): Place | null {
    const { content, origin, rightOrigin, parent, key } = struct
    if (content === contentKind.gc) return gone
    const left = origin === null ? null : this.#placeAt(origin)
    const right = rightOrigin === null ? null : this.#placeAt(rightOrigin)
    if (left === undefined || right === undefined) return null
    if (left === gone || right === gone) return gone
    const beside = left ?? right
    // What stands between two places, or is set under a key before another value, or as text: no editor does that.
    if (left !== null && right !== null && left !== right) return null
    const isValue = beside instanceof Values || key !== null
    if (isValue && (right !== null || content === contentKind.string)) return null
    if (beside !== null) return beside
    if (parent === null) return null
    const node = typeof parent === 'string' ? this.#root(parent) : this.#nodeAt(parent)
    return key === null || node === gone ? node : node.values(key)
  }

  #isValue(id: Id): boolean {
    return this.#placeAt(id) instanceof Values
  }

  #isDeleted({ client, clock, length }: DeletedRange): boolean {
    return this.deletes.has(client, clock, clock + length)
  }

  #placeAt({ client, clock }: Id): Place | undefined {
    return this.#lines.get(client)?.placeAt(clock)
  }

  /** What is no type, or none any more, was collected as garbage. */
  #nodeAt({ client, clock }: Id): Node {
    return this.#lines.get(client)?.nodeAt(clock) ?? gone
  }

  #root(name: string): Node {
    const known = this.#roots.get(name)
    if (known !== undefined) return known
    const node = new Node(true)
    this.#roots.set(name, node)
    return node
  }

  /** Deletes a range, and all that is in the types of it. */
  #delete(client: number, from: number, to: number): boolean {
    if (!this.#note(client, from, to)) return false
    const inside = this.#children(client, from, to)
    while (inside.length > 0) {
      const [nextClient = 0, nextFrom = 0, nextTo = 0] = inside.splice(-3)
      if (!this.#note(nextClient, nextFrom, nextTo)) continue
      for (const bound of this.#children(nextClient, nextFrom, nextTo)) inside.push(bound)
    }
    return true
  }

  #note(client: number, from: number, to: number): boolean {
    const isNews = this.deletes.add(client, from, to)
    if (isNews) this.#deleted(client, from, to)
    return isNews
  }

  /** What was put into the types of a range, which are deleted now. */
  #children(client: number, from: number, to: number): number[] {
    const line = this.#lines.get(client)
    const children: number[] = []
    if (line === undefined || line.types.length === 0) return children
    for (let at = countUpTo(line.types, from - 1); (line.types[at] ?? to) < to; at++) {
      const node = line.nodes[at]
      if (node !== undefined && !node.isDeleted) for (const bound of node.delete()) children.push(bound)
    }
    return children
  }
}
