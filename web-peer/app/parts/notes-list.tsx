import { formatPageAddress } from '../model/page-address.ts'
import type { NoteEntry } from '../model/notebook.ts'
import type { Person } from '../model/people.ts'
import type { Session } from '../model/session.ts'
import { Icon } from './icon.tsx'

interface NotesListProps {
  readonly session: Session
  /** Somebody chose a note. */
  readonly shown: () => void
}

export function NotesList({ session, shown }: NotesListProps) {
  const { notebook } = session
  const notes = notebook.notes.value
  const people = notebook.open.people.value
  if (notes.length === 0) return <p class="list-empty">{notebook.open.isLoaded.value ? 'No notes yet.' : ''}</p>
  const current = session.note.value?.name
  return (
    <nav class="list" aria-label="All notes">
      <ul>
        {notes.map((entry) => (
          <NoteRow
            key={entry.name}
            entry={entry}
            isCurrent={entry.name === current}
            readers={people.filter((person) => person.note === entry.name)}
            shown={shown}
            remove={() => session.remove(entry)}
          />
        ))}
      </ul>
    </nav>
  )
}

interface NoteRowProps {
  readonly entry: NoteEntry
  readonly isCurrent: boolean
  readonly readers: readonly Person[]
  readonly shown: () => void
  readonly remove: () => void
}

function NoteRow({ entry, isCurrent, readers, shown, remove }: NoteRowProps) {
  const title = entry.title || 'Untitled'
  const names = readers.map((person) => person.name).join(', ')
  return (
    <li class="row">
      <a
        class={`row-link ${entry.title === '' ? 'row-untitled' : ''}`}
        href={formatPageAddress(entry.name)}
        aria-current={isCurrent ? 'page' : undefined}
        onClick={shown}
      >
        <span class="row-title" dir="auto">
          {title}
        </span>
        {readers.length > 0 && (
          <span class="row-readers" role="img" aria-label={`Open at: ${names}`} title={names}>
            {readers.slice(0, 3).map((person) => (
              <span key={person.id} class="dot" style={{ background: person.color }} />
            ))}
          </span>
        )}
      </a>
      <button
        type="button"
        class="row-remove"
        title="Remove from the list"
        aria-label={`Remove “${title}” from the list`}
        onClick={remove}
      >
        <Icon name="close" />
      </button>
    </li>
  )
}
