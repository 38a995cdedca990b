import { useSignal, type Signal } from '@preact/signals'
import { useEffect } from 'preact/hooks'

/** The same width as in layout.css. */
const narrow = '(max-width: 47.99rem)'

/** Whether the page is too narrow for the list beside the note. */
export function useNarrow(): Signal<boolean> {
  const isNarrow = useSignal(window.matchMedia(narrow).matches)
  useEffect(() => {
    const query = window.matchMedia(narrow)
    const changed = () => {
      isNarrow.value = query.matches
    }
    query.addEventListener('change', changed)
    return () => query.removeEventListener('change', changed)
  }, [isNarrow])
  return isNarrow
}
