import { describe, expect, it } from 'vitest'
import * as awarenessProtocol from 'y-protocols/awareness'
import { docOf } from '../../test/replicas.ts'
import { linkId, type LinkId } from '../ids.ts'
import { limits } from '../limits.ts'
import { decodePresence, type PresenceEntry } from './presence-codec.ts'
import { Presence, type PresenceChange } from './presence.ts'

const { presenceEveryMs, presenceGoneMs, presenceRenewMs } = limits
const [linkA, linkB] = [linkId(1), linkId(2)]
const ada: PresenceEntry = { client: 7, clock: 5, json: '{"name":"Ada"}' }
const left = (entry: PresenceEntry, clock = entry.clock): PresenceEntry => ({ ...entry, clock, json: 'null' })

interface Said {
  readonly client: number
  readonly clock: number
  readonly json: string
  readonly except: LinkId | null
}

/** A presence with what it reported, and a clock that is handed in. */
class Table {
  readonly faults: string[] = []
  readonly heard: { event: string; change: PresenceChange; origin: unknown }[] = []
  readonly presence: Presence
  changes = 0

  constructor(clientID = 1) {
    this.presence = new Presence(
      { clientID },
      {
        changed: () => this.changes++,
        faulted: (thrown, where) => this.faults.push(`${where}: ${thrown instanceof Error ? thrown.message : ''}`),
      },
    )
    for (const event of ['change', 'update'] as const) {
      this.presence.on(event, (change, origin) => this.heard.push({ event, change, origin }))
    }
  }

  /** Returns what is answered at once. */
  receive(via: LinkId, entry: PresenceEntry, now = 1_000, isEdge = false): readonly PresenceEntry[] {
    return this.presence.receive([entry], via, { now, isEdge })
  }

  /** What it sends now, entry by entry. */
  said(now: number): readonly Said[] {
    return this.presence.takeOutgoing(now).flatMap(({ states, except }) => {
      const decoded = decodePresence(states)
      return decoded.ok ? decoded.value.entries.map((entry) => ({ ...entry, except })) : []
    })
  }

  get names(): readonly unknown[] {
    return [...this.presence.states.values()].map((state) => state['name'])
  }
}

describe('[PR1] states of others', () => {
  it('[PR1] a new state is shown and passed on, never back', () => {
    const table = new Table()
    table.receive(linkA, ada)
    expect(table.names).toEqual(['Ada'])
    expect(table.said(1_000)).toEqual([{ ...ada, except: linkA }])
    expect(table.said(9_000)).toEqual([])
  })

  it('[PR1] a higher clock replaces it; the same and lower ones do not, and are not passed on', () => {
    const table = new Table()
    table.receive(linkA, ada)
    table.said(1_000)
    table.receive(linkB, { ...ada, json: '{"name":"Eve"}' })
    table.receive(linkB, { ...ada, clock: 4, json: '{"name":"Eve"}' })
    expect([table.names, table.said(9_000)]).toEqual([['Ada'], []])
    const newer = { ...ada, clock: 6, json: '{"name":"Ada L."}' }
    table.receive(linkB, newer)
    expect([table.names, table.said(18_000)]).toEqual([['Ada L.'], [{ ...newer, except: linkB }]])
  })

  it('[PR1] what is no state changes nothing', () => {
    const table = new Table()
    table.receive(linkA, { ...ada, json: '[1]' })
    table.receive(linkA, { ...ada, json: '{' })
    expect([table.names, table.said(9_000), table.heard]).toEqual([[], [], []])
  })

  it('[PR1] [WI8] newcomers beyond a thousand are not shown; those known go on', () => {
    const table = new Table()
    for (let client = 10; client < 10 + limits.presenceStatesMax; client++) table.receive(linkA, { ...ada, client })
    table.receive(linkA, { ...ada, client: 5_000 })
    expect(table.presence.states.size).toBe(limits.presenceStatesMax)
    table.receive(linkA, { ...ada, client: 10, clock: 6, json: '{"name":"Bob"}' })
    expect(table.presence.states.get(10)).toEqual({ name: 'Bob' })
  })
})

