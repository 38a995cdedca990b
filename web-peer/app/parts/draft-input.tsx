import { useSignal } from '@preact/signals'
import type { InputHTMLAttributes } from 'preact'

interface DraftInputProps extends Pick<InputHTMLAttributes, 'class' | 'title' | 'placeholder' | 'maxLength'> {
  readonly label?: string
  readonly value: string
  /** Somebody typed something else and is done. */
  readonly commit: (typed: string) => void
}

/** A line of text to be typed over: leaving it or Enter keeps it, Escape does not. News from others wait meanwhile. */
export function DraftInput({ label, value, commit, ...rest }: DraftInputProps) {
  const draft = useSignal<string | null>(null)
  const done = () => {
    const typed = draft.peek()?.trim()
    draft.value = null
    if (typed !== undefined && typed !== value) commit(typed)
  }
  return (
    <input
      {...rest}
      type="text"
      dir="auto"
      autocomplete="off"
      aria-label={label}
      value={draft.value ?? value}
      onInput={(event) => {
        draft.value = event.currentTarget.value
      }}
      onBlur={done}
      onKeyDown={(event) => {
        if (event.key === 'Escape') draft.value = null
        if (event.key === 'Escape' || event.key === 'Enter') event.currentTarget.blur()
      }}
    />
  )
}
