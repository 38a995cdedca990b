import { EditorState } from '@codemirror/state'
import { EditorView } from '@codemirror/view'
import { useEffect, useRef, useState } from 'preact/hooks'
import * as Y from 'yjs'
import { titleOf } from '../model/note-title.ts'
import type { OpenNote, Session } from '../model/session.ts'
import { editorExtensions } from './editor-extensions.ts'
import { isPlain, textOf } from '../model/note-text.ts'

/** The title in the list follows this long after a key, so that it is not written with each one. */
const followMs = 400

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

/** Whoever types the first line writes it into the list; the others only read it there. */
function followTitle(session: Session, note: OpenNote, text: Y.Text): () => void {
  let timer: ReturnType<typeof setTimeout> | undefined
  const follow = () => {
    timer = undefined
    session.notebook.follow(note.name, titleOf(text.toString()))
  }
  const watch = (_event: Y.YTextEvent, transaction: Y.Transaction) => {
    if (transaction.local) timer ??= setTimeout(follow, followMs)
  }
  text.observe(watch)
  return () => {
    text.unobserve(watch)
    if (timer === undefined) return
    clearTimeout(timer)
    follow()
  }
}
