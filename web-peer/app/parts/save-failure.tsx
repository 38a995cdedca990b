import type { OpenDocument } from '../model/open-document.ts'

/** A note that cannot be kept must say so where one is looking: at the text. */
export function SaveFailure({ open }: { readonly open: OpenDocument }) {
  const status = open.status.value
  const trouble = open.trouble.value
  if (trouble !== null)
    return (
      <p class="failure" role="alert">
        This note cannot be read from this device: {trouble}
      </p>
    )
  if (status.type !== 'failed') return null
  return (
    <p class="failure" role="alert">
      This note is not being saved: {status.why}. What you type stays in this tab only, until saving works again.
    </p>
  )
}
