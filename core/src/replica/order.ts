/**
 * Whether the structs of one update can be applied in some order (PROTOCOL.md [DS6], [DS7]). Real edits always can: what
 * an edit builds on was there before it. Structs that build on one another in a circle would wait inside the
 * document for ever, and one that builds on its own client's future makes Yjs throw in the middle of applying it.
 */
import * as Y from 'yjs'

type Struct = ReturnType<typeof Y.decodeUpdate>['structs'][number]

/** The structs of one client, and how far they are applied. */
interface Line {
  readonly structs: Struct[]
  at: number
  /** Lines that wait for this one, each with the clock it must reach. */
  waiting: { readonly line: Line; readonly clock: number }[]
}

/** `structs` are in one piece for each client, as the gate has checked. */
export function areInOrder(structs: readonly Struct[]): boolean {
  const lines = new Map<number, Line>()
  for (const struct of structs) {
    const line = lines.get(struct.id.client)
    if (line === undefined) lines.set(struct.id.client, { structs: [struct], at: 0, waiting: [] })
    else line.structs.push(struct)
  }
  const ready = [...lines.values()]
  for (let line = ready.pop(); line !== undefined; line = ready.pop()) ready.push(...advance(line, lines))
  for (const line of lines.values()) if (line.at < line.structs.length) return false
  return true
}

/** Applies, in thought, as many structs of a line as can be; returns the lines that waited for them. */
function advance(line: Line, lines: ReadonlyMap<number, Line>): readonly Line[] {
  for (let struct = line.structs[line.at]; struct !== undefined; struct = line.structs[++line.at]) {
    const missing = basesOf(struct).find((base) => !isApplied(base, lines))
    if (missing === undefined) continue
    lines.get(missing.client)?.waiting.push({ line, clock: missing.clock })
    break
  }
  const reached = nextClock(line)
  const freed = line.waiting.filter((waiter) => waiter.clock < reached)
  line.waiting = line.waiting.filter((waiter) => waiter.clock >= reached)
  return freed.map((waiter) => waiter.line)
}

function basesOf(struct: Struct): readonly Y.ID[] {
  if (!(struct instanceof Y.Item)) return []
  return [struct.origin, struct.rightOrigin, struct.parent].filter((base) => base instanceof Y.ID)
}

/** What is before this update is not its matter: whether that is here is asked by `isWaiting`. */
function isApplied(base: Y.ID, lines: ReadonlyMap<number, Line>): boolean {
  const line = lines.get(base.client)
  return line === undefined || base.clock < nextClock(line)
}

function nextClock(line: Line): number {
  return line.structs[line.at]?.id.clock ?? Infinity
}
