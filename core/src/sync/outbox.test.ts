import { describe, expect, it } from 'vitest'
import { digestFrom, linkId, type LinkId } from '../ids.ts'
import { limits } from '../limits.ts'
import { noteStored, type Neighbour, type Traits } from './neighbour.ts'
import { Neighbourhood } from './neighbourhood.ts'
import { Outbox, type Broadcast, type OutboxEntry } from './outbox.ts'
import type { SyncEffect } from './sync-events.ts'

const peer: Traits = { kind: 'peer', keeps: true, disk: true, peer: null }
const edge: Traits = { kind: 'edge', keeps: false, disk: false, peer: null }
const [link1, link2, link3] = [linkId(1), linkId(2), linkId(3)]
const digest = digestFrom(new Uint8Array(8))
const have = { stateVector: Uint8Array.of(0), deletes: digest }

function neighbours(...traits: readonly Traits[]): Neighbourhood {
  const all = new Neighbourhood()
  for (const [index, one] of traits.entries()) {
    Object.assign(all.at(linkId(index + 1), one, 0), { opened: true, joined: true, answered: true, theyHaveOurs: true })
  }
  return all
}

function update(mark: number, options: Partial<Broadcast> = {}): Broadcast {
  const to = new Map([[9, mark]])
  const bytes = Uint8Array.of(mark)
  const plain = {
    type: 'broadcast',
    mark,
    update: bytes,
    except: null,
    from: new Map([[9, mark - 1]]),
    to,
    hasDeletes: false,
    audience: 'all',
    isAnnounced: false,
  } as const
  return { ...plain, edits: mark, ...options }
}

/** For each `send` of updates: link, sequence, first byte of each update. */
function updatesIn(effects: readonly SyncEffect[]): readonly (readonly [LinkId, number, readonly number[]])[] {
  return effects.flatMap((effect) =>
    effect.type === 'send' && effect.message.type === 'updates'
      ? [[effect.link, effect.message.sequence, effect.message.updates.map((one) => one[0] ?? -1)] as const]
      : [],
  )
}

describe('[ST2] nothing leaves before the log holds it', () => {
  const entries: readonly [string, OutboxEntry][] = [
    ['an update', update(5)],
    ['an announcement', { type: 'announce', mark: 5, have, except: null }],
    ['open', { type: 'tell', mark: 5, link: link1, say: { type: 'open', have }, edits: 0 }],
    ['have', { type: 'tell', mark: 5, link: link1, say: { type: 'have', have }, edits: 0 }],
    ['digest', { type: 'tell', mark: 5, link: link1, say: { type: 'digest', digest, answer: true }, edits: 0 }],
    [
      'missing',
      { type: 'tell', mark: 5, link: link1, say: { type: 'missing', digest, update: digest, to: new Map() }, edits: 0 },
    ],
    ['an answer to a request', { type: 'settle', mark: 5, request: 1, settled: { type: 'snapshot', update: null } }],
  ]

  it.each(entries)('[ST2] %s', (_what, entry) => {
    const [outbox, all] = [new Outbox(), neighbours(peer)]
    outbox.push(entry)
    expect([outbox.release(4, all, 0), outbox.isEmpty]).toEqual([[], false])
    expect([outbox.release(5, all, 0).length, outbox.isEmpty]).toEqual([1, true])
    expect(outbox.release(99, all, 0)).toEqual([])
  })

  it('[ST2] the order is kept: what is behind something that waits waits, too', () => {
    const [outbox, all] = [new Outbox(), neighbours(peer)]
    outbox.push(update(1))
    outbox.push({ type: 'tell', mark: 9, link: link1, say: { type: 'have', have }, edits: 0 })
    outbox.push(update(2))
    expect(updatesIn(outbox.release(3, all, 0))).toEqual([[link1, 1, [1]]])
    const rest = outbox.release(9, all, 0)
    expect(rest.map((effect) => (effect.type === 'send' ? effect.message.type : effect.type))).toEqual([
      'have',
      'updates',
    ])
  })
})

