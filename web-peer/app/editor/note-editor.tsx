import { EditorState } from '@codemirror/state'
import { EditorView } from '@codemirror/view'
import { useEffect, useRef, useState } from 'preact/hooks'
import * as Y from 'yjs'
import type { OpenNote, Session } from '../model/session.ts'
import { editorExtensions } from './editor-extensions.ts'
import { followTitle } from './title-follower.ts'
import { isPlain, textOf } from '../model/note-text.ts'

/** The text of the open note. The editor lives as long as the note is open: give it the note's name as `key`. */
export function NoteEditor({ session, note }: { readonly session: Session; readonly note: OpenNote }) {
  const place = useRef<HTMLDivElement>(null)
  const [isForeign, setForeign] = useState(false)
  useEffect(() => {
    if (place.current === null) return undefined
    return mountEditor(place.current, { session, note, foreign: () => setForeign(true) })
  }, [session, note])
  if (isForeign)
    return (
      <p class="editor-foreign">
        This document holds more than text. Another app made it, and this page would damage it.
      </p>
    )
  return <div class="editor" ref={place} />
}

interface Mounting {
  readonly session: Session
  readonly note: OpenNote
  /** The document turned out not to be plain text. */
  readonly foreign: () => void
}

function mountEditor(parent: HTMLElement, { session, note, foreign }: Mounting): () => void {
  const text = textOf(note.open.document)
  if (!isPlain(text)) {
    foreign()
    return () => undefined
  }
  const undoManager = new Y.UndoManager(text)
  const state = EditorState.create({
    doc: text.toString(),
    extensions: editorExtensions(note.open.document, undoManager),
  })
  const watch = (event: Y.YTextEvent) => {
    if (event.delta.every(({ insert }) => insert === undefined || typeof insert === 'string')) return
    view.destroy()
    foreign()
  }
  // Before the editor's own observer, which could not take such a thing.
  text.observe(watch)
  const view = new EditorView({ state, parent })
  const stopFollowing = followTitle(session, note, text)
  // Where nobody has written yet there is nothing else to do here.
  if (text.length === 0 && window.matchMedia('(hover: hover)').matches) view.focus()
  return () => {
    text.unobserve(watch)
    stopFollowing()
    view.destroy()
    undoManager.destroy()
  }
}
