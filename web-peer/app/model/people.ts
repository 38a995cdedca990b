/** Who else is here, from presence states. Those are written by strangers: everything is checked and shortened. */
import { clipped } from './clipping.ts'
import { isColor, tidyName, type Profile } from './profile.ts'

export interface Person {
  /** One for all tabs of a browser. */
  readonly id: string
  readonly name: string
  readonly color: string
  /** The note this person has open, where the presence says so. */
  readonly note: string | null
}

type Fields = Readonly<Record<string, unknown>>

const unknownColor = '#6f6a60'

/** What a presence state's `user` field says of me; `peer` joins the tabs of one browser to one person. */
export function userField(profile: Profile, peer: string): Fields {
  return { name: profile.name, color: profile.color, colorLight: `${profile.color}33`, peer }
}

export function personOf(client: number, state: Fields): Person | null {
  const { user, note } = state
  if (typeof user !== 'object' || user === null) return null
  const { name, color, peer } = user as Fields
  return {
    id: typeof peer === 'string' && peer !== '' ? peer.slice(0, 64) : `client ${client}`,
    name: (typeof name === 'string' ? tidyName(name) : '') || 'Somebody',
    color: isColor(color) ? color : unknownColor,
    note: typeof note === 'string' ? note : null,
  }
}

/** Everybody but this tab, each once; `self` is this browser's own id, so that other tabs of mine come last. */
export function peopleIn(states: ReadonlyMap<number, Fields>, ownClient: number, self: string): readonly Person[] {
  const people = new Map<string, Person>()
  for (const [client, state] of states) {
    const person = client === ownClient ? null : personOf(client, state)
    if (person !== null) people.set(`${person.id} ${person.note ?? ''}`, person)
  }
  return [...people.values()].toSorted(
    (a, b) => Number(a.id === self) - Number(b.id === self) || a.name.localeCompare(b.name) || (a.id < b.id ? -1 : 1),
  )
}

export function initialsOf(name: string): string {
  const words = name.split(' ').filter((word) => word !== '')
  const letters = words.length > 1 ? [words[0], words.at(-1)] : words
  return letters
    .map((word) => clipped(word ?? '', 1))
    .join('')
    .toUpperCase()
}
