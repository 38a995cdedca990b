import { useComputed, type Signal } from '@preact/signals'
import { useEffect, useRef } from 'preact/hooks'
import type { Session } from '../model/session.ts'
import { Icon } from './icon.tsx'
import { NotesList } from './notes-list.tsx'
import { ProfileCard } from './profile-card.tsx'
import { useNarrow } from './screen-width.ts'

interface NotesDrawerProps {
  readonly session: Session
  readonly isOpen: Signal<boolean>
}

/** The list of notes: always there on a wide screen, a drawer on a narrow one. */
export function NotesDrawer({ session, isOpen }: NotesDrawerProps) {
  const isNarrow = useNarrow()
  const first = useRef<HTMLButtonElement>(null)
  const isShown = useComputed(() => !isNarrow.value || isOpen.value)
  const close = () => {
    isOpen.value = false
  }
  useEffect(() => {
    if (!isNarrow.value) close()
    else if (isOpen.value) first.current?.focus()
  }, [isNarrow.value, isOpen.value])
  return (
    <>
      <aside
        id="notes"
        class={`drawer ${isOpen.value ? 'drawer-open' : ''}`}
        aria-label="Notes"
        inert={!isShown.value}
        onKeyDown={(event) => {
          if (event.key === 'Escape') close()
        }}
      >
        <header class="drawer-head">
          <h1 class="wordmark">
            <img src="./icon.svg" alt="" width="22" height="22" />
            Knotwork
          </h1>
          <button
            ref={first}
            type="button"
            class="button button-quiet"
            title="New note (Ctrl+Alt+N)"
            onClick={() => {
              session.newNote()
              close()
            }}
          >
            <Icon name="plus" />
            New note
          </button>
        </header>
        <NotesList session={session} shown={close} />
        <ProfileCard profile={session.profile} />
      </aside>
      {isOpen.value && (
        <button type="button" class="drawer-veil" aria-label="Close the list of notes" onClick={close} />
      )}
    </>
  )
}
