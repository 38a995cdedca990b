import type { Session } from '../model/session.ts'
import { Icon } from './icon.tsx'

/** Nothing is open: before the first note, or after the last was taken off the list. */
export function EmptyPage({ session }: { readonly session: Session }) {
  if (!session.notebook.open.isLoaded.value) return null
  const isFirst = session.notebook.notes.value.length === 0
  return (
    <section class="empty">
      <img src="./icon.svg" alt="" width="72" height="72" />
      <h2>{isFirst ? 'A notebook with nobody in between' : 'Choose a note, or write a new one'}</h2>
      <p>
        What you write is kept on this device, and on every other that has it open. It works offline; when two devices
        meet again, their edits come together.
      </p>
      <button type="button" class="button button-main" onClick={() => session.newNote()}>
        <Icon name="plus" />
        {isFirst ? 'Write the first note' : 'Write a new note'}
      </button>
      <p class="empty-keys">
        <kbd>Ctrl</kbd> <kbd>Alt</kbd> <kbd>N</kbd>
      </p>
    </section>
  )
}
