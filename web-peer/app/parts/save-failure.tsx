import type { OpenDocument } from '../model/open-document.ts'

interface SaveFailureProps {
  readonly open: OpenDocument
  /** What it is, as a sentence begins: `This note`. */
  readonly subject: string
}

/** What cannot be kept must be said where one is looking: at the text. */
export function SaveFailure({ open, subject }: SaveFailureProps) {
  const status = open.status.value
  const trouble = open.trouble.value
  if (trouble !== null) {
    return (
      <p class="failure" role="alert">
        {subject} cannot be read from this device: {trouble}.
      </p>
    )
  }
  if (status.type !== 'failed') return null
  return (
    <p class="failure" role="alert">
      {subject} is not being saved: {status.why}. What you change stays in this tab only, until saving works again.
    </p>
  )
}
