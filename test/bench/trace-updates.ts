/** The recorded editing session as Yjs updates, one for each keystroke, as its writer would have sent them. */
import * as Y from 'yjs'
import { editingTrace } from '../trace/editing-trace.ts'

export interface TraceUpdates {
  readonly title: string
  readonly updates: readonly Uint8Array[]
  readonly bytes: number
  readonly text: string
  /** All of it in one. */
  readonly whole: Uint8Array
  readonly wholeV2Bytes: number
}

const made = new Map<number, TraceUpdates>()

export function traceUpdates(count = Infinity): TraceUpdates {
  const known = made.get(count) ?? typed(count)
  made.set(count, known)
  return known
}

function typed(count: number): TraceUpdates {
  const { title, keystrokes, endText } = editingTrace(count)
  const doc = new Y.Doc()
  const updates: Uint8Array[] = []
  doc.on('update', (update: Uint8Array) => void updates.push(update))
  const text = doc.getText('text')
  for (const patches of keystrokes) {
    doc.transact(() => {
      for (const [position, deleted, inserted] of patches) {
        if (deleted > 0) text.delete(position, deleted)
        if (inserted.length > 0) text.insert(position, inserted)
      }
    })
  }
  if (text.toString() !== endText) throw new Error('the session does not end in its text')
  return {
    title,
    updates,
    bytes: updates.reduce((sum, { byteLength }) => sum + byteLength, 0),
    text: endText,
    whole: Y.encodeStateAsUpdate(doc),
    wholeV2Bytes: Y.encodeStateAsUpdateV2(doc).byteLength,
  }
}
