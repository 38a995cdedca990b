import { useSignal } from '@preact/signals'
import { useEffect } from 'preact/hooks'
import { NoteEditor } from '../editor/note-editor.tsx'
import type { Session } from '../model/session.ts'
import { EmptyPage } from './empty-page.tsx'
import { NoteBar } from './note-bar.tsx'
import { NotesDrawer } from './notes-drawer.tsx'
import { Notices } from './notices.tsx'
import { SaveFailure } from './save-failure.tsx'

/** The whole page: notes on the left, the open one in the middle. */
export function App({ session }: { readonly session: Session }) {
  const isDrawerOpen = useSignal(false)
  const note = session.note.value
  const title = session.entry.value?.title ?? ''
  useEffect(() => {
    document.title = title === '' ? 'Knotwork' : `${title} · Knotwork`
  }, [title])
  useEffect(() => onKeys(session), [session])
  return (
    <div class="page">
      <NotesDrawer session={session} isOpen={isDrawerOpen} />
      <main class="note" inert={isDrawerOpen.value}>
        <NoteBar session={session} openDrawer={() => (isDrawerOpen.value = true)} isDrawerOpen={isDrawerOpen.value} />
        {note !== null && <SaveFailure open={note.open} subject="This note" />}
        <SaveFailure open={session.notebook.open} subject="The list of notes" />
        {note === null ? <EmptyPage session={session} /> : <NoteEditor key={note.name} session={session} note={note} />}
      </main>
      <Notices />
    </div>
  )
}

/** Ctrl/Cmd+Alt+N: browsers keep Ctrl+N for themselves, and AltGr (Ctrl+Alt on Windows) types letters. */
function onKeys(session: Session): () => void {
  const pressed = (event: KeyboardEvent) => {
    const isChord = (event.ctrlKey || event.metaKey) && event.altKey && !event.getModifierState('AltGraph')
    if (!isChord || event.code !== 'KeyN') return
    event.preventDefault()
    session.newNote()
  }
  window.addEventListener('keydown', pressed)
  return () => window.removeEventListener('keydown', pressed)
}
