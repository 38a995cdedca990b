/** CodeMirror 6: a Y.Text, carets, undo of one's own edits. */
import { EditorState } from '@codemirror/state'
import { EditorView, keymap } from '@codemirror/view'
import { yCollab, yUndoManagerKeymap } from 'y-codemirror.next'
import * as Y from 'yjs'
import { app, joinRoom } from '../room.ts'

const { doc, awareness } = joinRoom('codemirror')
const text = doc.getText('body')

const view = new EditorView({
  parent: app(),
  state: EditorState.create({
    doc: text.toString(),
    extensions: [
      keymap.of(yUndoManagerKeymap),
      EditorView.lineWrapping,
      yCollab(text, awareness, { undoManager: new Y.UndoManager(text) }),
    ],
  }),
})
view.focus()
