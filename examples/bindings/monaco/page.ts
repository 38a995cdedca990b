/** Monaco: a Y.Text, carets, and Yjs' undo in place of the editor's, so that it takes back one's own edits only. */
import * as monaco from 'monaco-editor/esm/vs/editor/editor.api.js'
import { MonacoBinding } from 'y-monaco'
import * as Y from 'yjs'
import { app, joinRoom } from '../room.ts'

self.MonacoEnvironment = {
  getWorker: () => new Worker(new URL('./worker.ts', import.meta.url), { type: 'module' }),
}

const { doc, awareness } = joinRoom('monaco')
const text = doc.getText('body')

app().classList.add('monaco')
const isDark = matchMedia('(prefers-color-scheme: dark)').matches
const editor = monaco.editor.create(app(), {
  language: 'plaintext',
  minimap: { enabled: false },
  theme: isDark ? 'vs-dark' : 'vs',
  automaticLayout: true,
})
const model = editor.getModel()
if (model === null) throw new Error('the editor has no model')
const binding = new MonacoBinding(text, model, new Set([editor]), awareness)

const undoManager = new Y.UndoManager(text, { trackedOrigins: new Set([binding]) })
editor.addCommand(monaco.KeyMod.CtrlCmd | monaco.KeyCode.KeyZ, () => undoManager.undo())
editor.addCommand(monaco.KeyMod.CtrlCmd | monaco.KeyCode.KeyY, () => undoManager.redo())
editor.focus()