describe('[PR2] leaving', () => {
  it('[PR2] null with a higher clock takes a state away and is passed on', () => {
    const table = new Table()
    table.receive(linkA, ada)
    table.said(1_000)
    table.receive(linkB, left(ada, 6))
    expect([table.names, table.said(9_000)]).toEqual([[], [{ ...left(ada, 6), except: linkB }]])
  })

  it('[PR2] a late message does not bring back who left', () => {
    const table = new Table()
    table.receive(linkA, ada)
    table.receive(linkA, left(ada, 6))
    table.receive(linkB, ada)
    table.receive(linkB, { ...ada, clock: 6 })
    expect(table.names).toEqual([])
    table.receive(linkB, { ...ada, clock: 7 })
    expect(table.names).toEqual(['Ada'])
  })

  it('[PR2] nor does one that comes after a null that overtook it', () => {
    const table = new Table()
    table.receive(linkA, left(ada, 6))
    table.receive(linkA, ada)
    expect(table.names).toEqual([])
  })

  it('[PR2] nor when the state was out of sight as its owner left', () => {
    const table = new Table()
    table.receive(linkA, ada)
    table.presence.linkLost(linkA)
    table.receive(linkB, left(ada, 6))
    table.receive(linkB, ada)
    expect(table.names).toEqual([])
  })

  it('[PR2] whoever shows somebody who left is told so, once for each clock', () => {
    const table = new Table()
    expect(table.receive(linkA, ada)).toEqual([])
    table.receive(linkA, left(ada, 6))
    expect(table.receive(linkB, ada)).toEqual([left(ada, 6)])
    expect(table.receive(linkB, ada)).toEqual([])
    expect(table.receive(linkB, { ...ada, clock: 6 })).toEqual([left(ada, 6)])
    expect(table.receive(linkB, { ...ada, clock: 7 })).toEqual([])
    expect(table.names).toEqual(['Ada'])
  })

  it('[PR2] a client that began anew with its old id goes on above the clock with which it left', () => {
    const [before, others, after] = [new Table(7), new Table(), new Table(7)]
    const tell = (from: Table, now: number): readonly PresenceEntry[] =>
      from.said(now).flatMap((entry) => others.receive(linkA, entry, now))
    for (const name of ['Ada', 'Ada L.', null]) {
      before.presence.setLocalState(name === null ? null : { name })
      tell(before, 1_000 + before.changes * 1_000)
    }
    after.presence.setLocalState({ name: 'Ada again' })
    for (const answer of tell(after, 8_000)) after.receive(linkB, answer, 8_000)
    expect(others.names).toEqual([])
    tell(after, 9_000)
    expect(others.names).toEqual(['Ada again'])
  })

  it('[PR2] so does one whose peer remembers it', () => {
    const table = new Table(7)
    const [one, other] = [{ clientID: 7 }, { clientID: 8 }]
    table.presence.setLocalState({ name: 'Ada' })
    const [first] = table.said(1_000)
    table.presence.speakFor(other)
    const [left] = table.said(2_000)
    table.presence.speakFor(one)
    table.presence.setLocalState({ name: 'Ada again' })
    const clocks = [first, left, table.said(3_000)[0]].map((said) => said!.clock)
    expect(clocks).toEqual([1, 2, 3])
  })

  it('[PR2] [WI8] as many as a thousand who left are remembered, the newest', () => {
    const table = new Table()
    const count = limits.presenceGoneMax + 1
    for (let client = 10; client < 10 + count; client++) {
      table.receive(linkA, { ...ada, client })
      table.receive(linkA, left({ ...ada, client }, 6))
    }
    table.receive(linkB, { ...ada, client: 10 })
    table.receive(linkB, { ...ada, client: 11 })
    expect([...table.presence.states.keys()]).toEqual([10])
  })

  it('[PR2] a peer never lets others take its own state away: it answers with a higher clock', () => {
    for (const ahead of [0, 1, 50]) {
      const table = new Table()
      table.presence.setLocalState({ name: 'me' })
      const [own] = table.said(1_000)
      table.receive(linkA, { client: 1, clock: own!.clock + ahead, json: 'null' })
      expect(table.names).toEqual(['me'])
      const answers = table.said(9_000)
      expect(answers).toMatchObject([{ client: 1, json: '{"name":"me"}', except: null }])
      expect(answers[0]!.clock).toBeGreaterThan(own!.clock + ahead)
    }
  })

  it('[PR2] an older claim about the own state needs no answer', () => {
    const table = new Table()
    table.presence.setLocalState({ name: 'me' })
    table.presence.setLocalState({ name: 'still me' })
    const [own] = table.said(1_000)
    table.receive(linkA, { client: 1, clock: own!.clock - 1, json: 'null' })
    table.receive(linkA, { client: 1, clock: own!.clock - 1, json: '{"name":"me"}' })
    expect(table.said(9_000)).toEqual([])
  })

  it('[PR2] [PR6] the own state coming back around a ring needs no answer, or it would go around for ever', () => {
    const table = new Table()
    table.presence.setLocalState({ name: 'me' })
    const [own] = table.said(1_000)
    table.receive(linkB, { client: 1, clock: own!.clock, json: own!.json })
    expect(table.said(9_000)).toEqual([])
  })

  it('[PR2] a peer that left says so when somebody shows its state', () => {
    const table = new Table()
    table.presence.setLocalState({ name: 'me' })
    table.said(1_000)
    table.presence.setLocalState(null)
    expect(table.said(2_000)).toMatchObject([{ client: 1, json: 'null' }])
    expect([table.names, table.presence.getLocalState(), table.presence.encodeAll()]).toEqual([[], null, null])
  })
})

