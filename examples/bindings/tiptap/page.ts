/** Tiptap 3: its Collaboration and CollaborationCaret extensions; undo is the collaboration's, not StarterKit's. */
import { Editor } from '@tiptap/core'
import { Collaboration } from '@tiptap/extension-collaboration'
import { CollaborationCaret } from '@tiptap/extension-collaboration-caret'
import { StarterKit } from '@tiptap/starter-kit'
import { app, joinRoom, user } from '../room.ts'

const { doc, provider } = joinRoom('tiptap')

const editor = new Editor({
  element: app(),
  extensions: [
    StarterKit.configure({ undoRedo: false }),
    Collaboration.configure({ document: doc }),
    CollaborationCaret.configure({ provider, user }),
  ],
})
editor.commands.focus()
