import { peerRows } from '../model/peer-rows.ts'
import { titleCharactersMax } from '../model/note-title.ts'
import type { OpenNote, Session } from '../model/session.ts'
import { Avatars } from './avatars.tsx'
import { DraftInput } from './draft-input.tsx'
import { Icon } from './icon.tsx'
import { ShareButton } from './share-dialog.tsx'
import { StatusPill } from './status-pill.tsx'

interface NoteBarProps {
  readonly session: Session
  readonly openDrawer: () => void
  readonly isDrawerOpen: boolean
}

/** Above the note: its title, who is here, how it is kept, and the way to share it. */
export function NoteBar({ session, openDrawer, isDrawerOpen }: NoteBarProps) {
  const note = session.note.value
  const shown = note?.open ?? session.notebook.open
  const neighbours = session.neighbours.value
  const everybody = [...session.notebook.open.people.value, ...shown.people.value]
  return (
    <header class="bar">
      <button
        type="button"
        class="button button-icon bar-menu"
        aria-label="Notes"
        aria-expanded={isDrawerOpen}
        aria-controls="notes"
        onClick={openDrawer}
      >
        <Icon name="menu" />
      </button>
      <div class="bar-title">{note !== null && <BarTitle session={session} note={note} />}</div>
      <div class="bar-state">
        <StatusPill
          status={shown.status.value}
          neighbours={neighbours}
          rows={peerRows(neighbours, everybody, session.peer.id)}
        />
        <Avatars people={shown.people.value} self={session.peer.id} />
      </div>
      <div class="bar-share">
        {note !== null && <ShareButton link={session.shareLink(note.name)} hasToken={session.token !== null} />}
      </div>
    </header>
  )
}

function BarTitle({ session, note }: { readonly session: Session; readonly note: OpenNote }) {
  const { notebook } = session
  const entry = session.entry.value
  if (entry !== null) {
    return (
      <DraftInput
        key={note.name}
        class="title"
        label="Title"
        title="Rename; leave it empty to follow the first line"
        placeholder="Untitled"
        maxLength={titleCharactersMax}
        value={entry.title}
        commit={(title) => notebook.rename(note.name, title)}
      />
    )
  }
  if (!notebook.open.isLoaded.value) return null
  return (
    <p class="unlisted">
      <span class="unlisted-words">Not on the list</span>
      <button type="button" class="button button-quiet" onClick={() => session.list(note)}>
        Add
      </button>
    </p>
  )
}
