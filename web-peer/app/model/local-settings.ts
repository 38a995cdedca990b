/**
 * What the page remembers of its user in this browser. Where the browser forbids that, it remembers until it is closed:
 * nothing here is worth an error.
 */
import { isColor, randomProfile, tidyName, type Profile } from './profile.ts'

const keys = { profile: 'knotwork.profile', token: 'knotwork.token', note: 'knotwork.note' } as const
const unsaved = new Map<string, string>()

function read(key: string): string | null {
  try {
    return localStorage.getItem(key) ?? unsaved.get(key) ?? null
  } catch {
    return unsaved.get(key) ?? null
  }
}

function write(key: string, value: string): void {
  unsaved.set(key, value)
  try {
    localStorage.setItem(key, value)
  } catch {
    // Refused or full: see above.
  }
}

export const localSettings = {
  profile(): Profile {
    const known = parseProfile(read(keys.profile))
    if (known !== null) return known
    const fresh = randomProfile()
    localSettings.setProfile(fresh)
    return fresh
  },
  setProfile: (profile: Profile) => write(keys.profile, JSON.stringify(profile)),
  token: () => read(keys.token),
  setToken: (token: string) => write(keys.token, token),
  /** The note that was open last. */
  note: () => read(keys.note) || null,
  setNote: (name: string) => write(keys.note, name),
}

function parseProfile(json: string | null): Profile | null {
  try {
    const { name, color }: Partial<Record<string, unknown>> = JSON.parse(json ?? '')
    if (typeof name !== 'string' || tidyName(name) === '' || !isColor(color)) return null
    return { name: tidyName(name), color }
  } catch {
    return null
  }
}
