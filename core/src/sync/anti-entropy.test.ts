import { describe, expect, it } from 'vitest'
import { edgeTraits, peerTraits } from '../../test/traits.ts'
import { linkId } from '../ids.ts'
import { limits } from '../limits.ts'
import { AntiEntropy } from './anti-entropy.ts'
import { noDoubt } from './doubt.ts'
import { newNeighbour, type Neighbour } from './neighbour.ts'

const { antiEntropyFirstMs: firstMs, antiEntropyMaxMs: maxMs } = limits

function neighbour(link: number, state: Partial<Neighbour> = {}, traits = peerTraits(link)): Neighbour {
  const level = { opened: true, joined: true, weHaveTheirs: true, theyHaveOurs: true }
  return Object.assign(newNeighbour(linkId(link), traits, 0), level, state)
}

/** The moments at which it wants somebody to be asked, while nothing else happens. */
function moments(antiEntropy: AntiEntropy, neighbours: readonly Neighbour[], count: number): readonly number[] {
  return Array.from({ length: count }, () => {
    const at = antiEntropy.deadline(neighbours) ?? NaN
    expect(antiEntropy.partner(neighbours, at - 1)).toBeNull()
    expect(antiEntropy.partner(neighbours, at)).not.toBeNull()
    return at
  })
}

describe('[DS5] anti-entropy', () => {
  it('[DS5] every antiEntropyFirstMs, doubling to antiEntropyMaxMs while nothing changes', () => {
    const antiEntropy = new AntiEntropy()
    antiEntropy.restart(1_000)
    const at = moments(antiEntropy, [neighbour(1)], 7)
    const waits = at.map((moment, index) => moment - (at[index - 1] ?? 1_000))
    expect(waits).toEqual([firstMs, 2 * firstMs, 4 * firstMs, 8 * firstMs, maxMs, maxMs, maxMs])
  })

  it('[DS5] one neighbour, each in its turn', () => {
    const antiEntropy = new AntiEntropy()
    antiEntropy.restart(0)
    const all = [neighbour(1), neighbour(2), neighbour(3)]
    const asked = Array.from({ length: 6 }, () => antiEntropy.partner(all, antiEntropy.deadline(all) ?? NaN)?.link)
    expect(asked).toEqual([1, 2, 3, 1, 2, 3])
  })

  it('[DS5] a change brings the interval back to the first', () => {
    const antiEntropy = new AntiEntropy()
    antiEntropy.restart(0)
    const all = [neighbour(1)]
    moments(antiEntropy, all, 6)
    const before = antiEntropy.deadline(all) ?? NaN
    antiEntropy.noteChanges(1, all, before - 30_000)
    expect(antiEntropy.deadline(all)).toBe(before - 30_000 + firstMs)
    // The same mark once more is no change.
    const again = moments(antiEntropy, all, 1)[0] ?? NaN
    antiEntropy.noteChanges(1, all, again)
    expect(antiEntropy.deadline(all)).toBe(again + 2 * firstMs)
  })

  it('[DS5] steady typing puts it off while all are level, and not for longer than antiEntropyMaxMs', () => {
    const antiEntropy = new AntiEntropy()
    antiEntropy.restart(0)
    const all = [neighbour(1)]
    for (let mark = 1; mark <= 40; mark++) antiEntropy.noteChanges(mark, all, mark * 100)
    expect(antiEntropy.deadline(all)).toBe(4_000 + firstMs)
    for (let mark = 41; mark <= 590; mark++) antiEntropy.noteChanges(mark, all, mark * 100)
    expect(antiEntropy.deadline(all)).toBe(maxMs)
  })

  it('[DS5] steady typing does not put it off while somebody is not level, or only presumed to be', () => {
    const doubt = { ...noDoubt(), by: new Set([linkId(1)]) }
    for (const other of [neighbour(2, { theyHaveOurs: false }), neighbour(2, { doubt })]) {
      const antiEntropy = new AntiEntropy()
      antiEntropy.restart(0)
      const all = [neighbour(1), other]
      for (let mark = 1; mark <= 40; mark++) antiEntropy.noteChanges(mark, all, mark * 100)
      expect(antiEntropy.deadline(all)).toBe(firstMs)
    }
  })

  it('[DS5] while somebody is not level the interval stays the first', () => {
    const antiEntropy = new AntiEntropy()
    antiEntropy.restart(0)
    const at = moments(antiEntropy, [neighbour(1), neighbour(2, { theyHaveOurs: false })], 4)
    expect(at.map((moment, index) => moment - (at[index - 1] ?? 0))).toEqual([firstMs, firstMs, firstMs, firstMs])
  })

  it.each<[string, Neighbour]>([
    ['who has not opened the document', neighbour(1, { joined: false })],
    ['whom we have not told', neighbour(1, { opened: false })],
    ['who reads too slowly', neighbour(1, { behind: true })],
    ['who speaks another wire', neighbour(1, {}, edgeTraits)],
  ])('[DS5] nobody is asked %s', (_what, one) => {
    const antiEntropy = new AntiEntropy()
    antiEntropy.restart(0)
    expect([antiEntropy.deadline([one]), antiEntropy.partner([one], maxMs * 9)]).toEqual([null, null])
    expect(antiEntropy.deadline([])).toBeNull()
  })
})
