/** The ways in which apps and clients change a document. Each edit carries tokens, so that its loss would be seen. */
import * as Y from 'yjs'
import type { Rng } from '../world/random.ts'

/** Names of the roots: tokens are only ever added to `kept`, and taken from `erasable`. */
export const roots = { kept: 'kept', erasable: 'erasable', text: 'text', map: 'map', tree: 'tree' } as const

export interface Deed {
  readonly tokens: readonly string[]
  readonly erased: readonly string[]
}

export type EditKind = 'insert' | 'type' | 'add' | 'erase' | 'set' | 'nest' | 'cut' | 'format' | 'paste' | 'tree'
const kinds: readonly EditKind[] = [
  ...(['insert', 'insert', 'insert', 'type', 'type', 'add', 'add', 'erase', 'erase', 'set'] as const),
  ...(['nest', 'cut', 'format', 'paste', 'tree'] as const),
]

export interface EditContext {
  readonly doc: Y.Doc
  readonly rng: Rng
  readonly token: string
}

const deedKey = 'deed'

/** Leaves word in the transaction of what it is about, for whoever keeps the books. */
export function note(transaction: Y.Transaction, deed: Deed): void {
  const { tokens, erased } = deedOf(transaction)
  transaction.meta.set(deedKey, { tokens: [...tokens, ...deed.tokens], erased: [...erased, ...deed.erased] })
}

export function deedOf(transaction: Y.Transaction): Deed {
  return (transaction.meta.get(deedKey) as Deed | undefined) ?? { tokens: [], erased: [] }
}

export function drawEdit(rng: Rng): EditKind {
  return rng.pick(kinds)
}

/** One transaction. Listeners of the app may throw out of it; the edit is made all the same. */
export function edit(kind: EditKind, context: EditContext): void {
  const { doc, rng, token } = context
  const erasable = doc.getArray<string>(roots.erasable)
  attempt(() => {
    doc.transact((transaction) => {
      if (kind === 'erase' && erasable.length > 0) {
        const index = rng.whole(0, erasable.length - 1)
        note(transaction, { tokens: [], erased: [erasable.get(index)] })
        return erasable.delete(index, 1)
      }
      note(transaction, { tokens: [token], erased: [] })
      const kept = doc.getArray<string>(roots.kept)
      kept.insert(rng.whole(0, kept.length), [token])
      decorate(kind, context)
    })
  })
}

/** What else happens in the transaction. */
function decorate(kind: EditKind, { doc, rng, token }: EditContext): void {
  const text = doc.getText(roots.text)
  const map = doc.getMap(roots.map)
  switch (kind) {
    case 'insert':
    case 'erase':
      return
    case 'type':
      return text.insert(rng.whole(0, text.length), token)
    case 'add':
      return doc.getArray<string>(roots.erasable).push([token])
    case 'set':
      return void map.set(`key ${rng.whole(0, 3)}`, token)
    case 'nest': {
      const nested = map.get('nested')
      if (nested instanceof Y.Map) return void nested.set(`${rng.whole(0, 2)}`, new Y.Text(token))
      return void map.set('nested', new Y.Map([['first', token]]))
    }
    case 'cut': {
      const from = rng.whole(0, text.length)
      return text.delete(from, rng.whole(0, Math.min(12, text.length - from)))
    }
    case 'format': {
      const from = rng.whole(0, text.length)
      return text.format(from, rng.whole(0, text.length - from), { bold: rng.chance(0.5) || null })
    }
    case 'paste':
      return text.insert(rng.whole(0, text.length), token.repeat(rng.whole(10, 120)))
    case 'tree':
      return doc.getXmlFragment(roots.tree).push([new Y.XmlText(token)])
  }
}

function attempt(run: () => void): void {
  try {
    run()
  } catch (thrown) {
    if (!(thrown instanceof ListenerFault)) throw thrown
  }
}

/** What the app's own broken listeners throw. */
export class ListenerFault extends Error {
  override readonly name = 'ListenerFault'
}

/** What a reader sees, as text that is equal where the content is equal: a map has no order. */
export function render(doc: Y.Doc): string {
  const content = [
    doc.getArray(roots.kept).toJSON(),
    doc.getArray(roots.erasable).toJSON(),
    doc.getText(roots.text).toDelta(),
    doc.getMap(roots.map).toJSON(),
    doc.getXmlFragment(roots.tree).toString(),
  ]
  return JSON.stringify(content, (_key, value: unknown) => {
    const isRecord = typeof value === 'object' && value !== null && !Array.isArray(value)
    return isRecord ? Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1))) : value
  })
}
