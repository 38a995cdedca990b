import { defaultKeymap } from '@codemirror/commands'
import { EditorState, type Extension } from '@codemirror/state'
import { EditorView, keymap, placeholder } from '@codemirror/view'
import type { SharedDocument } from '@knotwork/web-peer'
import { yCollab, yUndoManagerKeymap } from 'y-codemirror.next'
import type * as Y from 'yjs'
import { CarefulPresence } from './careful-presence.ts'
import { markdownLook } from './markdown-look.ts'
import { textOf, textRoot } from '../model/note-text.ts'

/** Everything the editor of one note is made of. */
export function editorExtensions(document: SharedDocument, undoManager: Y.UndoManager): Extension[] {
  return [
    // The binding counts characters as Yjs does: a carriage return from elsewhere must stay one.
    EditorState.lineSeparator.of('\n'),
    EditorView.clipboardInputFilter.of((text) => text.replaceAll(/\r\n?/gu, '\n')),
    yCollab(textOf(document), new CarefulPresence(document.presence, textRoot), { undoManager }),
    keymap.of([...yUndoManagerKeymap, ...defaultKeymap]),
    markdownLook,
    EditorView.lineWrapping,
    placeholder('Write here. The first line becomes the title.'),
    EditorView.contentAttributes.of({
      'aria-label': 'Text of the note',
      spellcheck: 'true',
      autocapitalize: 'sentences',
      dir: 'auto',
    }),
  ]
}