describe('[PR3] [PR4] broken links', () => {
  it('[PR3] what was heard only through a link that broke is forgotten, and passed on with the clock it had', () => {
    const table = new Table()
    table.receive(linkA, ada)
    table.receive(linkB, { ...ada, client: 8 })
    table.said(1_000)
    table.presence.linkLost(linkA)
    expect([...table.presence.states.keys()]).toEqual([8])
    expect(table.said(9_000)).toEqual([{ ...left(ada), except: linkA }])
  })

  it('[PR3] what was forgotten comes back with the clock it had', () => {
    const table = new Table()
    table.receive(linkA, ada)
    table.presence.linkLost(linkA)
    table.receive(linkB, ada)
    expect(table.names).toEqual(['Ada'])
  })

  it('[PR3] also where others said first that they forgot it', () => {
    const table = new Table()
    table.receive(linkA, left(ada))
    table.receive(linkB, ada)
    expect(table.names).toEqual(['Ada'])
  })

  it('[PR3] the link that brought the newest state is the one that counts', () => {
    const table = new Table()
    table.receive(linkA, ada)
    table.receive(linkB, { ...ada, clock: 6 })
    table.presence.linkLost(linkA)
    expect(table.names).toEqual(['Ada'])
    table.presence.linkLost(linkB)
    expect(table.names).toEqual([])
  })

  it('[PR4] null with the known clock is believed from the link the state came by, and passed on', () => {
    const table = new Table()
    table.receive(linkA, ada)
    table.said(1_000)
    table.receive(linkA, left(ada))
    expect([table.names, table.said(9_000)]).toEqual([[], [{ ...left(ada), except: linkA }]])
  })

  it('[PR4] who has the state by another link answers with it', () => {
    const table = new Table()
    table.receive(linkA, ada)
    table.said(1_000)
    table.receive(linkB, left(ada))
    expect([table.names, table.said(9_000)]).toEqual([['Ada'], [{ ...ada, except: linkA }]])
  })

  it('[PR4] null with a lower clock is nothing', () => {
    const table = new Table()
    table.receive(linkA, ada)
    table.said(1_000)
    table.receive(linkA, left(ada, 4))
    expect([table.names, table.said(9_000)]).toEqual([['Ada'], []])
  })
})

