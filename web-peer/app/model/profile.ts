/** Who I am to the others: a name and a colour, kept in this browser only. */
import { clipped } from './clipping.ts'

export interface Profile {
  readonly name: string
  readonly color: string
}

export const nameCharactersMax = 40

/** Each readable under white letters, and as a caret on light and dark paper. */
export const palette: readonly { readonly name: string; readonly color: string }[] = [
  { name: 'Brick', color: '#b3472f' },
  { name: 'Amber', color: '#92600a' },
  { name: 'Moss', color: '#4f7420' },
  { name: 'Teal', color: '#0f766b' },
  { name: 'Lake', color: '#2170b0' },
  { name: 'Iris', color: '#5f5ac9' },
  { name: 'Plum', color: '#9443a6' },
  { name: 'Rose', color: '#b4386b' },
]

const manners = ['Quiet', 'Early', 'Gentle', 'Patient', 'Curious', 'Merry', 'Sunny', 'Steady', 'Bright', 'Kind']
const animals = ['Heron', 'Otter', 'Finch', 'Hare', 'Lynx', 'Wren', 'Badger', 'Seal', 'Robin', 'Marten']

export function randomProfile(random: () => number = Math.random): Profile {
  const pick = <Item>(items: readonly Item[]) => items[Math.floor(random() * items.length)] ?? items[0]
  return { name: `${pick(manners)} ${pick(animals)}`, color: pick(palette)?.color ?? '#0f766b' }
}

export function isColor(value: unknown): value is string {
  return typeof value === 'string' && /^#[0-9a-f]{6}$/iu.test(value)
}

export function tidyName(name: string): string {
  return clipped(name, nameCharactersMax)
}
