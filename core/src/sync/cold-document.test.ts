import { describe, expect, it } from 'vitest'
import * as Y from 'yjs'
import { Desk, digestFrom, haveOfDoc, link1, link2, link3, nothing, said } from '../../test/desk.ts'
import { docOf, stateOf, typed } from '../../test/replicas.ts'
import { SeededRandom } from '../../test/seeded-random.ts'
import { editRichly, session } from '../../test/sessions.ts'
import { edgeTraits } from '../../test/traits.ts'
import { limits } from '../limits.ts'
import type { DocumentMessage } from '../wire/message.ts'

const isCold = (desk: Desk): boolean | undefined => desk.machine.replica?.isCold
const updatesIn = (messages: readonly DocumentMessage[]): readonly Uint8Array[] =>
  messages.flatMap((message) => (message.type === 'updates' ? message.updates : []))

function rich(seed: number): { readonly updates: readonly Uint8Array[]; readonly doc: Y.Doc } {
  const { updates } = session(new SeededRandom(seed), editRichly)
  return { updates, doc: docOf(98, ...updates) }
}

describe('[ME2] a document that no app has open', () => {
  it('[BR1] [ME2] is passed on and stored without a Y.Doc; what was known goes no further', () => {
    const { updates, doc } = rich(5)
    const desk = new Desk()
    for (const link of [link1, link2]) desk.joinLevel(link)
    const [toSecond, toFirst]: [Uint8Array[], Uint8Array[]] = [[], []]
    for (const [at, update] of updates.entries()) {
      const message = { type: 'updates', sequence: at + 1, updates: [update] } as const
      const effects = [...desk.hear(link1, message), ...desk.pass(limits.editsTogetherMs), ...desk.hear(link2, message)]
      toSecond.push(...updatesIn(said(effects, link2)))
      toFirst.push(...updatesIn(said(effects, link1)))
    }
    expect([isCold(desk), toFirst.length]).toEqual([true, 0])
    for (const there of [desk.logged, docOf(97, ...toSecond)]) expect(stateOf(there)).toBe(stateOf(doc))
  })

  it('[DS3] [YW1] is served to who has nothing, a peer or a client of another wire, without a Y.Doc', () => {
    const { updates, doc } = rich(6)
    for (const stored of [[Y.encodeStateAsUpdate(doc)], updates]) {
      const desk = new Desk({ stored })
      desk.join(link1)
      const toPeer = said(desk.history, link1)
      desk.join(link2, nothing, edgeTraits)
      const toClient = said([...desk.history, ...desk.hear(link2, { type: 'have', have: nothing })], link2)
      for (const messages of [toPeer, toClient]) {
        const answers = messages.flatMap((message) => (message.type === 'missing' ? [message.update] : []))
        expect(stateOf(docOf(97, ...answers))).toBe(stateOf(doc))
      }
      expect(isCold(desk)).toBe(true)
    }
  })

  it('[DS2] [DS5] compares itself with peers that hold a Y.Doc, and goes to sleep, without one', () => {
    const { updates, doc } = rich(7)
    const desk = new Desk({ stored: updates })
    desk.joinLevel(link1)
    expect(said(desk.join(link3, haveOfDoc(doc)), link3)).toEqual([])
    expect(said(desk.hear(link3, digestFrom(doc, 0, true)), link3)).toEqual([digestFrom(doc, 0, false)])
    for (const link of [link1, link3]) desk.hear(link, digestFrom(doc, 0, false))
    expect(isCold(desk)).toBe(true)
    desk.pass(limits.idleUnloadMs * 2)
    expect(desk.machine.replica).toBeNull()
    expect(said(desk.hear(link3, digestFrom(doc, 0, true)), link3)).toEqual([digestFrom(doc, 0, false)])
  })

  it('[DS9] is a Y.Doc from the moment an app opens it', () => {
    const { updates, doc } = rich(8)
    const desk = new Desk({ stored: updates })
    desk.join(link1, haveOfDoc(doc))
    expect(isCold(desk)).toBe(true)
    desk.handle({ type: 'appOpened' })
    expect(stateOf(desk.doc)).toBe(stateOf(doc))
    const [update] = typed(desk.doc, '!')
    const effects = [...desk.handle({ type: 'woke' }), ...desk.pass(limits.editsTogetherMs)]
    expect(updatesIn(said(effects, link1))).toEqual([update])
  })
})