describe('[PR8] states that come back', () => {
  it('[PR8] with the clock they had, twice at most', () => {
    const table = new Table()
    const shown: number[] = []
    for (let round = 0; round < 5; round++) {
      table.receive(linkA, ada, 1_000 + round)
      shown.push(table.names.length)
      table.presence.linkLost(linkA)
    }
    expect(shown).toEqual([1, 1, 1, 0, 0])
    // A new word of their owner is always heard, and counted anew.
    table.receive(linkB, { ...ada, clock: 6 }, 2_000)
    table.presence.linkLost(linkB)
    table.receive(linkA, { ...ada, clock: 6 }, 2_001)
    expect(table.names).toEqual(['Ada'])
  })

  it('[PR8] keep their age: they are dropped when they would have been', () => {
    const table = new Table()
    table.receive(linkA, ada, 1_000)
    table.presence.linkLost(linkA)
    table.receive(linkB, ada, 1_000 + presenceGoneMs - 1)
    expect(table.presence.meta.get(ada.client)?.lastUpdated).toBe(1_000)
    table.presence.passTime(1_000 + presenceGoneMs)
    expect(table.names).toEqual([])
    const late = new Table()
    late.receive(linkA, ada, 1_000)
    late.presence.linkLost(linkA)
    late.receive(linkB, ada, 1_000 + presenceGoneMs)
    expect(late.names).toEqual([])
  })

  it('[PR8] do not come back with an older clock than they were forgotten with', () => {
    const table = new Table()
    table.receive(linkA, ada, 1_000)
    table.presence.linkLost(linkA)
    table.receive(linkB, { ...ada, clock: 4 }, 1_001)
    expect(table.names).toEqual([])
  })

  it('[WI8] as many as a thousand that are out of sight are remembered, the newest', () => {
    const table = new Table()
    for (let client = 10; client < 10 + limits.presenceGoneMax + 1; client++) {
      table.receive(linkA, { ...ada, client }, 1_000)
      table.presence.linkLost(linkA)
    }
    table.receive(linkB, { ...ada, client: 10, clock: 4 }, 1_001)
    table.receive(linkB, { ...ada, client: 11, clock: 4 }, 1_001)
    expect([...table.presence.states.keys()]).toEqual([10])
  })
})

describe('[PR5] renewal', () => {
  it('[PR5] the own state is renewed every presenceRenewMs, with a higher clock', () => {
    const table = new Table()
    table.presence.setLocalState({ name: 'me' })
    const [first] = table.said(1_000)
    table.presence.passTime(1_000 + presenceRenewMs - 1)
    expect(table.said(1_000 + presenceRenewMs - 1)).toEqual([])
    expect(table.presence.deadline()).toBe(1_000 + presenceRenewMs)
    table.presence.passTime(1_000 + presenceRenewMs)
    expect(table.said(1_000 + presenceRenewMs)).toEqual([{ ...first, clock: first!.clock + 1 }])
    expect(table.presence.deadline()).toBe(1_000 + 2 * presenceRenewMs)
  })

  it('[PR5] a state that is not renewed for presenceGoneMs is dropped, and an old message does not bring it back', () => {
    const table = new Table()
    table.receive(linkA, ada, 1_000)
    table.said(1_000)
    expect(table.presence.deadline()).toBe(1_000 + presenceGoneMs)
    table.presence.passTime(1_000 + presenceGoneMs - 1)
    expect(table.names).toEqual(['Ada'])
    table.presence.passTime(1_000 + presenceGoneMs)
    expect([table.names, table.presence.deadline()]).toEqual([[], null])
    table.receive(linkB, ada, 90_000)
    expect(table.names).toEqual([])
  })

  it('[PR5] a renewed state stays', () => {
    const table = new Table()
    table.receive(linkA, ada, 0)
    table.receive(linkA, { ...ada, clock: 6 }, presenceRenewMs)
    table.presence.passTime(presenceGoneMs)
    expect(table.names).toEqual(['Ada'])
  })

  it('[PR5] an own state is renewed after it was told, not while it waits to be, and not once it is taken back', () => {
    const table = new Table()
    table.presence.setLocalState({ name: 'me' })
    // It waits to be sent: that is all there is to do.
    expect(table.presence.deadline()).toBe(presenceEveryMs)
    table.presence.passTime(99_000)
    expect(table.said(99_000)).toMatchObject([{ clock: 1 }])
    expect(table.presence.meta.get(1)).toEqual({ clock: 1, lastUpdated: 99_000 })
    table.presence.setLocalState({ name: 'still me' })
    expect(table.presence.deadline()).toBe(99_000 + presenceEveryMs)
    expect(table.presence.meta.get(1)?.clock).toBe(2)
    table.said(99_500)
    table.presence.setLocalState(null)
    table.said(100_000)
    expect(table.presence.deadline()).toBeNull()
    table.presence.passTime(200_000)
    expect(table.said(200_000)).toEqual([])
  })

  it('[PR5] nothing is due while there is nobody', () => {
    const table = new Table()
    expect(table.presence.deadline()).toBeNull()
    table.presence.passTime(99_999)
    expect(table.said(99_999)).toEqual([])
  })
})

