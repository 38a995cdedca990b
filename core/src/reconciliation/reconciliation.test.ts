import { describe, expect, it } from 'vitest'
import { SeededRandom } from '../../test/seeded-random.ts'
import { limits } from '../limits.ts'
import { encodeMessage } from '../wire/codec.ts'
import type { ReconciliationMessage } from '../wire/message.ts'
import { Reconciliation, type ReconciliationEvent } from './reconciliation.ts'

const { catalogueAnswersMax, catalogueListMax, catalogueSymbolsFirst, catalogueTriesMax, catalogueWaitMs } = limits
const key = new Uint8Array(16).fill(5)
const random = new SeededRandom(11)

function fingerprint(): bigint {
  const bytes = random.bytes(8)
  return new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(0)
}

function entries(what: string, count: number): [bigint, string][] {
  return Array.from({ length: count }, (_, index) => [fingerprint(), `${what}${index}`])
}

/** One side, and everything that came of it. */
class Side {
  readonly machine: Reconciliation<string>
  readonly own: Map<bigint, string>
  readonly sent: ReconciliationMessage[] = []
  readonly opened: string[] = []
  overdueAt: number | null = null
  readonly #outgoing: ReconciliationMessage[] = []

  constructor(own: readonly [bigint, string][], begins: boolean) {
    this.own = new Map(own)
    this.machine = new Reconciliation({ key, own: this.own, begins })
  }

  handle(event: ReconciliationEvent, now = 0): readonly ReconciliationMessage[] {
    const said: ReconciliationMessage[] = []
    for (const effect of this.machine.handle(event, now)) {
      if (effect.type === 'send') said.push(effect.message)
      else if (effect.type === 'differ') this.opened.push(...effect.items)
      else this.overdueAt = now
    }
    this.sent.push(...said)
    this.#outgoing.push(...said)
    return said
  }

  hear(message: ReconciliationMessage, now = 0): readonly ReconciliationMessage[] {
    return this.handle({ type: 'heard', message }, now)
  }

  take(): readonly ReconciliationMessage[] {
    return this.#outgoing.splice(0)
  }

  get words(): readonly string[] {
    return this.sent.map((message) => message.type)
  }

  get bytes(): number {
    return this.sent.reduce((sum, message) => sum + encodeMessage(message).byteLength, 0)
  }
}

interface Sizes {
  readonly shared: number
  /** Changed: one fingerprint here, another there. */
  readonly changed?: number
  readonly onlyA?: number
  readonly onlyB?: number
}

function pair({ shared, changed = 0, onlyA = 0, onlyB = 0 }: Sizes): { readonly a: Side; readonly b: Side } {
  const both = entries('same ', shared)
  return {
    a: new Side([...both, ...entries('changed ', changed), ...entries('only a ', onlyA)], true),
    b: new Side([...both, ...entries('changed ', changed), ...entries('only b ', onlyB)], false),
  }
}

/** Carries words both ways until nobody has any left; `loses` tells which vanish. */
function talk(a: Side, b: Side, loses: () => boolean = () => false): void {
  let now = 0
  for (const side of [a, b]) side.handle({ type: 'begun' }, now)
  for (;;) {
    let isQuiet = true
    for (const [from, to] of [
      [a, b],
      [b, a],
    ] as const) {
      for (const message of from.take()) {
        isQuiet = false
        if (!loses()) to.hear(message, now)
      }
    }
    if (!isQuiet) continue
    const dues = [a, b].flatMap((side) => side.machine.deadline() ?? [])
    if (dues.length === 0) return
    now = Math.min(...dues)
    for (const side of [a, b]) side.handle({ type: 'woke' }, now)
  }
}

const numbered = (what: string, count: number): Set<string> =>
  new Set(Array.from({ length: count }, (_, index) => `${what} ${index}`))

