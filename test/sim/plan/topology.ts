/** Who dials whom. Every shape is connected; which side dials is drawn. */
import type { Rng } from '../world/random.ts'

/** `full`, everybody linked to everybody, is not drawn: it is asked for. */
export type Shape = (typeof shapes)[number] | 'full'
export const shapes = ['line', 'ring', 'star', 'random'] as const

/** The dialling side first. Sometimes both dial, so that duplicate links are part of the game. */
export type Edge = readonly [from: number, to: number]

export function edgesOf(shape: Shape, count: number, rng: Rng): readonly Edge[] {
  return pairsOf(shape, count, rng).flatMap(([a, b]) => {
    if (rng.chance(0.1)) return [[a, b] as const, [b, a] as const]
    return [rng.chance(0.5) ? ([a, b] as const) : ([b, a] as const)]
  })
}

function pairsOf(shape: Shape, count: number, rng: Rng): readonly Edge[] {
  const line = Array.from({ length: count - 1 }, (_, i) => [i, i + 1] as const)
  switch (shape) {
    case 'line':
      return line
    case 'ring':
      return count > 2 ? [...line, [count - 1, 0]] : line
    case 'star':
      return line.map(([, leaf]) => [0, leaf] as const)
    case 'full':
      return Array.from({ length: count }, (_, a) => a).flatMap((a) =>
        Array.from({ length: count - a - 1 }, (_, more) => [a, a + 1 + more] as const),
      )
    case 'random':
      return randomPairs(count, rng)
  }
}

/** A random tree and a few more links. */
function randomPairs(count: number, rng: Rng): readonly Edge[] {
  const pairs = new Map<string, Edge>()
  const add = (a: number, b: number): void => {
    if (a !== b) pairs.set(`${Math.min(a, b)} ${Math.max(a, b)}`, [Math.min(a, b), Math.max(a, b)])
  }
  for (let i = 1; i < count; i++) add(i, rng.whole(0, i - 1))
  const extra = rng.whole(0, count)
  for (let i = 0; i < extra; i++) add(rng.whole(0, count - 1), rng.whole(0, count - 1))
  return [...pairs.values()]
}