describe('[PR6] coalescing', () => {
  it('[PR6] a hundred moves within presenceEveryMs are one message, with the last of them', () => {
    const table = new Table()
    table.presence.setLocalState({ at: 0 })
    expect(table.said(1_000)).toHaveLength(1)
    for (let at = 1; at <= 100; at++) {
      table.presence.setLocalState({ at })
      expect(table.said(1_000 + Math.min(at, presenceEveryMs - 1))).toEqual([])
    }
    expect(table.presence.deadline()).toBe(1_000 + presenceEveryMs)
    expect(table.said(1_000 + presenceEveryMs)).toMatchObject([{ json: '{"at":100}' }])
  })

  it('[PR6] [BR2] what came by one link is one message for all others', () => {
    const table = new Table()
    table.presence.receive([ada, { ...ada, client: 8 }], linkA, { now: 1_000, isEdge: false })
    table.receive(linkB, { ...ada, client: 9 })
    table.presence.setLocalState({ name: 'me' })
    const parts = table.presence.takeOutgoing(1_000)
    expect(parts.map((part) => part.except)).toEqual([linkA, linkB, null])
  })
})

describe('[PR7] a client of another wire', () => {
  it('[PR7] does not change a state that came by another link', () => {
    const table = new Table()
    table.receive(linkA, ada)
    table.receive(linkB, { ...ada, client: 8, json: '{"name":"Bob"}' }, 1_000, true)
    table.said(1_000)
    table.receive(linkB, { ...ada, clock: 9, json: '{"name":"Eve"}' }, 2_000, true)
    table.receive(linkB, left(ada, 9), 2_000, true)
    table.receive(linkB, left(ada), 2_000, true)
    expect([table.names, table.said(9_000)]).toEqual([['Ada', 'Bob'], []])
  })

  it('[PR7] that names several at once speaks for none of them', () => {
    const table = new Table()
    table.receive(linkA, ada)
    table.presence.receive([ada, { ...ada, client: 8 }], linkB, { now: 1_000, isEdge: true })
    table.receive(linkB, { ...ada, clock: 9, json: '{"name":"Eve"}' }, 2_000, true)
    expect(table.presence.states.get(ada.client)).toEqual({ name: 'Ada' })
  })

  it('[PR7] is believed when it is back, although others still show what it was', () => {
    const newer = { ...ada, clock: ada.clock + 1, json: '{"name":"Ada L."}' }
    const table = new Table()
    table.receive(linkA, ada, 2_000)
    table.receive(linkB, ada, 3_000, true)
    expect(table.names).toEqual(['Ada'])
    table.receive(linkB, newer, 4_000, true)
    expect(table.names).toEqual(['Ada L.'])
    table.receive(linkB, left(newer, newer.clock + 1), 5_000, true)
    expect(table.names).toEqual([])
  })

  it('[PR7] speaks for itself', () => {
    const table = new Table()
    table.receive(linkB, ada, 1_000, true)
    table.receive(linkB, { ...ada, clock: 6, json: '{"name":"Ada L."}' }, 2_000, true)
    expect(table.names).toEqual(['Ada L.'])
    table.receive(linkB, left(ada, 7), 3_000, true)
    expect(table.names).toEqual([])
  })
})