describe('[CA6] the words of a comparison', () => {
  it('[CA6] [CA7] 10,000 documents of which 10 have changed: one word each way', () => {
    const { a, b } = pair({ shared: 9_990, changed: 10 })
    talk(a, b)
    expect([a.words, b.words]).toEqual([['symbols'], ['differ']])
    expect([new Set(a.opened), new Set(b.opened)]).toEqual([numbered('changed', 10), numbered('changed', 10)])
    console.log(`10,000 documents, 10 changed: compared in ${a.bytes} + ${b.bytes} bytes`)
    expect(a.bytes + b.bytes).toBeLessThan(2_000)
  })

  it('[CA6] few are listed, and whoever hears the list says what differs', () => {
    const { a, b } = pair({ shared: 100, changed: 3, onlyA: 2, onlyB: 1 })
    talk(a, b)
    expect([a.words, b.words]).toEqual([['catalogue'], ['differ']])
    expect(new Set(a.opened)).toEqual(new Set([...numbered('changed', 3), ...numbered('only a', 2)]))
    expect(new Set(b.opened)).toEqual(new Set([...numbered('changed', 3), ...numbered('only b', 1)]))
  })

  it('[CA6] catalogueListMax is a list, one more is symbols', () => {
    const { a } = pair({ shared: catalogueListMax })
    expect(a.handle({ type: 'begun' }).map((message) => message.type)).toEqual(['catalogue'])
    const { a: more } = pair({ shared: catalogueListMax + 1 })
    const [first] = more.handle({ type: 'begun' })
    expect(first).toMatchObject({ type: 'symbols', size: catalogueListMax + 1, start: 0 })
    expect(first?.type === 'symbols' && first.symbols.length).toBe(catalogueSymbolsFirst)
  })

  it('[CA6] whoever does not begin says nothing unasked', () => {
    const { b } = pair({ shared: 3 })
    expect(b.handle({ type: 'begun' })).toEqual([])
  })

  it('[CA6] who has few answers symbols with a list', () => {
    const { a, b } = pair({ shared: 5, onlyA: 1_000 })
    talk(a, b)
    expect([a.words, b.words]).toEqual([['symbols', 'differ'], ['catalogue']])
    expect([new Set(a.opened), b.opened]).toEqual([numbered('only a', 1_000), []])
  })

  it('[CA6] where more differs, what is missing is asked for at once', () => {
    const { a, b } = pair({ shared: 10_000, changed: 150, onlyA: 20, onlyB: 30 })
    talk(a, b)
    expect([a.words, b.words]).toEqual([
      ['symbols', 'symbols'],
      ['more', 'differ'],
    ])
    expect([new Set(a.opened).size, new Set(b.opened).size]).toEqual([170, 180])
  })

  it('[CA6] where nearly everything differs, the shorter set is listed', () => {
    const { a, b } = pair({ shared: 500, onlyA: 4_000, onlyB: 1_500 })
    talk(a, b)
    expect([a.words, b.words]).toEqual([['symbols', 'differ'], ['catalogue']])
    const { a: few, b: many } = pair({ shared: 500, onlyA: 1_500, onlyB: 40_000 })
    talk(few, many)
    expect([few.words, many.words]).toEqual([
      ['symbols', 'catalogue'],
      ['more', 'differ'],
    ])
    expect([few.opened.length, many.opened.length]).toEqual([1_500, 40_000])
  })

  it('[CA6] nothing at all on one side, or on both', () => {
    for (const [onlyA, onlyB] of [
      [0, 0],
      [300, 0],
      [0, 300],
    ] as const) {
      const { a, b } = pair({ shared: 0, onlyA, onlyB })
      talk(a, b)
      expect([a.opened.length, b.opened.length]).toEqual([onlyA, onlyB])
    }
  })
})

describe('[CA8] words that are lost', () => {
  it('[CA8] comes to the same whichever words are lost or come twice', () => {
    for (let seed = 0; seed < 200; seed++) {
      const weather = new SeededRandom(seed)
      const { a, b } = pair({
        shared: weather.below(600),
        changed: weather.below(200),
        onlyA: weather.below(100),
        onlyB: weather.below(100),
      })
      let lost = 0
      talk(a, b, () => weather.below(3) === 0 && ++lost < catalogueTriesMax - 1)
      const held = (side: Side, other: Side): Set<string> =>
        new Set([...side.own].flatMap(([one, item]) => (other.own.has(one) ? [] : [item])))
      expect([new Set(a.opened), new Set(b.opened)], `seed ${seed}`).toEqual([held(a, b), held(b, a)])
      expect([a.opened.length, b.opened.length]).toEqual([held(a, b).size, held(b, a).size])
    }
  })

  it('[CA8] what has no answer is said again after catalogueWaitMs, doubling, and not for ever', () => {
    const { a } = pair({ shared: 3 })
    a.handle({ type: 'begun' }, 1_000)
    expect(a.machine.deadline()).toBe(1_000 + catalogueWaitMs)
    expect(a.handle({ type: 'woke' }, 999 + catalogueWaitMs)).toEqual([])
    expect(a.handle({ type: 'woke' }, 1_000 + catalogueWaitMs)).toHaveLength(1)
    expect(a.machine.deadline()).toBe(1_000 + 3 * catalogueWaitMs)
    for (let at = a.machine.deadline(); at !== null; at = a.machine.deadline()) a.handle({ type: 'woke' }, at)
    expect(a.sent).toHaveLength(catalogueTriesMax)
  })
})

