/** Quill 2: a Y.Text with formats, carets by quill-cursors, undo of what the user typed. */
import Quill from 'quill'
import QuillCursors from 'quill-cursors'
import 'quill/dist/quill.snow.css'
import { QuillBinding } from 'y-quill'
import { app, joinRoom } from '../room.ts'

const { doc, awareness } = joinRoom('quill')

Quill.register('modules/cursors', QuillCursors)
const quill = new Quill(app(), {
  theme: 'snow',
  modules: { cursors: true, toolbar: ['bold', 'italic'], history: { userOnly: true } },
})
const binding = new QuillBinding(doc.getText('body'), quill, awareness)
window.addEventListener('pagehide', () => binding.destroy())
quill.focus()
