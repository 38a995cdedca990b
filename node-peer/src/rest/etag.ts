/** Tags of states: the same state has the same tag on every peer (PROTOCOL.md [RE3]). */
import { stateTag } from '@knotwork/core'
import { Rejected } from '../server/problem.ts'
import type { Form } from './negotiation.ts'

const suffixes: Readonly<Record<Form, string>> = {
  'application/json': 'json',
  'text/plain': 'text',
  'application/vnd.yjs.update': 'update',
}

export function etagOf(update: Uint8Array, form: Form): string {
  return `"${stateTag(update)}-${suffixes[form]}"`
}

/** Whether If-None-Match names that tag. */
export function isKnown(header: string | undefined, tag: string): boolean {
  return listed(header).some((each) => each === '*' || each === tag)
}

/**
 * Refuses a change that was made from another state than there is now. Edits that come in between are merged, as
 * always: this is for those who do not want to write over something that they have not seen.
 */
export function assertMatches(
  { ifMatch, ifNoneMatch }: { readonly ifMatch: string | undefined; readonly ifNoneMatch: string | undefined },
  update: Uint8Array | null,
): void {
  if (ifNoneMatch?.trim() === '*' && update !== null) {
    throw new Rejected({ status: 412, code: 'exists', detail: 'there is such a document already' })
  }
  if (ifMatch === undefined) return
  // In whatever form the state was read.
  const tag = update === null ? null : stateTag(update)
  const isMatch = listed(ifMatch).some((each) => tag !== null && (each === '*' || each.startsWith(`"${tag}`)))
  if (isMatch) return
  throw new Rejected({ status: 412, code: 'changed', detail: 'the document is not in that state any more' })
}

function listed(header: string | undefined): readonly string[] {
  return (header ?? '').split(',').map((each) => each.trim().replace(/^W\//u, ''))
}
