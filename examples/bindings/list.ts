/** A list of lines with a field to add one and a button to undo, for the stores: they have no view of their own. */
import { app } from './room.ts'

export interface ListView {
  readonly add: (line: string) => void
  readonly undo: () => void
}

/** Returns the function that shows other lines. */
export function listView({ add, undo }: ListView): (lines: readonly string[]) => void {
  const field = document.createElement('input')
  field.ariaLabel = 'Add'
  field.placeholder = 'Add a line'
  field.addEventListener('keydown', ({ key }) => {
    if (key !== 'Enter') return
    add(field.value)
    field.value = ''
  })
  const button = document.createElement('button')
  button.textContent = 'Undo'
  button.addEventListener('click', undo)
  const list = document.createElement('ul')
  app().append(field, button, list)
  return (lines) => list.replaceChildren(...lines.map(itemOf))
}

function itemOf(line: string): HTMLElement {
  const item = document.createElement('li')
  item.textContent = line
  return item
}