describe('[CA9] how long anybody waits', () => {
  it('[CA9] on both sides it is told once that it takes long; what comes later still counts', () => {
    const { a, b } = pair({ shared: 3, onlyA: 1 })
    for (const side of [a, b]) {
      side.handle({ type: 'begun' }, 500)
      for (let at = side.machine.deadline(); at !== null && at < 20_000; at = side.machine.deadline()) {
        side.handle({ type: 'woke' }, at)
      }
      expect(side.overdueAt).toBe(500 + catalogueWaitMs)
    }
    b.hear(a.sent[0]!, 20_000)
    a.hear(b.sent[0]!, 20_000)
    expect(a.opened).toEqual(['only a 0'])
  })

  it('[CA9] not when it was done in time', () => {
    const { a, b } = pair({ shared: 3, onlyA: 1 })
    talk(a, b)
    expect([a.overdueAt, b.overdueAt, a.machine.deadline(), b.machine.deadline()]).toEqual([null, null, null, null])
  })
})

describe('[CA8] crooked neighbours', () => {
  it('[CA8] one that never has enough is left alone', () => {
    const { a } = pair({ shared: 1_000 })
    a.handle({ type: 'begun' })
    for (let round = 0; round < 10_000; round++) a.hear({ type: 'more', start: round * 3, count: 50 })
    expect(a.sent.length).toBeLessThanOrEqual(catalogueAnswersMax + 1)
  })

  it('[CA6] [CA8] one that asks for a million symbols gets the list, which is shorter', () => {
    const { a } = pair({ shared: 1_000 })
    a.handle({ type: 'begun' })
    expect(a.hear({ type: 'more', start: 96, count: Number.MAX_SAFE_INTEGER })).toMatchObject([{ type: 'catalogue' }])
    expect(a.hear({ type: 'more', start: Number.MAX_SAFE_INTEGER, count: 1 })).toMatchObject([{ type: 'catalogue' }])
  })

  it('[CA8] symbols that are none are answered by the list', () => {
    const { b } = pair({ shared: 1_000 })
    const symbols = Array.from({ length: 96 }, () => ({ sum: fingerprint(), check: 1, count: 1_000 }))
    expect(b.hear({ type: 'symbols', size: 1_000, start: 0, symbols })).toMatchObject([{ type: 'catalogue' }])
    expect(b.opened).toEqual([])
  })

  it('[CA8] names nothing to who says that it lacks what is not ours, or says so unasked', () => {
    const { a, b } = pair({ shared: 3, onlyA: 1 })
    expect([b.hear({ type: 'differ', fingerprints: [...b.own.keys()] }), b.opened]).toEqual([[], []])
    a.handle({ type: 'begun' })
    expect([a.hear({ type: 'differ', fingerprints: [fingerprint(), fingerprint()] }), a.opened]).toEqual([[], []])
  })

  it('[CA8] what is over is over: the verdict is said again, and nothing is opened twice', () => {
    const { a, b } = pair({ shared: 3, onlyA: 1, onlyB: 1 })
    talk(a, b)
    const [list, verdict] = [a.sent[0]!, b.sent[0]!]
    expect(b.hear(list)).toEqual([verdict])
    expect(a.hear(verdict)).toEqual([])
    expect([a.opened, b.opened]).toEqual([['only a 0'], ['only b 0']])
    expect([a.machine.deadline(), b.machine.deadline()]).toEqual([null, null])
  })
})
