import type { SharedDocument } from '@knotwork/web-peer'
import { describe, expect, it } from 'vitest'
import * as Y from 'yjs'
import { CarefulPresence } from './careful-presence.ts'

const doc = new Y.Doc()
doc.getText('body').insert(0, 'Some words')

function carefully(states: Readonly<Record<number, unknown>>): Map<number, Readonly<Record<string, unknown>>> {
  const presence = {
    clientID: 1,
    getStates: () => new Map(Object.entries(states).map(([client, state]) => [Number(client), state])),
  } as unknown as SharedDocument['presence']
  return new CarefulPresence(presence, 'body').getStates()
}

const position = (index: number) =>
  JSON.parse(JSON.stringify(Y.createRelativePositionFromTypeIndex(doc.getText('body'), index))) as Record<
    string,
    unknown
  >
const user = { name: 'Ada', color: '#0f766b' }

describe('presence for the editor', () => {
  it('passes a caret that the binding can place', () => {
    const state = carefully({ 2: { user, cursor: { anchor: position(4), head: position(10) } } }).get(2)
    expect(state?.['user']).toEqual({ ...user, colorLight: '#0f766b33' })
    const { anchor, head } = state!['cursor'] as { anchor: Y.RelativePosition; head: Y.RelativePosition }
    expect(Y.createAbsolutePositionFromRelativePosition(anchor, doc)?.index).toBe(4)
    expect(Y.createAbsolutePositionFromRelativePosition(head, doc)?.index).toBe(10)
  })

  it('passes no style but a colour', () => {
    const evil = { name: 'x', color: '#000;background:url(https://example.org)', colorLight: 'url(x)' }
    const state = carefully({ 2: { user: evil, cursor: { anchor: position(0), head: position(0) } } }).get(2)
    expect(state?.['user']).toEqual({ name: 'x', color: '#6f6a60', colorLight: '#6f6a6033' })
  })

  it('passes no cursor that could break the binding', () => {
    const good = position(3)
    const bad: readonly unknown[] = [
      null,
      7,
      'x',
      {},
      { ...good, tname: 'elsewhere' },
      { ...good, tname: undefined, type: { client: 1, clock: 0 } },
      { ...good, item: 7 },
      { ...good, item: { client: -1, clock: 0 } },
      { ...good, item: { client: 1, clock: 0.5 } },
      { ...good, item: { client: 1, clock: '0' } },
      { ...good, item: {} },
    ]
    for (const each of bad) {
      expect(carefully({ 2: { user, cursor: { anchor: each, head: good } } }).get(2)).toEqual({})
      expect(carefully({ 2: { user, cursor: { anchor: good, head: each } } }).get(2)).toEqual({})
    }
    for (const cursor of [null, undefined, 7, 'x', []]) expect(carefully({ 2: { user, cursor } }).get(2)).toEqual({})
  })

  it('shows so many carets at most, and never the own one', () => {
    const crowd = Object.fromEntries(Array.from({ length: 200 }, (_, index) => [index, { user }]))
    const states = carefully(crowd)
    expect(states.size).toBe(50)
    expect(states.has(1)).toBe(false)
  })
})
