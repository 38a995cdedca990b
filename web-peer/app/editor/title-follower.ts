import type * as Y from 'yjs'
import { titleOf } from '../model/note-title.ts'
import type { OpenNote, Session } from '../model/session.ts'

/** The title in the list follows this long after a key, so that it is not written with each one. */
const typedMs = 400
/** Whoever typed the first line writes the title; others only when that has not happened, an app without a list say. */
const heardMs = 3_000

/** Keeps the title in the list as the note begins, as long as the note is open here; the returned function ends it. */
export function followTitle(session: Session, note: OpenNote, text: Y.Text): () => void {
  let timer: ReturnType<typeof setTimeout> | undefined
  let isTyped = false
  const follow = () => {
    clearTimeout(timer)
    timer = undefined
    isTyped = false
    session.notebook.follow(note.name, titleOf(text.toString()))
  }
  const watch = (_event: Y.YTextEvent, transaction: Y.Transaction) => {
    if (!transaction.local || isTyped) return
    isTyped = true
    clearTimeout(timer)
    timer = setTimeout(follow, typedMs)
  }
  const leave = () => {
    if (isTyped) follow()
    clearTimeout(timer)
  }
  text.observe(watch)
  // Only a note that is level with somebody's is known not to be an old copy with an old beginning.
  const stopListening = note.open.status.subscribe((status) => {
    if (status.type === 'live') timer ??= setTimeout(follow, heardMs)
  })
  window.addEventListener('pagehide', leave)
  return () => {
    text.unobserve(watch)
    stopListening()
    window.removeEventListener('pagehide', leave)
    leave()
  }
}
