import type { SharedDocument } from '@knotwork/web-peer'
import type * as Y from 'yjs'

/** The root of a note's document that holds its text. */
export const textRoot = 'body'

export function textOf(document: SharedDocument): Y.Text {
  return document.doc.getText(textRoot)
}

/** Whether the text is characters alone: an image or a table put there by another app has no place in this editor. */
export function isPlain(text: Y.Text): boolean {
  return text.toString().length === text.length
}
