/**
 * Whether the structs of one update can be applied in some order (PROTOCOL.md [DS6], [DS7]), and which. Real edits always
 * can: what an edit builds on was there before it. Structs that build on one another in a circle would wait inside the
 * document for ever, and one that builds on its own client's future makes Yjs throw in the middle of applying it.
 */
import type { Id, StructHeader } from './update-reader.ts'

/** The structs of one client, and how far they are applied. */
interface Line {
  readonly structs: StructHeader[]
  at: number
  /** Lines that wait for this one, each with the clock it must reach. */
  waiting: { readonly line: Line; readonly clock: number }[]
}

/**
 * The structs so that each comes after what it builds on; null when there is no such order. They are in one piece for
 * each client, as the gate has checked.
 */
export function inOrder(structs: readonly StructHeader[]): readonly StructHeader[] | null {
  if (areOfOneClient(structs)) return structs.every(buildsOnEarlier) ? structs : null
  const lines = new Map<number, Line>()
  for (const struct of structs) {
    const line = lines.get(struct.client)
    if (line === undefined) lines.set(struct.client, { structs: [struct], at: 0, waiting: [] })
    else line.structs.push(struct)
  }
  const ordered: StructHeader[] = []
  const ready = [...lines.values()]
  for (let line = ready.pop(); line !== undefined; line = ready.pop()) ready.push(...advance(line, lines, ordered))
  return ordered.length === structs.length ? ordered : null
}

function areOfOneClient(structs: readonly StructHeader[]): boolean {
  const client = structs[0]?.client
  return structs.every((struct) => struct.client === client)
}

function buildsOnEarlier(struct: StructHeader): boolean {
  return missingBase(struct, (base) => base.client !== struct.client || base.clock < struct.clock) === null
}

/** Applies, in thought, as many structs of a line as can be; returns the lines that waited for them. */
function advance(line: Line, lines: ReadonlyMap<number, Line>, ordered: StructHeader[]): readonly Line[] {
  const isHere = (base: Id): boolean => isApplied(base, lines)
  for (let struct = line.structs[line.at]; struct !== undefined; struct = line.structs[++line.at]) {
    const missing = missingBase(struct, isHere)
    if (missing === null) {
      ordered.push(struct)
      continue
    }
    lines.get(missing.client)?.waiting.push({ line, clock: missing.clock })
    break
  }
  if (line.waiting.length === 0) return []
  const reached = nextClock(line)
  const freed = line.waiting.filter((waiter) => waiter.clock < reached)
  line.waiting = line.waiting.filter((waiter) => waiter.clock >= reached)
  return freed.map((waiter) => waiter.line)
}

/** The first of what a struct builds on that is not here. */
function missingBase({ origin, rightOrigin, parent }: StructHeader, isHere: (base: Id) => boolean): Id | null {
  if (origin !== null && !isHere(origin)) return origin
  if (rightOrigin !== null && !isHere(rightOrigin)) return rightOrigin
  return parent !== null && typeof parent !== 'string' && !isHere(parent) ? parent : null
}

/** What is before this update is not its matter: whether that is here is asked by `isWaiting`. */
function isApplied(base: Id, lines: ReadonlyMap<number, Line>): boolean {
  const line = lines.get(base.client)
  return line === undefined || base.clock < nextClock(line)
}

function nextClock(line: Line): number {
  return line.structs[line.at]?.clock ?? Infinity
}
