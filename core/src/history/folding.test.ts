import { describe, expect, it } from 'vitest'
import * as Y from 'yjs'
import { limits } from '../limits.ts'
import type { NewSegment, Past, StoredSegment } from '../ports/history-storage.ts'
import { renderText } from '../replica/rendering.ts'
import { fold } from './folding.ts'
import { stateAt } from './replay.ts'

/** One segment for each text typed at the end of the one before. */
function segmentsOf(texts: readonly string[]): readonly (NewSegment & StoredSegment)[] {
  const doc = new Y.Doc()
  const updates: Uint8Array[] = []
  doc.on('updateV2', (update: Uint8Array) => void updates.push(update))
  for (const text of texts) doc.getText('body').insert(doc.getText('body').length, text)
  return updates.map((update, at) => {
    const moment = 10_000 * (at + 1)
    return { id: at + 1, from: moment, to: moment, edits: 1, sizeBytes: update.byteLength, update }
  })
}

function pastOf(segments: readonly (NewSegment & StoredSegment)[]): Past {
  return {
    retention: 'all',
    segments,
    records: [],
    isDamaged: false,
    now: 0,
    read: (id) => Promise.resolve(segments.find((segment) => segment.id === id)?.update ?? null),
  }
}

describe('folding', () => {
  it('[HI2] of too many segments the older half is told in half as many steps, and nothing is lost', async () => {
    const texts = Array.from({ length: limits.segmentsMax + 1 }, (_, at) => String(at % 10))
    const before = pastOf(segmentsOf(texts))
    const folded = await fold(before, () => Promise.resolve())
    expect(folded.length).toBeLessThan(limits.segmentsMax * 0.8)
    const after = folded.map((segment, at): NewSegment & StoredSegment => {
      const known = 'update' in segment ? segment : before.segments.find(({ id }) => id === segment.id)
      if (known === undefined) throw new Error('a segment that nobody has')
      const { from, to, edits, update } = known as NewSegment
      return { id: at + 1, from, to, edits, sizeBytes: update.byteLength, update }
    })
    expect(after.reduce((sum, { edits }) => sum + edits, 0)).toBe(texts.length)
    const last = after.at(-1)?.to ?? 0
    const [then, now] = [await stateAt(pastOf(after), 40_000), await stateAt(pastOf(after), last)]
    expect(renderText(then!, 'body')).toBe('0123')
    expect(renderText(now!, 'body')).toBe(texts.join(''))
  })

  it('[HI2] a history with a segment that cannot be read begins anew with what the log holds', async () => {
    const [first, second] = segmentsOf(['one', 'two'])
    const log = new Y.Doc()
    log.getText('body').insert(0, 'whole')
    const update = Y.encodeStateAsUpdate(log)
    const past: Past = {
      ...pastOf([first!, second!]),
      records: [
        { update, at: 'folded' },
        { update, at: 50_000 },
      ],
      read: (id) => Promise.resolve(id === 1 ? null : second!.update),
    }
    const folded = (await fold(past, () => Promise.resolve())) as readonly NewSegment[]
    expect(folded.map(({ edits }) => edits)).toEqual([0, 1])
    const anew = folded.map((segment, at) => ({ ...segment, id: at + 1, sizeBytes: segment.update.byteLength }))
    expect(renderText((await stateAt(pastOf(anew), 50_000))!, 'body')).toBe('whole')
  })
})
