import { describe, expect, it } from 'vitest'
import { digestFrom, documentName, linkId, type Digest, type DocumentName, type LinkId } from '../ids.ts'
import { limits } from '../limits.ts'
import { Catalogue, pagesOf } from './catalogue.ts'

const { catalogueOpenAtOnceMax, catalogueDocumentMs, cataloguePageMax, documentsPerLinkMax } = limits
const [link1, link2] = [linkId(1), linkId(2)]
const digest = (fill: number): Digest => digestFrom(new Uint8Array(8).fill(fill))

function name(text: string): DocumentName {
  const checked = documentName(text)
  if (!checked.ok) throw new Error(checked.error)
  return checked.value
}

function entries(count: number, from = 0): readonly { readonly name: DocumentName; readonly digest: Digest | null }[] {
  return Array.from({ length: count }, (_, index) => ({ name: name(`d${from + index}`), digest: digest(1) }))
}

/** A catalogue with what we hold, and which documents are done. */
function catalogue(own: Readonly<Record<string, Digest>> = {}) {
  const done = new Set<string>()
  return {
    done,
    catalogue: new Catalogue({
      digestOf: (one) => own[one] ?? null,
      isDone: (one: DocumentName, link: LinkId) => done.has(`${link} ${one}`) || done.has(one),
    }),
  }
}

const begun = (tasks: readonly { readonly name: string; readonly link: LinkId }[]) =>
  tasks.map((task) => `${task.link} ${task.name}`)

describe('[CA2] what is opened', () => {
  it('[CA2] a document whose digest differs, or is not known on either side; not one that is equal', () => {
    const { catalogue: one } = catalogue({ equal: digest(1), differs: digest(2), 'unknown there': digest(1) })
    one.heard(link1, [
      { name: name('equal'), digest: digest(1) },
      { name: name('differs'), digest: digest(1) },
      { name: name('unknown here'), digest: digest(1) },
      { name: name('unknown there'), digest: null },
    ])
    expect(begun(one.next(0))).toEqual(['1 differs', '1 unknown here', '1 unknown there'])
    expect(one.isBusy).toBe(true)
  })

  it('[CA2] at most catalogueOpenAtOnceMax at a time, each until it is level', () => {
    const { catalogue: one, done } = catalogue()
    one.heard(link1, entries(catalogueOpenAtOnceMax + 3))
    expect(one.next(0)).toHaveLength(catalogueOpenAtOnceMax)
    expect(one.next(100)).toEqual([])
    done.add('d0')
    done.add('d5')
    expect(begun(one.next(200))).toEqual([`1 d${catalogueOpenAtOnceMax}`, `1 d${catalogueOpenAtOnceMax + 1}`])
    for (const { name: each } of entries(catalogueOpenAtOnceMax + 3)) done.add(each)
    expect(begun(one.next(300))).toEqual([`1 d${catalogueOpenAtOnceMax + 2}`])
    expect([one.next(400), one.isBusy]).toEqual([[], false])
  })

  it('[CA2] one that does not get level holds up the others for catalogueDocumentMs', () => {
    const { catalogue: one } = catalogue()
    one.heard(link1, entries(catalogueOpenAtOnceMax + 1))
    one.next(1_000)
    expect(one.next(1_000 + catalogueDocumentMs)).toEqual([])
    expect(one.next(1_001 + catalogueDocumentMs)).toHaveLength(1)
  })

  it('[CA2] the same document of two neighbours is opened towards both, once each', () => {
    const { catalogue: one } = catalogue()
    one.heard(link1, entries(1))
    one.heard(link2, entries(1))
    one.heard(link1, entries(1))
    expect(begun(one.next(0))).toEqual(['1 d0', '2 d0'])
    expect(one.next(1)).toEqual([])
  })

  it('[CA2] what a lost link told is forgotten, and holds up nobody', () => {
    const { catalogue: one } = catalogue()
    one.heard(link1, entries(catalogueOpenAtOnceMax + 5))
    one.next(0)
    one.heard(link2, entries(2, 900))
    one.lost(link1)
    expect(begun(one.next(1))).toEqual(['2 d900', '2 d901'])
  })

  it('[WI8] no more is remembered than documentsPerLinkMax', () => {
    const { catalogue: one, done } = catalogue()
    one.heard(link1, entries(documentsPerLinkMax + 50))
    let count = 0
    for (let tasks = one.next(0); tasks.length > 0; tasks = one.next(0)) {
      count += tasks.length
      for (const task of tasks) done.add(task.name)
    }
    expect(count).toBe(documentsPerLinkMax)
  })
})

describe('[CA1] pages', () => {
  it('[CA1] [WI8] all names and digests, in pages that fit a message', () => {
    const all = entries(2 * cataloguePageMax + 1)
    const pages = [...pagesOf(all)]
    expect(pages.map((page) => page.length)).toEqual([cataloguePageMax, cataloguePageMax, 1])
    expect(pages.flat()).toEqual(all)
    expect([...pagesOf([])]).toEqual([])
  })
})
