import { describe, expect, it } from 'vitest'
import { documentName, linkId, type DocumentName, type LinkId } from '../ids.ts'
import { limits } from '../limits.ts'
import { CatchUp } from './catch-up.ts'

const { catalogueOpenAtOnceMax, catalogueDocumentMs } = limits
const [link1, link2] = [linkId(1), linkId(2)]

function name(text: string): DocumentName {
  const checked = documentName(text)
  if (!checked.ok) throw new Error(checked.error)
  return checked.value
}

function names(count: number, from = 0): readonly DocumentName[] {
  return Array.from({ length: count }, (_, index) => name(`d${from + index}`))
}

function catchUp() {
  const done = new Set<string>()
  const resting: string[] = []
  const one = new CatchUp({
    isDone: (each: DocumentName, link: LinkId) => done.has(`${link} ${each}`) || done.has(each),
    rest: (each) => void resting.push(each),
  })
  return { done, one, resting }
}

const begun = (tasks: readonly { readonly name: string; readonly link: LinkId }[]) =>
  tasks.map((task) => `${task.link} ${task.name}`)

describe('[CA2] what is opened', () => {
  it('[CA2] at most catalogueOpenAtOnceMax at a time, each until it is level', () => {
    const { one, done, resting } = catchUp()
    one.add(link1, names(catalogueOpenAtOnceMax + 3))
    expect(one.next(0)).toHaveLength(catalogueOpenAtOnceMax)
    expect([one.next(100), one.isBusy]).toEqual([[], true])
    done.add('d0')
    done.add('d5')
    expect(begun(one.next(200))).toEqual([`1 d${catalogueOpenAtOnceMax}`, `1 d${catalogueOpenAtOnceMax + 1}`])
    expect(resting).toEqual(['d0', 'd5'])
    for (const each of names(catalogueOpenAtOnceMax + 3)) done.add(each)
    expect(begun(one.next(300))).toEqual([`1 d${catalogueOpenAtOnceMax + 2}`])
    expect([one.next(400), one.isBusy]).toEqual([[], false])
  })

  it('[CA2] one that does not get level holds up the others for catalogueDocumentMs', () => {
    const { one } = catchUp()
    one.add(link1, names(catalogueOpenAtOnceMax + 1))
    one.next(1_000)
    expect(one.next(1_000 + catalogueDocumentMs)).toEqual([])
    expect(one.next(1_001 + catalogueDocumentMs)).toHaveLength(1)
  })

  it('[CA2] the same document of two neighbours is opened towards both, once each', () => {
    const { one } = catchUp()
    one.add(link1, names(1))
    one.add(link2, names(1))
    one.add(link1, names(1))
    expect(begun(one.next(0))).toEqual(['1 d0', '2 d0'])
    expect(one.next(1)).toEqual([])
  })

  it('[CA2] what differed on a lost link is forgotten, and holds up nobody', () => {
    const { one } = catchUp()
    one.add(link1, names(catalogueOpenAtOnceMax + 5))
    one.next(0)
    one.add(link2, names(2, 900))
    one.lost(link1)
    expect(begun(one.next(1))).toEqual(['2 d900', '2 d901'])
  })

  it('[CA2] ten thousand have their turn, each once', () => {
    const { one, done } = catchUp()
    one.add(link1, names(10_000))
    const seen: string[] = []
    for (let tasks = one.next(0); tasks.length > 0; tasks = one.next(0)) {
      for (const task of tasks) done.add(task.name)
      seen.push(...tasks.map((task) => task.name))
    }
    expect(seen).toEqual(names(10_000))
  })
})
