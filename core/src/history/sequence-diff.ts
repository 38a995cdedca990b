/**
 * What turns one sequence into another (Myers, "An O(ND) Difference Algorithm", 1986): the fewest steps where they differ in up to
 * `stepsMax` places. Longer texts that differ much are compared by lines first, and line by line where lines differ.
 */
export interface SequenceChange {
  /** Where, in the old sequence. */
  readonly at: number
  readonly removed: number
  /** What comes there, in the new sequence. */
  readonly from: number
  readonly inserted: number
}

/** Its memory grows with the square of that. */
const stepsMax = 1_000

export function sequenceDiff(old: readonly string[], now: readonly string[]): readonly SequenceChange[] {
  return differences({ old, now, offset: { old: 0, now: 0 }, mayGroup: true })
}

interface Comparison {
  readonly old: readonly string[]
  readonly now: readonly string[]
  readonly offset: { readonly old: number; readonly now: number }
  /** Whether lines may be compared first. */
  readonly mayGroup: boolean
}

function differences({ old, now, offset, mayGroup }: Comparison): readonly SequenceChange[] {
  let start = 0
  while (start < old.length && start < now.length && old[start] === now[start]) start++
  let end = 0
  const room = Math.min(old.length, now.length) - start
  while (end < room && old[old.length - 1 - end] === now[now.length - 1 - end]) end++
  const middle = {
    old: old.slice(start, old.length - end),
    now: now.slice(start, now.length - end),
    offset: { old: offset.old + start, now: offset.now + start },
  }
  if (middle.old.length === 0 && middle.now.length === 0) return []
  if (middle.old.length === 0 || middle.now.length === 0) return [wholly(middle)]
  return fewest(middle) ?? (mayGroup ? byLines(middle) : [wholly(middle)])
}

type Middle = Omit<Comparison, 'mayGroup'>

function wholly({ old, now, offset }: Middle): SequenceChange {
  return { at: offset.old, removed: old.length, from: offset.now, inserted: now.length }
}

function byLines(middle: Middle): readonly SequenceChange[] {
  const [old, now] = [linesOf(middle.old), linesOf(middle.now)]
  const texts = (lines: readonly Line[]): readonly string[] => lines.map(({ text }) => text)
  const changes = differences({ old: texts(old), now: texts(now), offset: { old: 0, now: 0 }, mayGroup: false })
  return changes.flatMap(({ at, removed, from, inserted }) => {
    const [oldStart, oldEnd] = [startOf(old, at), startOf(old, at + removed)]
    const [nowStart, nowEnd] = [startOf(now, from), startOf(now, from + inserted)]
    return differences({
      old: middle.old.slice(oldStart, oldEnd),
      now: middle.now.slice(nowStart, nowEnd),
      offset: { old: middle.offset.old + oldStart, now: middle.offset.now + nowStart },
      mayGroup: false,
    })
  })
}

interface Line {
  readonly text: string
  readonly start: number
  readonly end: number
}

function linesOf(tokens: readonly string[]): readonly Line[] {
  const lines: Line[] = []
  let start = 0
  for (const [index, token] of tokens.entries()) {
    if (token !== '\n' && index !== tokens.length - 1) continue
    lines.push({ text: tokens.slice(start, index + 1).join(''), start, end: index + 1 })
    start = index + 1
  }
  return lines
}

function startOf(lines: readonly Line[], index: number): number {
  return lines[index]?.start ?? lines.at(-1)?.end ?? 0
}

/** Null when it takes more than `stepsMax` steps. */
function fewest(middle: Middle): readonly SequenceChange[] | null {
  const { old, now } = middle
  const reach = new Int32Array(2 * stepsMax + 3)
  const before: Int32Array[] = []
  for (let steps = 0; steps <= Math.min(stepsMax, old.length + now.length); steps++) {
    before.push(reach.slice(stepsMax + 1 - steps - 1, stepsMax + 1 + steps + 2))
    for (let diagonal = -steps; diagonal <= steps; diagonal += 2) {
      const at = stepsMax + 1 + diagonal
      const isDown = diagonal === -steps || (diagonal !== steps && (reach[at - 1] ?? 0) < (reach[at + 1] ?? 0))
      let x = isDown ? (reach[at + 1] ?? 0) : (reach[at - 1] ?? 0) + 1
      let y = x - diagonal
      while (x < old.length && y < now.length && old[x] === now[y]) {
        x++
        y++
      }
      reach[at] = x
      if (x >= old.length && y >= now.length) return walkedBack(middle, before, steps)
    }
  }
  return null
}

/** From the end to the beginning, along the way that was found. */
function walkedBack({ old, now, offset }: Middle, before: readonly Int32Array[], found: number): SequenceChange[] {
  const changes: SequenceChange[] = []
  let [x, y] = [old.length, now.length]
  for (let steps = found; steps > 0; steps--) {
    const reach = before[steps]
    const reached = (diagonal: number): number => reach?.[diagonal + steps + 1] ?? 0
    const diagonal = x - y
    const isDown = diagonal === -steps || (diagonal !== steps && reached(diagonal - 1) < reached(diagonal + 1))
    const previous = isDown ? diagonal + 1 : diagonal - 1
    x = reached(previous)
    y = x - previous
    prepend(changes, {
      at: offset.old + x,
      removed: isDown ? 0 : 1,
      from: offset.now + y,
      inserted: isDown ? 1 : 0,
    })
  }
  return changes
}

/** Steps that touch are one change. */
function prepend(changes: SequenceChange[], step: SequenceChange): void {
  const [first] = changes
  const touches = first !== undefined && step.at + step.removed === first.at && step.from + step.inserted === first.from
  if (!touches) return void changes.unshift(step)
  changes[0] = {
    at: step.at,
    removed: step.removed + first.removed,
    from: step.from,
    inserted: step.inserted + first.inserted,
  }
}