describe('[PR1] towards an app: the interface of y-protocols’ Awareness', () => {
  it('[PR1] says what was added, updated and removed, as y-protocols does', () => {
    const table = new Table(1)
    const awareness = new awarenessProtocol.Awareness(docOf(1))
    awareness.setLocalState(null)
    const stock: unknown[] = []
    awareness.on('change', (change: PresenceChange) => stock.push({ event: 'change', change }))
    awareness.on('update', (change: PresenceChange) => stock.push({ event: 'update', change }))
    const steps: readonly PresenceEntry[] = [
      ada,
      { ...ada, clock: 6 },
      { ...ada, clock: 7, json: '{"name":"Ada L."}' },
      { ...ada, clock: 7, json: '{"name":"old"}' },
      left(ada, 8),
    ]
    for (const entry of steps) {
      table.receive(linkA, entry)
      const far = new awarenessProtocol.Awareness(docOf(ada.client))
      far.states.set(ada.client, JSON.parse(entry.json))
      far.meta.set(ada.client, { clock: entry.clock, lastUpdated: 0 })
      awarenessProtocol.applyAwarenessUpdate(awareness, awarenessProtocol.encodeAwarenessUpdate(far, [7]), 'far')
      far.destroy()
    }
    expect(table.heard.map(({ event, change }) => ({ event, change }))).toEqual(stock)
    expect(stock).toHaveLength(7)
    awareness.destroy()
  })

  it('[PR1] says where a change came from', () => {
    const table = new Table()
    table.receive(linkA, ada)
    table.presence.setLocalState({ name: 'me' })
    table.presence.setLocalState({ name: 'me' })
    table.presence.setLocalStateField('colour', 'red')
    table.presence.setLocalState(null)
    table.presence.passTime(1_000 + presenceGoneMs)
    const seen = table.heard.filter(({ event }) => event === 'update').map(({ change, origin }) => [origin, change])
    expect(seen).toEqual([
      [linkA, { added: [7], updated: [], removed: [] }],
      ['local', { added: [1], updated: [], removed: [] }],
      ['local', { added: [], updated: [1], removed: [] }],
      ['local', { added: [], updated: [1], removed: [] }],
      ['local', { added: [], updated: [], removed: [1] }],
      ['timeout', { added: [], updated: [], removed: [7] }],
    ])
    // The same state once more is an `update` and no `change`.
    expect(table.heard.filter(({ event }) => event === 'change')).toHaveLength(5)
  })

  it('[PR1] a field called __proto__ is a field', () => {
    const { presence } = new Table()
    presence.setLocalStateField('__proto__', { isAdmin: true })
    const state = presence.getLocalState()
    expect(Object.keys(state ?? {})).toEqual(['__proto__'])
    expect(state?.['isAdmin']).toBeUndefined()
  })

  it('[PR1] [WI8] an own state above 4 KiB throws, and shows what was shown before', () => {
    const { presence } = new Table()
    presence.setLocalState({ name: 'me' })
    expect(() => presence.setLocalState({ name: 'x'.repeat(limits.presenceStateBytesMax) })).toThrow(RangeError)
    expect(presence.getLocalState()).toEqual({ name: 'me' })
  })

  it('[DS10] a listener that throws keeps nothing from the others', () => {
    const table = new Table()
    table.presence.on('change', () => {
      throw new Error('boom')
    })
    let later = 0
    table.presence.on('change', () => void later++)
    table.receive(linkA, ada)
    table.presence.setLocalState({ name: 'me' })
    expect([later, table.faults, table.names]).toEqual([
      2,
      ['presence change: boom', 'presence change: boom'],
      ['Ada', 'me'],
    ])
  })

  it('[PR2] an app that opens the document speaks as its client; who spoke before leaves', () => {
    const table = new Table(1)
    table.presence.setLocalState({ name: 'stand-in' })
    table.said(1_000)
    const doc = { clientID: 55 }
    table.presence.speakFor(doc)
    expect([table.presence.doc, table.presence.clientID, table.presence.getLocalState()]).toEqual([doc, 55, null])
    table.presence.setLocalState({ name: 'me' })
    expect(table.said(9_000)).toMatchObject([
      { client: 1, json: 'null' },
      { client: 55, json: '{"name":"me"}' },
    ])
  })

  it('[PR2] a binding that destroys it takes the own state away and is not called again', () => {
    const table = new Table()
    table.presence.setLocalState({ name: 'me' })
    table.presence.destroy()
    const count = table.heard.length
    table.receive(linkA, ada)
    expect([table.presence.getLocalState(), table.heard.length]).toEqual([null, count])
  })

  it('[PR1] a newcomer gets all states at once, the own one included', () => {
    const table = new Table()
    expect(table.presence.encodeAll()).toBeNull()
    table.receive(linkA, ada)
    table.presence.setLocalState({ name: 'me' })
    const all = decodePresence(table.presence.encodeAll() ?? new Uint8Array())
    expect(all).toMatchObject({ value: { entries: [ada, { client: 1, json: '{"name":"me"}' }] } })
    expect(table.changes).toBe(1)
  })
})
