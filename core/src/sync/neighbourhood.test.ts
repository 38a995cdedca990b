import { describe, expect, it } from 'vitest'
import { linkId } from '../ids.ts'
import { noteEqual, type Traits } from './neighbour.ts'
import { Neighbourhood } from './neighbourhood.ts'

const keeper: Traits = { kind: 'peer', keeps: true, disk: true, peer: null }
const page: Traits = { ...keeper, keeps: false }
const link = linkId(1)

function levelWith(traits: Traits, edits: number): Neighbourhood {
  const neighbours = new Neighbourhood()
  const neighbour = neighbours.at(link, traits, 0)
  neighbour.joined = true
  noteEqual(neighbour, edits)
  return neighbours
}

describe('a neighbour that closed the document', () => {
  it('[ME3] [DS13] holds what it held, when it keeps and was level: it counts until something changes', () => {
    const neighbours = levelWith(keeper, 3)
    neighbours.leave(link, 'closed', null)
    expect(neighbours.counts).toEqual({ taking: 1, level: 1 })
    expect(neighbours.holders(3, true)).toBe(1)
    expect(neighbours.holders(4, true)).toBe(0)
    expect(neighbours.get(link)?.joined).toBe(false)
  })

  it('[DS13] does not count when it does not keep documents, was not level, declined, or is gone', () => {
    const closedPage = levelWith(page, 3)
    closedPage.leave(link, 'closed', null)
    expect(closedPage.counts).toEqual({ taking: 0, level: 0 })

    const behind = levelWith(keeper, 3)
    behind.missed(link)
    behind.leave(link, 'closed', null)
    expect(behind.counts).toEqual({ taking: 0, level: 0 })

    for (const how of ['declined', 'lost'] as const) {
      const neighbours = levelWith(keeper, 3)
      neighbours.leave(link, how, null)
      expect(neighbours.counts).toEqual({ taking: 0, level: 0 })
      // What it had stored once is still stored there.
      expect(neighbours.safeEdits).toBe(3)
    }
  })
})
