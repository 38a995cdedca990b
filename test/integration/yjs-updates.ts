import * as Y from 'yjs'

/** One update: somebody's whole document with that text as its root `body`. */
export function updateOf(text: string): Uint8Array {
  const doc = new Y.Doc()
  doc.getText('body').insert(0, text)
  return Y.encodeStateAsUpdate(doc)
}

/** Somebody types this, a keystroke an update. */
export function keystrokes(text: string): readonly Uint8Array[] {
  const doc = new Y.Doc()
  const updates: Uint8Array[] = []
  doc.on('update', (update: Uint8Array) => void updates.push(update))
  for (const [index, character] of text.split('').entries()) doc.getText('body').insert(index, character)
  return updates
}

/** The root `body` of the document that these updates make. */
export function bodyOf(...updates: readonly Uint8Array[]): string {
  const doc = new Y.Doc()
  for (const update of updates) Y.applyUpdate(doc, update)
  return doc.getText('body').toString()
}
