import type { Signal } from '@preact/signals'
import { nameCharactersMax, palette, tidyName, type Profile } from '../model/profile.ts'
import { Avatar } from './avatars.tsx'
import { DraftInput } from './draft-input.tsx'

/** My name and colour, as others see them. */
export function ProfileCard({ profile }: { readonly profile: Signal<Profile> }) {
  const { name, color } = profile.value
  const change = (part: Partial<Profile>) => {
    profile.value = { ...profile.value, ...part }
  }
  return (
    <footer class="me">
      <button
        type="button"
        class="me-button"
        popovertarget="profile"
        aria-haspopup="dialog"
        title="Your name and colour"
      >
        <Avatar name={name} color={color} />
        <span class="me-name" dir="auto">
          {name}
        </span>
      </button>
      <div id="profile" popover="auto" class="card profile" role="dialog" aria-label="Your name and colour">
        <label class="field">
          <span>Your name</span>
          <DraftInput
            maxLength={nameCharactersMax}
            value={name}
            commit={(typed) => {
              if (tidyName(typed) !== '') change({ name: tidyName(typed) })
            }}
          />
        </label>
        <fieldset class="swatches">
          <legend>Your colour</legend>
          {palette.map((paint) => (
            <label key={paint.color} class="swatch" style={{ background: paint.color }} title={paint.name}>
              <input
                type="radio"
                name="color"
                aria-label={paint.name}
                checked={paint.color === color}
                onChange={() => change({ color: paint.color })}
              />
            </label>
          ))}
        </fieldset>
        <p class="profile-hint">Shown at your caret. Kept in this browser.</p>
      </div>
    </footer>
  )
}
