import { signal } from '@preact/signals'

/** Something the user should know of, until it is dismissed or, with `forMs`, for a while. */
export interface Notice {
  readonly id: string
  readonly tone: 'plain' | 'bad'
  readonly text: string
  readonly action?: { readonly label: string; readonly run: () => void }
  readonly forMs?: number
}

export const notices = signal<readonly Notice[]>([])

/** A notice with the same id takes the place of the one before. */
export function notify(notice: Notice): void {
  notices.value = [...notices.value.filter((each) => each.id !== notice.id), notice]
  if (notice.forMs !== undefined) setTimeout(() => dismiss(notice), notice.forMs)
}

export function dismiss(notice: Notice): void {
  notices.value = notices.value.filter((each) => each !== notice)
}
