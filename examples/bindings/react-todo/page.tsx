/** A to-do list with the hooks of @knotwork/web-peer/react, and no provider at all. */
import { useDocument, useMap, usePeer, usePresence, useStatus, useText } from '@knotwork/web-peer/react'
import { StrictMode, useEffect, useMemo, useState, type KeyboardEvent } from 'react'
import { createRoot } from 'react-dom/client'
import * as Y from 'yjs'
import { app, connect, user } from '../room.ts'

interface Todo {
  readonly title: string
  readonly isDone: boolean
}

function Page() {
  const peer = usePeer({ connect })
  const list = useDocument(peer, 'react-todo')
  const [title, setTitle] = useText(list, 'title')
  const [todos, setTodo] = useMap<Todo>(list, 'todos')
  const [everybody, show] = usePresence<{ readonly name: string }>(list)
  const status = useStatus(list)
  const [draft, setDraft] = useState('')
  const undoManager = useMemo(() => (list === null ? null : new Y.UndoManager(list.doc.getMap('todos'))), [list])

  useEffect(() => show({ name: user.name }), [show])
  useEffect(() => void (document.body.dataset['synced'] = String(status.type === 'live')), [status])
  useEffect(() => () => undoManager?.destroy(), [undoManager])

  const add = ({ key }: KeyboardEvent) => {
    if (key !== 'Enter') return
    setTodo(crypto.randomUUID(), { title: draft, isDone: false })
    setDraft('')
  }
  return (
    <>
      <input aria-label="Title" placeholder="Title" value={title} onChange={({ target }) => setTitle(target.value)} />
      <p className="people">{everybody.map(({ state }) => state.name).join(', ')}</p>
      <ul>
        {Object.entries(todos).map(([id, todo]) => (
          <li key={id}>
            <label>
              <input
                type="checkbox"
                checked={todo.isDone}
                onChange={({ target }) => setTodo(id, { ...todo, isDone: target.checked })}
              />
              {todo.title}
            </label>
          </li>
        ))}
      </ul>
      <input
        aria-label="Add"
        placeholder="Add a line"
        value={draft}
        onChange={({ target }) => setDraft(target.value)}
        onKeyDown={add}
      />
      <button onClick={() => undoManager?.undo()}>Undo</button>
    </>
  )
}

createRoot(app()).render(
  <StrictMode>
    <Page />
  </StrictMode>,
)
