import { initialsOf, type Person } from '../model/people.ts'

const shownMax = 4

interface AvatarsProps {
  readonly people: readonly Person[]
  /** This browser's own id: its other tabs are said to be mine. */
  readonly self: string
}

export function Avatars({ people, self }: AvatarsProps) {
  const each = [...new Map(people.map((person) => [person.id, person])).values()]
  if (each.length === 0) return null
  const others = each.slice(shownMax)
  return (
    <ul class="avatars" aria-label="Also here">
      {each.slice(0, shownMax).map((person) => (
        <li key={person.id}>
          <Avatar
            name={person.id === self ? `${person.name} (you, in another tab)` : person.name}
            color={person.color}
          />
        </li>
      ))}
      {others.length > 0 && (
        <li>
          <span
            class="avatar avatar-more"
            role="img"
            title={others.map(({ name }) => name).join(', ')}
            aria-label={`and ${others.length} more`}
          >
            +{others.length}
          </span>
        </li>
      )}
    </ul>
  )
}

export function Avatar({ name, color }: { readonly name: string; readonly color: string }) {
  return (
    <span class="avatar" role="img" aria-label={name} title={name} style={{ background: color }}>
      {initialsOf(name.replace(/ \(.*/u, ''))}
    </span>
  )
}