describe('[BR1] who gets an update', () => {
  it('[BR1] every neighbour that takes part, except the one it came from and those known to have it', () => {
    const [outbox, all] = [new Outbox(), neighbours(peer, peer, peer, peer)]
    all.get(link2)?.vector.set(9, 5)
    Object.assign(all.get(linkId(4)) ?? {}, { opened: false })
    outbox.push(update(5, { except: link1 }))
    expect(updatesIn(outbox.release(5, all, 0))).toEqual([[link3, 1, [5]]])
  })

  it('[BR1] whoever has part of it gets it; deletes go to everybody, because no vector tells who has them', () => {
    const [outbox, all] = [new Outbox(), neighbours(peer, peer)]
    all.get(link1)?.vector.set(9, 4)
    all.get(link2)?.vector.set(9, 9)
    outbox.push(update(5))
    expect(updatesIn(outbox.release(5, all, 0))).toEqual([[link1, 1, [5]]])
    outbox.push(update(6, { hasDeletes: true, to: new Map() }))
    expect(updatesIn(outbox.release(6, all, 0))).toEqual([
      [link1, 2, [6]],
      [link2, 1, [6]],
    ])
  })

  it('[BR1] what was sent is known to be there: it is not sent again', () => {
    const [outbox, all] = [new Outbox(), neighbours(peer)]
    outbox.push(update(5))
    outbox.release(5, all, 0)
    outbox.push(update(5, { except: link2 }))
    expect(outbox.release(5, all, 0)).toEqual([])
  })

  it('[BR1] nobody who joined since, and nobody who has left', () => {
    const [outbox, all] = [new Outbox(), neighbours(peer, peer)]
    outbox.push(update(5))
    outbox.push({ type: 'tell', mark: 5, link: link1, say: { type: 'have', have }, edits: 0 })
    all.leave(link1, 'lost', null)
    all.leave(link2, 'closed', null)
    expect(outbox.release(5, all, 0)).toEqual([])
  })

  it('[BR3] what is for clients of other wires only is not sent to peers', () => {
    const [outbox, all] = [new Outbox(), neighbours(peer, edge)]
    outbox.push(update(5, { audience: 'edges' }))
    expect(updatesIn(outbox.release(5, all, 0))).toEqual([[link2, 1, [5]]])
  })

  it('[BR3] an announcement goes to every peer but the one it came from', () => {
    const [outbox, all] = [new Outbox(), neighbours(peer, edge, peer)]
    outbox.push({ type: 'announce', mark: 1, have, except: link1 })
    expect(outbox.release(1, all, 0)).toEqual([{ type: 'send', link: link3, message: { type: 'have', have } }])
  })

  it('[BR3] [DS13] whoever only heard of an update is not known to have it', () => {
    const [outbox, all] = [new Outbox(), neighbours(peer)]
    const one = all.get(link1)!
    // A big deletion: later edits do not build on it, so their acknowledgement says nothing of it.
    outbox.push(update(1, { audience: 'edges', hasDeletes: true, to: new Map() }))
    outbox.push({ type: 'announce', mark: 1, have, except: null })
    outbox.push(update(2))
    outbox.release(2, all, 0)
    noteStored(one, 1, 10)
    expect(all.holders(1, false)).toBe(0)
  })

  it('[BR4] nobody who is behind: updates for it are dropped until its resync', () => {
    const [outbox, all] = [new Outbox(), neighbours(peer, peer)]
    Object.assign(all.get(link1) ?? {}, { behind: true })
    outbox.push(update(5))
    expect(updatesIn(outbox.release(5, all, 0))).toEqual([[link2, 1, [5]]])
  })
})

describe('[BR2] runs', () => {
  it('[BR2] neighbours that get the same run share the very same array, so that it is encoded once', () => {
    const [outbox, all] = [new Outbox(), neighbours(peer, peer, peer)]
    all.get(link3)?.vector.set(9, 1)
    for (const mark of [1, 2, 3]) outbox.push(update(mark))
    const arrays = outbox
      .release(3, all, 0)
      .map((effect) => (effect.type === 'send' && effect.message.type === 'updates' ? effect.message.updates : null))
    expect(arrays.map((array) => array?.length)).toEqual([3, 3, 2])
    expect(arrays[0]).toBe(arrays[1])
  })

  it('[BR5] [WI8] a run is cut at updatesPerMessageMax, each message with the next number', () => {
    const [outbox, all] = [new Outbox(), neighbours(peer)]
    const count = 2 * limits.updatesPerMessageMax + 1
    for (let mark = 1; mark <= count; mark++) outbox.push(update(mark))
    const sent = updatesIn(outbox.release(count, all, 0))
    expect(sent.map(([, sequence, updates]) => [sequence, updates.length])).toEqual([
      [1, limits.updatesPerMessageMax],
      [2, limits.updatesPerMessageMax],
      [3, 1],
    ])
  })

  it('[WI8] and at updatesBytesPerMessage', () => {
    const [outbox, all] = [new Outbox(), neighbours(peer)]
    const big = new Uint8Array(limits.updatesBytesPerMessage - 1)
    for (const mark of [1, 2, 3]) outbox.push(update(mark, { update: mark === 2 ? Uint8Array.of(2) : big }))
    expect(updatesIn(outbox.release(3, all, 0)).map(([, , updates]) => updates.length)).toEqual([2, 1])
  })

  it('[BR5] [DS13] the acknowledgement of one message claims the edits in it, not those in later ones', () => {
    const [outbox, all] = [new Outbox(), neighbours(peer)]
    const count = limits.updatesPerMessageMax + 5
    for (let mark = 1; mark <= count; mark++) outbox.push(update(mark))
    outbox.release(count, all, 0)
    const one: Neighbour = all.get(link1)!
    noteStored(one, 1, 10)
    expect([one.holds, all.holders(count, false)]).toEqual([limits.updatesPerMessageMax, 0])
    noteStored(one, 2, 10)
    expect([one.holds, all.holders(count, false)]).toEqual([count, 1])
  })

  it('[BR5] a run of updates and what is told one link are numbered in one row', () => {
    const [outbox, all] = [new Outbox(), neighbours(peer)]
    outbox.push(update(1))
    const say = { type: 'missing', digest, update: digest, to: new Map([[9, 7]]) } as const
    outbox.push({ type: 'tell', mark: 1, link: link1, say, edits: 4 })
    outbox.push(update(8))
    outbox.push({ type: 'tell', mark: 1, link: link1, say: { type: 'digest', digest, answer: false }, edits: 0 })
    const sequences = outbox
      .release(8, all, 0)
      .map((effect) => (effect.type === 'send' && 'sequence' in effect.message ? effect.message.sequence : null))
    expect(sequences).toEqual([1, 2, 3, 3])
    expect(all.get(link1)).toMatchObject({ offered: { digest, edits: 4 }, vector: new Map([[9, 8]]) })
  })
})
